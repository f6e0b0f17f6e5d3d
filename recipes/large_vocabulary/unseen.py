"""What a word costs that was never seen: characters, pieces of words, words.

All models read the same lines. What is counted is the bits of the whole text, so that
a model pays for each of its characters, however they are cut.
"""

import functools
import math
import time
import unicodedata

import keras
import numpy as np

import rnnkit
from rnnkit import recipe

JOINER = "\N{HALFWIDTH BLACK SQUARE}"  # of words; NFKC leaves none in a text
SPACE = "\N{LOWER ONE EIGHTH BLOCK}"  # of pieces


@functools.cache
def read(name, characters, test_characters):
    """Lines to train on, and lines to test on.

    Args:
        name: docstrings, kjv, or tanaka, which is Japanese without its spaces.
        characters: to train on, at most, the last ones.
        test_characters: the first ones, at most.
    """
    if name == "tanaka":
        train, test = ([*map(plain, tanaka(part))] for part in ("train", "test"))
    elif name == "kjv":
        lines = recipe.loaded(rnnkit.data.load, "kjv")["text"].splitlines()
        lines = [line.partition(" ")[2] for line in lines]
        cut = len(lines) - len(lines) // 20
        train, test = lines[:cut], lines[cut:]
    else:
        texts = rnnkit.data.docstrings().split(0.05)
        train, test = (text.splitlines() for text in texts)
    train = first(clean(train)[::-1], characters)[::-1]
    seen = set("".join(train))
    test = [line for line in clean(test) if seen.issuperset(line)]
    return train, first(test, test_characters)


def clean(lines):
    """Lines as every tokenizer gives them back: NFKC, single spaces, none empty."""
    lines = (" ".join(unicodedata.normalize("NFKC", line).split()) for line in lines)
    return [line for line in lines if line and SPACE not in line]


def first(lines, characters):
    """The first lines, of so many characters at most."""
    ends = np.cumsum([len(line) + 1 for line in lines])
    return lines[: int(np.searchsorted(ends, characters or np.inf, side="right"))]


def vocabulary_of(kind, train, size):
    """A tokenizer: characters, byte-pair, unigram or words, of at most `size` ids."""
    data = rnnkit.data
    if kind == "characters":
        return data.CharacterTokenizer.train(train)
    if kind == "words":
        return data.WordTokenizer.train(train, size)
    model = {"byte-pair": "bpe", "unigram": "unigram"}[kind]
    return data.SentencePieceTokenizer.train(train, size, model)


def check_returned(vocabulary, lines):
    """Raise where a line in which all is known does not come back as it was."""
    rows = vocabulary.encode_all(lines)
    for line, row, back in zip(lines, rows, vocabulary.decode_all(rows), strict=True):
        if line != back and vocabulary.unknown not in row:
            raise ValueError(f"{vocabulary}: {line!r} comes back as {back!r}.")


def stream(vocabulary, lines):
    """Ids of all lines, with the end of a line before the first and after each."""
    end = np.array([vocabulary.end], "int32")
    rows = vocabulary.encode_all(lines)
    return np.concatenate([end, *(part for row in rows for part in (row, end))])


def row(kind, name, seconds, config):
    """Train a model on one kind of tokens for so many processor seconds.

    Returns:
        A row of the table.
    """
    keras.utils.set_random_seed(config.seed)
    lines, test = read(name, config.characters, config.test_characters)
    size = config.words if kind == "words" else config.pieces
    vocabulary = vocabulary_of(kind, lines, size)
    check_returned(vocabulary, test)
    model = rnnkit.models.LanguageModel(
        vocabulary, [rnnkit.layers.LSTM(config.units)], 128, dropout=0.2
    )
    model.compile(keras.optimizers.Adam(4e-3, global_clipnorm=1.0))
    ids = stream(vocabulary, lines)
    streams = rnnkit.data.text_streams(ids, None, config.batch_size, 64)
    budget = Budget(seconds)
    model.fit(streams, epochs=10_000, verbose=0, callbacks=[budget])
    ids = stream(vocabulary, test)
    found = model.evaluate(
        rnnkit.data.text_streams(ids, None, 4, 64, drop_remainder=False),
        verbose=0,
        return_dict=True,
    )
    tokens, characters = len(ids) - 1, sum(len(line) + 1 for line in test)
    bits = found["bits"] * tokens
    told = {
        "ids": vocabulary.size,
        "parameters": model.count_params(),
        "characters a token": round(characters / tokens, 2),
        "passes over the text": round(budget.batches / len(streams), 1),
        "bits per character": bits / characters,
    }
    unknown = int((ids == vocabulary.unknown).sum())
    if unknown:
        spelled = spelling_bits(vocabulary, lines, test)
        told["bits per character"] += spelled / characters
        told["of which spelling"] = spelled / characters
        told["unknown of a thousand"] = round(1000 * unknown / tokens, 1)
    if name == "tanaka":
        spaced = [unicodedata.normalize("NFKC", text) for text in tanaka("test")]
        spaced = [text for text in spaced if plain(text) in {*test}]
        told |= segmentation(vocabulary, spaced)
    return told


