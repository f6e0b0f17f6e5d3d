"""Word vectors: words of text a second, against gensim on two threads."""

import rnnkit
from benchmarks.report import Report
from benchmarks.timing import interleaved
from rnnkit.models import WordVectors

PEER = "gensim.models.Word2Vec, 2 threads"
NO_GENSIM = (
    "gensim is not installed, so it is left out: `pip install -e '.[benchmarks]'` "
    "brings it."
)
CASES = {
    "skip-gram, 5 noise words": ("skip_gram", 5),
    "bag of words, 5 noise words": ("bag_of_words", 5),
    "skip-gram, tree": ("skip_gram", 0),
    "bag of words, tree": ("bag_of_words", 0),
}
OPTIONS = {"dim": 100, "window": 5, "sample": 1e-3}


def ours(sentences, words, kind, negatives):
    """A pass over the text: drawn, and learnt from."""
    model = WordVectors(words, OPTIONS["dim"], kind, negatives)
    model.compile()
    windows = rnnkit.data.WordWindows(
        sentences,
        words,
        OPTIONS["window"],
        OPTIONS["sample"],
        negatives=128 if negatives else 0,
    )
    return lambda: model.fit(windows, verbose=0).history["nats"][0]


def gensims(sentences, kind, negatives):
    """The same pass by gensim, or None where it is not installed."""
    try:
        from gensim.models import Word2Vec
    except ImportError:
        return None
    model = Word2Vec(
        vector_size=OPTIONS["dim"],
        window=OPTIONS["window"],
        sample=OPTIONS["sample"],
        min_count=5,
        sg=int(kind == "skip_gram"),
        hs=int(not negatives),
        negative=negatives,
        workers=2,
    )
    model.build_vocab(sentences)
    return lambda: model.train(sentences, total_examples=len(sentences), epochs=1)


def run(quick=False):
    report = Report("words/s", {PEER: 0.5})
    text = rnnkit.data.load_words("docstrings", None)["train"]
    sentences = [line.split() for line in text.splitlines()]
    if quick:
        sentences = sentences[:200]
    words = rnnkit.data.CountedWords.train(sentences)
    total = int(words.counts.sum())
    for name, (kind, negatives) in CASES.items():
        peer = gensims(sentences, kind, negatives)
        if peer is None:
            report.notes.append(NO_GENSIM)
            break
        contenders = {"rnnkit": ours(sentences, words, kind, negatives), PEER: peer}
        seconds = interleaved(contenders, 1 if quick else 4, warm_up=1)
        rates = {one: total / taken for one, taken in seconds.items()}
        case = f"word vectors, {name}"
        report.add(case, "", rates["rnnkit"], rates[PEER], PEER, more_is_better=True)
    report.notes.append(
        f"Word vectors: the standard library's docstrings, {total:,} words, "
        f"{words.size:,} different; dim 100, windows of 5, words above 0.1 % thinned "
        "out. Both read words of lists; ours draws windows and noise meanwhile."
    )
    return report
