"""What recipes share: rates, splits, digests, and the last words of a run."""

import dataclasses
import hashlib

import numpy as np
import pytest

from rnnkit import recipe
from rnnkit.data import Examples

INPUTS = tuple(np.full(k + 1, float(k)) for k in range(5))
EXAMPLES = Examples(tuple("abcde"), INPUTS, tuple("vwxyz"), tuple("mmnno"))


def test_the_rate_rises_to_its_peak_and_falls_to_zero():
    rate = recipe.adam(0.1, steps=100, warmup=0.2)._learning_rate
    values = [float(rate(k)) for k in range(101)]
    assert values[0] == 0
    assert values[20] == max(values) == pytest.approx(0.1)
    assert values[60] == pytest.approx(0.05)  # half way down the cosine
    assert values[100] == pytest.approx(0, abs=1e-8)


def test_what_is_held_out_is_in_no_other_part():
    train, held_out = recipe.hold_out(EXAMPLES, 2)
    assert (held_out.names, train.names) == (("a", "c", "e"), ("b", "d"))
    train, held_out = recipe.hold_out(EXAMPLES, np.array(EXAMPLES.groups) == "m")
    assert (held_out.names, train.names) == (("a", "b"), ("c", "d", "e"))


def test_a_digest_tells_any_change():
    labelled = dataclasses.replace(EXAMPLES, labels=INPUTS)
    texts = dataclasses.replace(EXAMPLES, texts=tuple("vwxyy"))
    louder = dataclasses.replace(EXAMPLES, inputs=tuple(x + 1 for x in INPUTS))
    found = [recipe.digest({"a": x}) for x in (EXAMPLES, labelled, texts, louder)]
    assert len(set(found)) == 4
    assert recipe.digest({"a": EXAMPLES}) == found[0]


def test_a_digest_of_texts_is_that_of_all_together():
    one = hashlib.sha256("a bé".encode()).hexdigest()
    assert recipe.text_digest(["a ", "bé"]) == one
    assert recipe.text_digest(["a ", "be"]) != one


def test_only_their_order_tells_words_of_tones_apart():
    one, again = recipe.tone_words(30, 0), recipe.tone_words(30, 0)
    assert one.texts == again.texts != recipe.tone_words(30, 1).texts
    assert recipe.digest({"": one}) == recipe.digest({"": again})
    assert {tuple(sorted(text.split())) for text in one.texts} == {
        ("high", "low"),
        ("low", "middle"),
        ("high", "middle"),
    }
    assert len(set(one.texts)) == 6


@dataclasses.dataclass(frozen=True)
class Config:
    units: int = 8


def test_a_report_ends_with_what_was_missed(tmp_path, capsys):
    run = recipe.Run("task", "small", Config(), root=tmp_path)
    run.finish("small", {"error": 0.25, "units": 8}, {"chance": 0.5}, {}, [0], 3.0)
    files = {"results.json": "the figures", "absent.png": "nothing"}
    assert recipe.report(run, files) == 0
    printed = capsys.readouterr().out
    assert "25.00%  error" in printed
    assert "8  units" in printed
    assert "50.00%  chance" in printed
    assert "results.json  the figures" in printed
    assert "absent" not in printed
    assert recipe.report(run, files, "Here", ["a line"], "20% error") == 1
    printed = capsys.readouterr().out
    assert printed.startswith("\nHere, 3 s in all:\na line\n")
    assert printed.endswith("It had to reach 20% error and did not.\n")
