"""What is measured: the network alone, and with what a text itself teaches."""

import itertools

import numpy as np

import rnnkit

ORDER = 5  # words that the n-gram sees at once
STRETCH = 20  # tokens that dynamic evaluation learns from at once
RATES = (3e-4, 1e-3, 3e-3)
DECAYS = (0.0, 1e-3, 1e-2)


def figures(model, texts, config):
    """Return perplexities of the test text by name, ours and the n-gram's.

    Whatever is chosen, the weights of mixtures, the cache, the rate of dynamic
    evaluation, is chosen on the validation text; the test text is read once with each.
    """
    valid, test = texts["valid"], texts["test"]
    said(f"The {ORDER}-gram counts.")
    counted = rnnkit.lm.NGram.train(texts["train"], ORDER)
    ngram = {part: ngram_scores(counted, texts[part]) for part in ("valid", "test")}
    said("The network reads.")
    alone = {part: model.score(texts[part]).log_probs for part in ("valid", "test")}
    ours = {
        "perplexity": alone["test"],
        f"with the {ORDER}-gram": together(alone, ngram),
    }
    said("It looks back, with a cache.")
    cache = rnnkit.models.ContinuousCache.fit(model, valid)
    cached = {part: cache.score(texts[part]).log_probs for part in ("valid", "test")}
    said(f"  {cache}")
    ours["with a cache"] = cached["test"]
    ours[f"with a cache and the {ORDER}-gram"] = together(cached, ngram)
    said("It goes on learning as it reads.")
    dynamic = tuned_dynamic(model, texts["train"], first_words(valid, config.look))
    ours["dynamic evaluation"] = dynamic.score(test).log_probs
    metrics = {name: perplexity(scores) for name, scores in ours.items()}
    metrics["validation perplexity"] = perplexity(alone["valid"])
    return metrics, {f"{ORDER}-gram, modified Kneser-Ney": perplexity(ngram["test"])}


def tuned_dynamic(model, train, valid):
    """Return the `DynamicEvaluation` of the lowest perplexity on a validation text."""
    streams = rnnkit.data.text_streams(train, model.vocabulary, 1, STRETCH)
    dynamic = rnnkit.models.DynamicEvaluation(model, RATES[0], steps=STRETCH)
    dynamic.gather(streams, batches=500)

    def tried(rate, decay):
        dynamic.learning_rate, dynamic.decay = rate, decay
        found = dynamic.perplexity(valid)
        said(f"  rate {rate:g}, decay {decay:g}: {found:.2f}")
        return found, rate, decay

    found = [tried(rate, DECAYS[0]) for rate in RATES]
    rate = min(found)[1]
    found += [tried(rate, decay) for decay in DECAYS[1:]]
    _, dynamic.learning_rate, dynamic.decay = min(found)
    return dynamic


def together(network, ngram):
    """Return ln p of the test tokens from both, in the shares that suit validation."""
    weights = rnnkit.lm.mixture_weights([network["valid"], ngram["valid"]])
    return rnnkit.lm.mixed_log_probs([network["test"], ngram["test"]], weights)


def ngram_scores(ngram, text):
    """Return ln p of every token of a text, line ends among them, `(n,)`."""
    scores = map(ngram.score, rnnkit.lm.sentences_in(text))
    return np.array([*itertools.chain.from_iterable(scores)])


def first_words(text, words):
    """Return the beginning of a text, whole lines of about so many words."""
    if words is None:
        return text
    lines, count = [], 0
    for line in text.splitlines(keepends=True):
        if count >= words:
            break
        lines.append(line)
        count += len(line.split())
    return "".join(lines)


def perplexity(log_probs):
    """Return exp of the mean of -ln p."""
    return float(np.exp(-np.mean(log_probs)))


def said(words):
    """Tell how far it is, at once."""
    print(words, flush=True)
