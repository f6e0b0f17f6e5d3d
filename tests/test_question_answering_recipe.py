"""The recipe that answers questions about stories: its layers, rivals and run."""

import importlib
import json
import re
from types import SimpleNamespace

import keras
import numpy as np
import pytest

from rnnkit.data import Question
from tests.running import ROOT, again, recipe, results, run

TRAIN = recipe("question_answering")
STORY = ("Mary went to the hall.", "John got the milk.", "Mary left.")


@pytest.fixture
def module(monkeypatch):
    """Gives the recipe's modules by their names."""
    monkeypatch.syspath_prepend(str(TRAIN.parent))
    return importlib.import_module


def random(*shape):
    return np.random.default_rng(len(shape)).normal(size=shape)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


@pytest.mark.parametrize("go_backwards", [False, True])
def test_reduction_is_its_formula_step_by_step(module, go_backwards):
    """Against a loop in float64; sentence 2 of the first story is none."""
    x, q = random(2, 5, 3), random(2, 5, 3)[::-1]
    real = np.array([[1, 1, 0, 1, 1], [1, 1, 1, 1, 1]], bool)
    layer = module("query_reduction").QueryReduction(3, go_backwards, dtype="float64")
    h, a = layer(x, q, real=real)
    layer.bias.assign(random(3))
    h, a = (keras.ops.convert_to_numpy(y) for y in layer(x, q, real=real))
    w, bias = np.array(layer.gate_kernel), np.array(layer.gate_bias)
    W, b = np.array(layer.kernel), np.array(layer.bias)
    assert bias.tolist() == [-2.5, 0]
    for story in range(2):
        state, shares = np.zeros(3), np.zeros(5)
        for t in range(5)[:: -1 if go_backwards else 1]:
            if real[story, t]:
                x_t, q_t = x[story, t], q[story, t]
                z, r = sigmoid((x_t * q_t) @ w + bias)
                g = np.tanh(np.concatenate([x_t, q_t]) @ W + b)
                state = (1 - z) * state + z * r * g
                shares = (1 - z) * shares + z * np.eye(5)[t]
            np.testing.assert_allclose(h[story, t], state, atol=1e-9)
            np.testing.assert_allclose(a[story, t], shares, atol=1e-9)


def test_a_word_counts_by_its_place(module):
    layer = module("query_reduction").SentenceEncoding(4, 2)
    found = np.array(layer(np.array([[[1, 2, 3, 0], [3, 0, 0, 0]]])))[0]
    v, d = np.array(layer.embeddings), 2
    for sentence, words in enumerate([(1, 2, 3), (3,)]):
        J, total = len(words), np.zeros(2)
        for j, word in enumerate(words, 1):
            for k in (1, 2):
                weight = (1 - j / J) - (k / d) * (1 - 2 * j / J)
                total[k - 1] += weight * v[word, k - 1]
        np.testing.assert_allclose(found[sentence], total, atol=1e-6)


def models(module):
    """One network of each kind, over the words of `STORY`."""
    answerers = module("answerers")
    words = sorted({w for text in STORY for w in answerers.words_of(text)})
    given = dict(words=[*words, "where", "is"], answers=["hall", "milk"], units=4)
    yield answerers.QueryReductionNetwork(sentences=2, layers=2, **given)
    yield answerers.StoryLSTM(sentences=2, dropout=0.5, **given)


def test_padding_and_what_is_too_long_ago_change_nothing(module):
    asked = [(STORY, "Where is Mary?"), (STORY[2:], "Where is the milk?")]
    for model in models(module):
        arrays = model.arrays(asked)
        longest = max(map(len, arrays))
        padded = np.zeros((2, longest + 2, *arrays[0].shape[1:]), "int32")
        for row, array in zip(padded, arrays):
            row[: len(array)] = array
        logits = np.array(model((padded, np.array([*map(len, arrays)]))))
        for (story, question), row in zip(asked, logits):
            _, shares = model.ask(list(story), question)
            expected = np.exp(row) / np.exp(row).sum()
            np.testing.assert_allclose([*shares.values()], expected, atol=1e-6)
            assert shares == model.ask(["John left.", *story[-2:]], question)[1] or (
                len(story) < 2
            )


def test_what_cannot_be_asked_is_named(module):
    for model in models(module):
        with pytest.raises(ValueError, match="'zebra' in 'Where is the Zebra' is none"):
            model.ask(STORY, "Where is the Zebra")
        with pytest.raises(ValueError, match=r"There is no word in ' \?'"):
            model.ask(STORY, " ?")
        for story in ((), "Mary left."):
            with pytest.raises(ValueError, match="A story is a list of sentences"):
                model.ask(story, "Where is Mary?")


