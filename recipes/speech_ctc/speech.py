"""What is said, and what is known of the words: data, spellings, n-grams."""

import itertools

import numpy as np

import rnnkit
from rnnkit import recipe

SAMPLE_RATE = 8000  # of the spoken digits and the tones


def read_parts(config):
    """Return `{part: Examples}` of parts train, valid and test.

    The validation part is taken from the training part: of AN4 whole speakers.
    """
    if config.data == "tones":
        return {part: tones(count, k) for k, (part, count) in enumerate(TONES.items())}
    load = {"fsdd": rnnkit.data.load_fsdd, "an4": rnnkit.data.load_an4}.get(config.data)
    if load is None:
        raise SystemExit(f"No data {config.data!r}; there are fsdd, an4 and tones.")
    parts = recipe.loaded(load)
    train = parts["train"]
    if config.data == "fsdd":  # six speakers, all of them in the test part too
        held_out = 20
    else:
        held_out = np.isin(train.groups, sorted(set(train.groups))[::15])
    train, valid = recipe.hold_out(train, held_out)
    return {"train": train, "valid": valid, "test": parts["test"]}


TONES = {"train": 600, "valid": 40, "test": 80}


def tones(count, seed):
    """Return made-up examples: words of five letters, each letter a tone."""
    rng = np.random.default_rng(seed)
    inputs, texts = [], []
    for _ in range(count):
        words = ["".join(rng.choice(list("aeiou"), rng.integers(1, 4))) for _ in "ab"]
        texts.append(" ".join(words))
        pieces = [np.zeros(400)]
        for letter in texts[-1]:
            samples = np.arange(rng.integers(600, 1000)) / SAMPLE_RATE
            pitch = 400 * (1 + " aeiou".index(letter)) * (letter != " ")
            pieces += [0.3 * np.sin(2 * np.pi * pitch * samples), np.zeros(400)]
        sound = np.concatenate(pieces)
        inputs.append((sound + 0.01 * rng.normal(size=len(sound))).astype("float32"))
    names = tuple(f"tones {seed}-{k}" for k in range(count))
    return rnnkit.data.Examples(names, tuple(inputs), tuple(texts), names)


class Language:
    """What is known of the words: how they are spelt, and which follow which."""

    def __init__(self, config, parts):
        texts = parts["train"].texts
        sentences = [text.split() for text in texts]
        known = sorted({word for words in sentences for word in words})
        self.phones = config.target == "phones"
        if self.phones:
            dictionary = recipe.loaded(rnnkit.data.an4_dictionary)
            self.spellings = {
                word: [" ".join(phones) for phones in spellings]
                for word, spellings in dictionary.items()
            }
        else:
            self.spellings = {word: [word] for word in known}
        targets = [self.target(text) for text in texts]
        if self.phones:
            self.vocabulary = rnnkit.data.Tokens.of(targets)
            symbols = [target.split() for target in targets]
        else:
            self.vocabulary = rnnkit.data.Characters("".join(targets))
            symbols = [list(target) for target in targets]
        inside = set(itertools.chain.from_iterable(symbols))
        self.spellings = {
            word: kept
            for word, spellings in self.spellings.items()
            if (kept := [s for s in spellings if inside >= set(self._parts(s))])
        }
        self.texts, self.written = texts, symbols

    def target(self, text):
        """Return what the model is to write for a text."""
        if not self.phones:
            return text
        missing = [word for word in text.split() if word not in self.spellings]
        if missing:
            raise SystemExit(f"The dictionary has no {missing[0]!r}, of {text!r}.")
        return " | ".join(self.spellings[word][0] for word in text.split())

    def _parts(self, spelling):
        return spelling.split() if self.phones else list(spelling)

    def ways(self, config):
        """Return `{name: options of transcribe}`, how to read what the model hears."""
        return recipe.reading_ways(
            self.texts,
            self.written,
            self.spellings,
            config.order,
            config.symbol_order,
            config.beam_width,
        )
