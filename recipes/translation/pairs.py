"""What is translated: pairs, tokenizers, how right a translation is, and rivals."""

import collections
import hashlib
import re

import numpy as np
import sacrebleu

import rnnkit
from rnnkit import recipe

MEASURES = {
    "dates": "exact match",
    "turned": "exact match",
    "multi30k": "BLEU",
    "fra_eng": "BLEU",
}


def read_parts(config):
    """Return `{part: Pairs}` of parts train, valid and test."""
    if config.data not in MEASURES:
        raise SystemExit(f"No data {config.data!r}; there are {', '.join(MEASURES)}.")
    if config.data == "turned":
        parts = {"train": config.examples, "valid": 50, "test": 100}
        return {part: turned(count, k) for k, (part, count) in enumerate(parts.items())}
    if config.data == "dates":
        return recipe.loaded(rnnkit.data.load_dates, config.examples)
    if config.data == "fra_eng":
        parts = fra_eng(config)
    else:
        load = rnnkit.data.load_multi30k
        parts = recipe.loaded(load, config.source, config.target)
        parts["test"] = parts.pop("test2016")
    train = parts["train"]
    parts["train"] = train.subset(range(min(config.examples, len(train))))
    return parts


def fra_eng(config):
    """Return English and French, of valid and test each a thousand from all over."""
    ways = {("en", "fr"): False, ("fr", "en"): True}
    way = (config.source, config.target)
    if way not in ways:
        raise SystemExit(f"fra_eng is en to fr, or fr to en, not {' to '.join(way)}.")
    parts = recipe.loaded(rnnkit.data.load_fra_eng)
    if ways[way]:
        parts = {
            part: rnnkit.data.Pairs(pairs.targets, pairs.sources)
            for part, pairs in parts.items()
        }
    rng = np.random.default_rng(0)
    order = rng.permutation(len(parts["train"]))  # the file is sorted by length
    return {
        "train": parts["train"].subset(order.tolist()),
        "valid": spread(parts["valid"], 1000),
        "test": spread(parts["test"], 1000),
    }


def spread(pairs, count):
    """Return so many of the pairs, from all over; all where there are no more."""
    count = min(count, len(pairs))
    return pairs.subset([k * len(pairs) // count for k in range(count)])


def turned(count, seed):
    """Return made-up pairs: a few words, and the same words turned round."""
    rng = np.random.default_rng(seed)
    rows = [rng.choice(list("abcdef"), rng.integers(1, 5)) for _ in range(count)]
    sources = tuple(" ".join(row) for row in rows)
    return rnnkit.data.Pairs(sources, tuple(" ".join(row[::-1]) for row in rows))


def digest(parts):
    """Return the sha256 of all the texts."""
    found = hashlib.sha256()
    for pairs in parts.values():
        found.update("\n".join([*pairs.sources, *pairs.targets]).encode())
    return found.hexdigest()


def tokenizers(config, train):
    """Return the tokenizer of the sources and that of the targets."""
    kinds = {
        "characters": rnnkit.data.CharacterTokenizer,
        "words": rnnkit.data.WordTokenizer,
        "pieces": rnnkit.data.SentencePieceTokenizer,
    }
    if config.tokens not in kinds:
        raise SystemExit(f"No tokens {config.tokens!r}; there are {', '.join(kinds)}.")
    options = {"lowercase": config.lowercase}
    if config.tokens == "pieces":
        options["vocabulary_size"] = config.pieces
    else:
        options["minimum_count"] = config.minimum_count
    train_one = kinds[config.tokens].train
    return [train_one(texts, **options) for texts in (train.sources, train.targets)]


def batches(config, pairs, vocabularies, like=None, shuffle=False):
    """Return pairs as a data set of batches."""
    return rnnkit.data.PairBatches(
        pairs.sources,
        pairs.targets,
        *vocabularies,
        batch_size=config.batch_size,
        buckets=config.buckets,
        shuffle=shuffle,
        seed=config.seed,
        like=like,
    )


def scores(config, written, truth):
    """Return how right texts are: `{measure: value}`, the one of `MEASURES` first."""
    if MEASURES[config.data] == "exact match":
        return {"exact match": float(np.mean([a == b for a, b in zip(written, truth)]))}
    bleu = sacrebleu.BLEU(lowercase=True, force=True)  # else it warns of spaces
    chrf = sacrebleu.CHRF(lowercase=True)
    return {
        one.name.replace("chrF2", "chrF"): one.score
        for one in (
            bleu.corpus_score(written, [list(truth)]),
            chrf.corpus_score(written, [list(truth)]),
        )
    }


def signature(config):
    """Return what BLEU is meant, as sacreBLEU says it; None where none is."""
    if MEASURES[config.data] != "BLEU":
        return None
    bleu = sacrebleu.BLEU(lowercase=True)
    bleu.corpus_score(["a"], [["a"]])  # learns how many references there are
    return str(bleu.get_signature()).replace("|", " ")


def baselines(config, parts):
    """Return the scores on the test part of what learns nothing, or nearly so."""
    train, test = parts["train"], parts["test"]
    if MEASURES[config.data] == "BLEU":
        rivals = {
            "the source as it is": lambda text: text,
            "word by word": word_by_word(train),
        }
    else:
        common = collections.Counter(train.targets).most_common(1)[0][0]
        rivals = {"the most frequent target": lambda text: common}
    if config.data == "dates":
        rivals["templates"] = templates(train)
    measure = MEASURES[config.data]
    return {
        f"{measure}, {name}": scores(
            config, [rival(text) for text in test.sources], test.targets
        )[measure]
        for name, rival in rivals.items()
    }


def templates(train):
    """Return a reader of dates, which counts what each number of a template means.

    A text without its digits is a template, "# mars #". For year, month and day it
    learns which of the numbers it is most often, or which value it always has.
    """
    votes = collections.defaultdict(collections.Counter)
    for source, target in zip(train.sources, train.targets):
        template, numbers = _numbers(source)
        for field, value in enumerate(target.split("-")):
            count = votes[template, field]
            count.update(k for k, n in enumerate(numbers) if int(n) == int(value))
            count[value] += 1

    def read(text):
        template, numbers = _numbers(text)
        fields = []
        for field in range(3):
            if (template, field) not in votes:
                return ""
            best = votes[template, field].most_common(1)[0][0]
            fields.append(best if isinstance(best, str) else f"{numbers[best]:0>2}")
        return "-".join(fields)

    return read


def _numbers(text):
    return re.sub(r"\d+", "#", text), re.findall(r"\d+", text)


def word_by_word(train):
    """Return a translator that writes for each word the one that goes with it most.

    That is the one of the greatest Dice coefficient, twice how often two words stand
    in the same pair over how often each stands in any. Unknown words are copied.
    """
    counts = collections.Counter(), collections.Counter()
    together = collections.defaultdict(collections.Counter)
    for pair in zip(train.sources, train.targets):
        source, target = (set(_words(text)) for text in pair)
        counts[0].update(source)
        counts[1].update(target)
        for word in source:
            together[word].update(target)
    best = {
        word: max(
            others, key=lambda o: (2 * others[o] / (counts[0][word] + counts[1][o]), o)
        )
        for word, others in together.items()
    }
    return lambda text: " ".join(best.get(word, word) for word in _words(text))


def _words(text):
    return re.findall(r"\w+|[^\w\s]", text.lower())