def baseline(name, config):
    """What an n-gram of characters makes of the same lines; a row of the table."""
    train, test = (
        "".join(f"{line}\n" for line in part)
        for part in read(name, config.characters, config.test_characters)
    )
    characters = rnnkit.data.Characters(train)
    order = min(5, int(62 / math.log2(characters.size)) - 1)
    ngram = recipe.CharNGram(order).fit(characters.encode(train), characters.size)
    bits = ngram.bits_per_symbol(characters.encode(test))
    return {"ids": characters.size, "bits per character": bits}


def tanaka(part):
    """Japanese sentences with spaces between their words."""
    return recipe.loaded(rnnkit.data.load_tanaka)[part].sources


def plain(text):
    """Japanese as it is written."""
    return unicodedata.normalize("NFKC", text).replace(" ", "")


def spelling_bits(vocabulary, lines, test):
    """Bits to spell the unknown words of a text, each with its end.

    By counts of the characters in words that are unknown in training: every one of
    them once, however often it is there.
    """
    every = rnnkit.data.WordTokenizer.train([*lines, *test])
    names = np.array(["", "", "", "", *every.tokens])
    strange = ~np.isin(names, ["", *vocabulary.tokens])

    def unknown(part):
        ids = np.concatenate(every.encode_all(part))
        return names[ids[strange[ids]]].tolist()

    words = sorted(set(unknown(lines)))
    characters = rnnkit.data.Characters("\n" + JOINER + "".join(lines))

    def spelled(words):
        return characters.encode("\n" + "".join(f"{word}\n" for word in words))

    ngram = recipe.CharNGram(5).fit(spelled(words), characters.size)
    return float(-np.log2(ngram.probabilities(spelled(unknown(test)))[1:]).sum())


class Budget(keras.callbacks.Callback):
    """Ends training when so much processor time is spent; till then the rate falls."""

    def __init__(self, seconds):
        super().__init__()
        self.seconds, self.batches = seconds, 0

    def on_train_batch_begin(self, batch, logs=None):
        if not self.batches:
            self._peak = float(self.model.optimizer.learning_rate)
        if self.batches == 1:  # the first one compiles
            self._begun = time.process_time()
        share = time.process_time() - self._begun if self.batches else 0.0
        share = min(1.0, share / self.seconds)
        rate = self._peak * 0.5 * (1 + math.cos(math.pi * share))
        self.model.optimizer.learning_rate = rate
        self.batches += 1
        if share == 1.0:
            self.model.stop_training = True


def boundaries(pieces):
    """Places within a text where a token ends, a set."""
    ends = np.cumsum([len(piece) for piece in pieces])
    return set(ends[:-1].tolist())


def segmentation(vocabulary, spaced):
    """How well tokens end where words do.

    Args:
        vocabulary: a tokenizer.
        spaced: texts with spaces between the words, which it does not see.

    Returns:
        Precision, recall and F1 of the ends within a text, by name.
    """
    right = found = wanted = 0
    for text in spaced:
        tokens = vocabulary.tokenize(text.replace(" ", ""))
        ours = boundaries([token.replace(SPACE, "") for token in tokens])
        truth = boundaries(text.split())
        right += len(ours & truth)
        found += len(ours)
        wanted += len(truth)
    return {
        "precision of its cuts": right / max(found, 1),
        "recall": right / max(wanted, 1),
        "F1": 2 * right / max(found + wanted, 1),
    }
