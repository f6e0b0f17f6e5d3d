"""Learn vectors of words from the words near them, and ask what is near what.

python recipes/word_vectors/train.py
python recipes/word_vectors/train.py --preset text
python recipes/word_vectors/train.py --kinds bag_of_words --negatives 0
"""

import dataclasses
import importlib.util
import pathlib
import sys
import time

sys.path.append(str(pathlib.Path(__file__).parents[1]))

import beginning  # first, by the alphabet too
import keras
import numpy as np
import texts

import rnnkit
from rnnkit import recipe


@dataclasses.dataclass(frozen=True)
class Config:
    texts: tuple[str, ...] = ("docstrings",)
    """docstrings, kjv, ptb, multi30k, fra_eng, lee: read together, shuffled."""
    kinds: tuple[str, ...] = ("skip_gram", "bag_of_words")
    dim: int = 100
    window: int = 5
    minimum_count: int = 5
    """Words seen fewer times are passed over."""
    sample: float = 1e-3
    """Words with a larger share of the text are thinned out."""
    negatives: int = 5
    """Noise words that count for a pair; 0 for a tree, hierarchical softmax."""
    words: int = 1024
    """Words of a step, which share their noise."""
    noise: int = 128
    """Noise words drawn for a step."""
    epochs: int = 5
    learning_rate: float = 0.3
    """At first, of Adagrad by rows; it falls to nothing in a straight line."""
    baseline: bool = True
    """Whether gensim, where it is installed, reads the same text as often."""
    seed: int = 0
    checkpoint_seconds: float = 30.0
    reach: float | None = None
    """Share of the words asked about that must have their other form among the ten
    nearest, else the exit status is 1."""


TEXT = Config(texts=("kjv", "ptb", "multi30k", "fra_eng", "lee", "docstrings"))
PRESETS = {
    "docstrings": Config(reach=0.15),
    "smoke": Config(kinds=("skip_gram",), epochs=6, baseline=False, reach=0.15),
    "text": TEXT,
    "text_tree": dataclasses.replace(TEXT, negatives=0),
}
FORMS = "share, the other form among the ten nearest"


def main(arguments=None):
    """Run a preset from beginning to end; returns the exit status."""
    preset, config, fresh = recipe.parse(PRESETS, "docstrings", __doc__, arguments)
    read = [s for text in config.texts for s in texts.sentences(text)]
    digest = recipe.text_digest(f"{' '.join(words)}\n" for words in read)
    name = recipe.run_name(preset, config, PRESETS)
    facts = {"sha256 of the data": digest}
    run = recipe.Run("word_vectors", name, config, facts, fresh)
    if run.results:
        print("This command has finished before; --fresh runs it anew.")
        return report(run, config)
    order = np.random.default_rng(config.seed).permutation(len(read))
    read = [read[place] for place in order]
    words = rnnkit.data.CountedWords.train(read, config.minimum_count)
    print(f"{sum(map(len, read)):,} words of text, {words.size:,} different ones kept.")
    once = recipe.Once(run, beginning.seconds)
    found, others = {}, {}
    for kind in config.kinds:
        found[kind] = once("ours", kind, learn, kind, read, words, config, once)
        if config.baseline and has_gensim():
            others[kind] = once("gensim", kind, gensims, kind, read, words, config)
    table = dict(found) | {f"gensim, {kind}": row for kind, row in others.items()}
    run.finish(
        preset,
        metrics=named(found),
        baselines=named(others, "gensim, "),
        published={},
        seeds=[config.seed],
        seconds=once.seconds(),
        tables={"word_vectors": table},
    )
    for path in run.folder.glob("*.checkpoint"):
        path.unlink()
    return report(run, config)


def learn(kind, read, words, config, once):
    """Train one kind and leave its files; returns what is measured of it."""
    run = once.run
    keras.utils.set_random_seed(config.seed)
    model = rnnkit.models.WordVectors(
        words, config.dim, kind, config.negatives, seed=config.seed
    )
    windows = rnnkit.data.WordWindows(
        read,
        words,
        config.window,
        config.sample,
        config.words,
        negatives=config.noise if config.negatives else 0,
        seed=config.seed,
    )
    rate = keras.optimizers.schedules.PolynomialDecay(
        config.learning_rate, len(windows) * config.epochs, config.learning_rate / 100
    )
    model.compile(rnnkit.training.RowAdagrad(rate))
    path = run.path(f"{kind}.checkpoint")
    resume = recipe.resume(path, config.checkpoint_seconds)
    once.earlier += resume.earlier
    recipe.train(model, [windows], config.epochs, resume)
    model.save(run.path(f"{kind}.keras"))
    vectors = model.vectors
    vectors.save(run.path(f"{kind}.txt"))
    draw(vectors, words, run.path(f"{kind}.png"), kind.replace("_", " "))
    show(vectors)
    row = measured(vectors, words)
    row["words a second"] = windows.total * config.epochs / resume.seconds
    return row


