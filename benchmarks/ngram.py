"""N-grams of a million tokens: counting, asking, memory; beside NLTK and kenlm."""

import importlib
import json
import math
import time

import numpy as np

from benchmarks.memory import grown
from benchmarks.process import python
from benchmarks.report import Report

ORDER, TOKENS, ASKED = 5, 1_000_000, 20_000
LENGTH = 20  # words of a sentence
NLTK, KENLM = "nltk.lm", "kenlm"


def sentences(tokens):
    """Made-up sentences of so many tokens: words as frequent as Zipf has them.

    Each word is drawn from a few that its predecessor chooses, so that n-grams repeat.
    """
    rng = np.random.default_rng(0)
    words = 10_000
    ranks = np.minimum(rng.zipf(1.25, tokens), words) - 1
    chosen = rng.random(tokens) < 0.5
    rows = []
    for start in range(0, tokens, LENGTH):
        row = ranks[start : start + LENGTH]
        for k in range(1, len(row)):
            if chosen[start + k]:
                row[k] = (31 * row[k - 1] + row[k] % 3) % words
        rows.append([f"w{k}" for k in row])
    return rows


def measured(name, tokens, asked):
    """What one contender needs, as a dict; in this process, which has done no other.

    Seconds to count, seconds for a word asked, megabytes at the peak of counting above
    the level before it (None where the system does not tell), perplexity.
    """
    rows = sentences(tokens + asked)
    held_out = [rows.pop() for _ in range(asked // LENGTH)]  # nothing is left to reuse
    importlib.import_module({"rnnkit": "rnnkit.lm"}.get(name, name))
    count_in = {"rnnkit": _ours, NLTK: _nltk, KENLM: _kenlm}[name]
    begun = time.perf_counter()
    score, memory = grown(lambda: count_in(rows))
    built = time.perf_counter() - begun
    count = sum(len(row) + 1 for row in held_out)
    score(held_out[:10])
    begun = time.perf_counter()
    total = score(held_out)
    seconds = time.perf_counter() - begun
    return {
        "build": built,
        "query": seconds / count,
        "memory": memory,
        "perplexity": math.exp(-total / count),
    }


def _ours(rows):
    from rnnkit.lm import NGram

    model = NGram.train(rows, ORDER)
    return lambda held_out: sum(sum(model.score(row)) for row in held_out)


def _nltk(rows):
    from nltk.lm import AbsoluteDiscountingInterpolated
    from nltk.lm.preprocessing import padded_everygram_pipeline

    # Its Kneser-Ney goes through all n-grams for each word that is asked.
    model = AbsoluteDiscountingInterpolated(ORDER)
    model.fit(*padded_everygram_pipeline(ORDER, rows))

    def score(held_out):
        total = 0.0
        for row in held_out:
            words = ["<s>"] * (ORDER - 1) + row + ["</s>"]
            for k in range(ORDER - 1, len(words)):
                p = model.score(words[k], words[k - ORDER + 1 : k])
                total += math.log(max(p, 1e-10))
        return total

    return score


def _kenlm(rows):
    """Its reader, with the file that ours writes: kenlm's wheel has no counting."""
    import os
    import tempfile

    import kenlm

    from rnnkit.lm import NGram

    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "model.arpa")
        NGram.train(rows, ORDER).save(path)
        model = kenlm.Model(path)
    return lambda held_out: (
        math.log(10) * sum(model.score(" ".join(row)) for row in held_out)
    )


def run(quick=False):
    sizes = (2_000, 200) if quick else (TOKENS, ASKED)
    report, found = Report("s; µs; MB"), {}
    for name, package in (("rnnkit", "rnnkit"), (NLTK, "nltk"), (KENLM, "kenlm")):
        program = (
            "import importlib.util, json; from benchmarks import ngram\n"
            f"there = importlib.util.find_spec({package!r})\n"
            f"print(json.dumps(ngram.measured({name!r}, *{sizes}) if there else None))"
        )
        if name == NLTK:  # which is so slow that fewer words must do
            program = program.replace(f"*{sizes}", f"*{(sizes[0], sizes[1] // 10)}")
        found[name] = json.loads(python("-c", program).splitlines()[-1])
        if found[name] is None:
            report.notes.append(f"{name} is not installed, so it is left out.")
    ours, case = found.pop("rnnkit"), f"{sizes[0]:,} tokens, order {ORDER}"
    for name, theirs in found.items():
        if theirs is None:
            continue
        if name == NLTK:
            report.add("n-gram, counting", case, ours["build"], theirs["build"], name)
            if ours["memory"]:
                memory = ours["memory"], theirs["memory"]
                report.add("n-gram, memory", case, *memory, name)
        query = 1e6 * ours["query"], 1e6 * theirs["query"]
        report.add("n-gram, a word asked", case, *query, name)
    memory = f", {ours['memory']:.0f} MB" if ours["memory"] else ""
    report.notes.append(
        f"n-grams, {case}: counted in {ours['build']:.1f} s, "
        f"{1e6 * ours['query']:.1f} µs for a word asked{memory}; "
        f"perplexity {ours['perplexity']:.1f}."
    )
    for name, theirs in found.items():
        if theirs is not None:
            report.notes.append(
                f"{name}: {1e6 * theirs['query']:.1f} µs for a word asked; perplexity "
                f"{theirs['perplexity']:.1f}."
            )
    return report