def test_no_story_is_on_both_sides(module):
    told = [Question(STORY[: k % 3 + 1], "Who?", "x", ()) for k in range(12)]
    learnt, held = module("stories").held_out(told, 0.2)
    assert (len(learnt), len(held)) == (9, 3)
    assert [*learnt, *held] == told


def test_rivals_answer_without_the_story(module):
    def asked(*pairs):
        return tuple(Question(STORY, q, a, ()) for q, a in pairs)

    train = (("Who?", "x"), ("Who?", "x"), ("Is he who?", "y"), ("Is he who?", "y"))
    parts = {"train": asked(*train, ("When?", "x")), "valid": ()}
    parts["test"] = asked(("Who?", "x"), ("Who, is he?", "y"), ("Where?", "x"))
    assert module("stories").baselines(parts) == {
        "the most frequent answer": 2 / 3,
        "the most frequent to the question": 1,
    }


def test_a_walk_ends_where_the_answer_says(module):
    made = module("stories").walks(50, 3)
    assert made != module("stories").walks(50, 4)
    for one in made:
        name = one.question.split()[-1].rstrip("?")
        last = [text for text in one.story if text.startswith(name)][-1]
        assert last.endswith(f"the {one.answer}.")
        assert [one.story[fact] for fact in one.facts] == [last]


def test_what_there_is_not_is_said(module):
    read = module("stories").read_tasks
    with pytest.raises(SystemExit, match="No data 'x'; there are babi and walks"):
        read(SimpleNamespace(data="x"))
    with pytest.raises(SystemExit, match="there is no 21"):
        read(SimpleNamespace(data="babi", tasks=(21,)))


@pytest.mark.slow
def test_smoke_learns_and_the_readme_asks_it(tmp_path):
    command = (TRAIN, "--preset", "smoke")
    printed, status = run(tmp_path, *command)
    assert status == 0, printed
    folder = tmp_path / "runs" / "question_answering" / "smoke"
    found = results(tmp_path)
    accuracy = found["metrics"]["accuracy, mean of the tasks"]
    assert accuracy >= 0.95
    assert found["tables"]["tasks"]["ours"] == {"QA1": f"{accuracy:.1%}"}
    assert found["metrics"]["tasks passed"] == 1
    rival = "accuracy, mean of the tasks, the most frequent answer"
    assert found["baselines"][rival] < 0.5
    for name in ("accuracy.png", "looks.png"):
        assert (folder / name).read_bytes().startswith(b"\x89PNG")
    (snippet,) = re.findall(
        r"```python\n(.*?)```", TRAIN.with_name("README.md").read_text("utf-8"), re.S
    )
    snippet = snippet.replace("recipes/", f"{ROOT}/recipes/").replace(
        "/babi/", "/smoke/"
    )
    printed, status = run(tmp_path, "-c", snippet)
    assert (printed.split()[-1], status) == ("hallway", 0), printed

    printed, status = again(tmp_path, *command)
    assert status == 0
    assert "has finished before" in printed


@pytest.mark.thorough
@pytest.mark.slow
def test_missing_the_accuracy_is_a_failure(tmp_path):
    flags = ("--epochs", 1, "--learning-rate", 0.0)
    printed, status = run(tmp_path, TRAIN, "--preset", "smoke", *flags)
    assert status == 1
    assert "It had to reach a mean accuracy of 95% and did not." in printed


@pytest.mark.slow
@pytest.mark.thorough
def test_an_interrupted_run_goes_on_with_the_next_task(tmp_path, data_dir):
    flags = ("--tasks", 4, 15, "--epochs", 1, "--lstm-epochs", 1, "--layers", 1)
    printed, status = run(tmp_path, TRAIN, *flags)
    assert status == 1, printed
    (folder,) = (tmp_path / "runs" / "question_answering").iterdir()
    before = results(tmp_path)["metrics"]
    tasks = json.loads((folder / "tasks.json").read_text())
    tasks.pop("15")
    (folder / "tasks.json").write_text(json.dumps(tasks))
    (folder / "results.json").unlink()
    printed, _ = run(tmp_path, TRAIN, *flags)
    assert "Going on after 1 tasks" in printed
    assert "QA4 " not in printed
    assert results(tmp_path)["metrics"] == before