def has_gensim():
    """Whether gensim is installed; says how it comes if not."""
    found = importlib.util.find_spec("gensim") is not None
    if not found:
        print("gensim is not installed: pip install -e '.[vectors]' brings it.")
    return found


def gensims(kind, read, words, config):
    """What gensim makes of the same text, as often read."""
    from gensim.models import Word2Vec

    print(f"gensim, {kind} …", flush=True)
    model = Word2Vec(
        vector_size=config.dim,
        window=config.window,
        min_count=config.minimum_count,
        sample=config.sample,
        sg=int(kind == "skip_gram"),
        hs=int(not config.negatives),
        negative=config.negatives,
        workers=2,
        seed=config.seed + 1,
    )
    model.build_vocab(read)
    started = time.perf_counter()
    model.train(read, total_examples=len(read), epochs=config.epochs)
    seconds = time.perf_counter() - started
    named = rnnkit.data.NamedVectors(model.wv.index_to_key, model.wv.vectors)
    row = measured(named, words)
    row["words a second"] = int(words.counts.sum()) * config.epochs / seconds
    return row


def measured(vectors, words):
    """Every figure of some vectors, by name."""
    pairs = [pair for some in texts.relations(words).values() for pair in some]
    near = [
        b in [word for word, _ in vectors.most_similar(a, top=10)] for a, b in pairs
    ]
    row = {FORMS: float(np.mean(near)) if near else 0.0}
    score = rnnkit.data.analogy_score(vectors, texts.questions(words))
    row["accuracy, own questions"] = score.accuracy
    for name, path in texts.judged_by().items():
        if name == "analogies":
            score = rnnkit.data.analogy_score(vectors, rnnkit.data.read_analogies(path))
            row["accuracy, Google's questions"] = score.accuracy
            row["Google's questions asked"] = sum(score.asked.values())
        else:
            score = rnnkit.data.likeness_score(vectors, rnnkit.data.read_likeness(path))
            row[f"rho, {name}"] = score.correlation
            row[f"{name}, pairs asked"] = score.asked
    return row


def named(rows, before=""):
    """The figures of all kinds in one dict, but for how many were asked."""
    return {
        f"{name}, {before}{kind}": value
        for kind, row in rows.items()
        for name, value in row.items()
        if "asked" not in name
    }


def draw(vectors, words, path, title):
    """The pairs of words in the plane."""
    pairs = [pair for some in texts.relations(words).values() for pair in some][:40]
    shown = list(dict.fromkeys(word for pair in pairs for word in pair))
    if len(shown) > 1:
        rnnkit.training.plot_embeddings(vectors.unit(shown), shown, pairs, path, title)


def show(vectors):
    """Print what is near some frequent words."""
    for word in vectors.words[50:400:50]:
        near = ", ".join(one for one, _ in vectors.most_similar(word, top=6))
        print(f"  {word}: {near}")


def report(run, config):
    """Print the results and where everything is; returns the exit status."""
    results = run.results
    columns = results["tables"]["word_vectors"]
    forms = {kind: columns[kind][FORMS] for kind in config.kinds}
    low = [k for k, share in forms.items() if config.reach and share < config.reach]
    return recipe.report(
        run,
        {
            f"{kind}.{end}": what
            for kind in config.kinds
            for end, what in (
                ("png", "pairs of words in the plane"),
                ("txt", "the vectors, in word2vec's format"),
                ("keras", "the model"),
            )
        },
        title="By what is asked of them",
        lines=[
            f"  {value:>12,.4g}  {name}, {column}"
            for column, row in columns.items()
            for name, value in row.items()
        ],
        failure=(
            f"{config.reach:.0%} of other forms among the ten nearest, with "
            f"{', '.join(low)}"
            if low
            else None
        ),
    )


if __name__ == "__main__":
    sys.exit(main())
