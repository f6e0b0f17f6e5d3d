"""Ways to read what a CTC model sees or hears, and which weights serve them best."""

import itertools

from rnnkit.lm import NGram


def reading_ways(
    texts, symbols, spellings=None, order=3, symbol_order=6, beam_width=100
):
    """Return `{name: options of CTCModel.transcribe}`: greedy, n-gram, lexicon.

    Args:
        texts: Training texts, of which the words between spaces are counted.
        symbols: Lists of the symbols that these texts are written in.
        spellings: dict of a word to one way to write it or several; by default the
            words of the texts, written as they are.
        order: Words that the word n-gram sees at once.
        symbol_order: Symbols that the symbol n-gram sees at once.
        beam_width: Prefixes kept.
    """
    sentences = [text.split() for text in texts]
    if spellings is None:
        spellings = {word: word for word in sorted(set(itertools.chain(*sentences)))}
    return {
        "greedy": {},
        "symbol n-gram": {
            "lm": NGram.train(symbols, symbol_order),
            "beam_width": beam_width,
        },
        "lexicon and word n-gram": {
            "lm": NGram.train(sentences, order),
            "lexicon": spellings,
            "beam_width": beam_width,
        },
    }


def tuned(model, inputs, truth, options, weights, bonuses):
    """Return the options with the n-gram's weight and bonus of the fewest errors.

    Args:
        model: An `rnnkit.models.CTCModel`.
        inputs: Held-out sequences as `transcribe` takes them, not those of the test.
        truth: Their texts, as `transcribe` is to write them; words are compared.
        options: Of `transcribe`; without a language model they come back as they are.
        weights: Nats for each nat of the n-gram, `lm_weight`, to try.
        bonuses: Nats for each word or symbol, `bonus`, to try with each.
    """
    import jiwer

    if "lm" not in options:
        return options
    found = []
    for weight, bonus in itertools.product(weights, bonuses):
        read = model.transcribe(
            inputs, strict=True, lm_weight=weight, bonus=bonus, **options
        )
        found.append((jiwer.wer(truth, read), weight, bonus))
    _, weight, bonus = min(found)
    return options | {"lm_weight": weight, "bonus": bonus}
