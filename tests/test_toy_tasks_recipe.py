"""The recipe of toy tasks: its examples, nets, budgets, tables; and a run."""

import importlib
import sys
from types import SimpleNamespace

import numpy as np
import pytest

from tests.running import again, recipe, results, run

TRAIN = recipe("toy_tasks")


@pytest.fixture
def module(monkeypatch):
    """Imports a file of the recipe's folder."""
    monkeypatch.syspath_prepend(str(TRAIN.parent))
    yield importlib.import_module
    for name in ("bits", "far", "nets", "pictures", "published", "summary"):
        sys.modules.pop(name, None)


def test_a_perceptron_sees_every_number(module):
    every = module("bits").every
    x, y = every("parity", 4, 6)
    assert len({row.tobytes() for row in x}) == 16
    for bits, (parity,) in zip(x.astype(int), y):
        assert not bits[4:].any()
        assert parity == (list(bits).count(1) % 2 == 1)
    x, y = every("addition", 3, 4)
    assert len({row.tobytes() for row in x}) == 64
    value = [1, 2, 4, 8]
    for bits, total in zip(x, y):
        assert bits[:4] @ value + bits[4:] @ value == total @ [*value, 16]
        assert not bits[3]
        assert not bits[7]


def test_the_recurrent_kernel_has_the_radius_that_is_asked(module):
    kernel = np.array(module("nets").smart(3)((50, 50), "float32"))
    assert np.abs(np.linalg.eigvals(kernel)).max() == pytest.approx(0.95, abs=1e-5)
    assert set((kernel != 0).sum(axis=1)) == {15}


@pytest.mark.parametrize("count", [1, 3])
def test_independent_layers_end_with_long_memories(module, count):
    config = SimpleNamespace(units=20, length=100, independent_layers=count)
    *below, last = module("nets").independent(config)
    assert [layer.return_sequences for layer in below] == [True] * (count - 1)
    assert not last.return_sequences
    last.build((None, None, 3))
    (kernel,) = [np.array(w) for w in last.weights if w.name == "recurrent_kernel"]
    # Of what a unit holds, half to twice as much is left after a whole sequence.
    assert (kernel**100 >= 0.499).all()
    assert (kernel**100 <= 2.001).all()
    bound = np.array(last.cell.recurrent_constraint(np.full(3, [-2.0, 0.3, 2.0])))
    np.testing.assert_allclose(bound, [-(2**0.01), 0.3, 2**0.01], rtol=1e-6)


def test_examples_come_again_in_another_order(module):
    config = SimpleNamespace(batch_size=4)
    x = np.arange(10)
    batches = module("nets").again((x, 2 * x), 5, config, (0, 1))
    assert len(batches) == 5
    rows = np.concatenate([batches[k][0] for k in range(5)])
    assert sorted(rows[:10]) == sorted(rows[10:]) == list(range(10))
    assert (rows[:10] != rows[10:]).any()
    assert (batches[0][1] == 2 * batches[0][0]).all()


class Pretender:
    """A model with a loss of 1 / its epochs, of which the k-th takes k seconds."""

    def __init__(self):
        self.seen = []

    def monotonic(self):
        return len(self.seen) * (len(self.seen) + 1) / 2

    def fit(self, steps, verbose):
        self.seen.append(steps)
        return SimpleNamespace(history={"loss": [1 / len(self.seen)]})


def test_a_training_ends_with_its_task_or_its_budget(module, monkeypatch):
    nets = module("nets")
    config = SimpleNamespace(updates=25, every=10, seconds=60)

    def until(enough, **changes):
        model = Pretender()
        monkeypatch.setattr(nets, "time", model)
        options = SimpleNamespace(**vars(config) | changes)
        record = nets.learn(
            model, lambda n, k: (n,), options, lambda loss: (loss <= enough, -loss)
        )
        return record, model.seen

    record, seen = until(0.5)
    assert (record["solved"], record["updates"], seen) == (True, 20, [10, 10])
    assert record["curve"] == [(10, 1.0, -1.0), (20, 0.5, -0.5)]
    record, seen = until(0.1)
    assert (record["solved"], record["updates"], seen) == (False, 25, [10, 10, 5])
    record, seen = until(0.1, seconds=0)
    assert (record["solved"], seen) == (False, [10])
    # What would end too late, if it took as long as the last one, is not begun.
    record, _ = until(0.0, updates=1000, seconds=8)
    assert (record["updates"], record["seconds"]) == (30, 6.0)


def test_the_best_weights_on_held_out_digits_are_tested(module, monkeypatch):
    far = module("far")
    weights = iter([[2], [1], [3], [0]])  # each as many right answers as it says

    class Model:
        def get_weights(self):
            return self.weights

        def set_weights(self, weights):
            self.weights = weights

    class Task:
        def __init__(self, source):
            assert source == "digits"

        def parts(self):
            x = np.arange(20)
            given = far.data.tasks.Sequences(x, x)
            return {"train": given, "test": far.data.tasks.Sequences(-x, x)}

        def score(self, given, found):
            held_out = given.x.tolist() == [0, 10]
            assert held_out or given.x.tolist() == [-n for n in range(20)]
            return found / 10 if held_out else found / 20

    def learn(model, batches, config, can):
        (rows,) = batches(2, 0)
        assert not {0, 10} & {*np.concatenate([rows[0][0], rows[1][0]]).tolist()}
        figures = []
        for given in weights:
            model.set_weights(given)
            figures.append(can(0.0))
        return {"updates": 4, "curve": figures}

    model = Model()
    model.set_weights([9])
    monkeypatch.setattr(far.data.tasks, "SequentialDigits", Task)
    monkeypatch.setattr(far, "build", lambda *_: model)
    monkeypatch.setattr(far, "outputs", lambda model, x: model.weights[0])
    monkeypatch.setattr(far, "learn", learn)
    config = SimpleNamespace(study="digits", source="digits", batch_size=9, enough=0.3)
    record = far.digits("RNN", config, 0)
    assert [solved for solved, _ in record["curve"]] == [False, False, True, False]
    assert (record["score"], record["solved"]) == (0.15, False)
    assert record["examples"] == 36


def test_tables_tell_of_all_seeds(module):
    summary = module("summary")
    record = {"solved": True, "examples": 640, "seconds": 3.25, "curve": [(1, 1, 1)]}
    bits = SimpleNamespace(study="parity", length=200)
    found = {
        "GRU": {
            "0": record | {"unseen": 1.0, "longer": 1.0},
            "1": record | {"unseen": 1.0, "longer": 0.98, "examples": 1280},
        },
        "MLP, 8 examples": {"0": record | {"unseen": 0.5, "longer": 0.25}},
    }
    assert summary.metrics(found, bits) == {
        "share of exact sequences, 200 bits, GRU": 0.98
    }
    table = summary.table(found, bits)
    assert table["exact, longer"] == {"GRU": "98 to 100 %", "MLP, 8 examples": "25 %"}
    assert table["examples seen"]["GRU"] == "640 to 1,280"
    order = SimpleNamespace(study="temporal order", length=50, growing=())
    found = {
        "clip": {
            "0": record | {"score": 1.0},
            "1": record | {"score": 0.5, "solved": False},
        }
    }
    assert summary.metrics(found, order) == {"share of runs solved, T = 50, clip": 0.5}
    assert summary.table(found, order)["solved"] == {"clip": "1 of 2"}
    assert summary.baselines(order) == {"accuracy, not looking": 0.25}
    orders = {"adding": ["GRU", "RNN", "LSTM"], "digits": ["LSTM", "RNN", "GRU"]}
    scores = {"RNN": 0.5, "LSTM": 0.9, "GRU": 0.2}
    for study, best in orders.items():
        config = SimpleNamespace(study=study, length=9)
        found = {name: {"0": {"score": score}} for name, score in scores.items()}
        names = [name.split(", ")[-1] for name in summary.metrics(found, config)]
        assert names == best


def test_sequences_grow_as_a_net_learns_and_its_rate_falls(module, monkeypatch):
    far, seen = module("far"), []
    scores = iter([0.9, 0.95, 0.96, 1.0, 0.98, 1.0, 0.99, 1.0])
    drawn = []

    class Kind:
        def __init__(self, length):
            self.length = length

        def sample(self, count, seed=None):
            drawn.append((count, seed))
            return SimpleNamespace(x=None)

        def batches(self, size, steps, seed):
            return self.length

        def score(self, given, found):
            return next(scores)

    def learn(model, batches, config, can):
        solved = False
        while not solved:
            (length,) = batches(1, len(seen))
            rate = model.optimizer.learning_rate
            solved, _ = can(0.0)
            seen.append((length, rate))
        return {"solved": solved, "updates": len(seen)}

    model = SimpleNamespace(optimizer=SimpleNamespace(learning_rate=0.4))
    monkeypatch.setitem(far.TASKS, "temporal order", Kind)
    monkeypatch.setattr(far, "build", lambda *_: model)
    monkeypatch.setattr(far, "outputs", lambda *_: None)
    monkeypatch.setattr(far, "learn", learn)
    config = SimpleNamespace(study="temporal order", growing=(5, 20), length=80)
    options = {"ready": 0.95, "enough": 0.99, "learning_rate": 0.4}
    vars(config).update(options, batch_size=2, test_examples=5000)
    record = far.drawn("clip", config, 7)
    assert seen == [(5, 0.4), (5, 0.4), (20, 0.2), (80, 0.1), (80, 0.1)]
    assert record["lengths"] == [5, 5, 20, 80, 80]
    # It ends when it can do as many others as the test has, and is tested on new ones.
    few, many, test = (1000, (7, 0)), (5000, (7, 3)), (5000, (7, 2))
    assert drawn[1:] == [few, few, few, few, many, few, many, test]
    assert record["reached length"] == 80
    assert record["solved"]


def test_pictures_show_every_net(module, tmp_path):
    from matplotlib.figure import Figure

    pictures = module("pictures")
    record = {"unseen": 1.0, "longer": 0.5, "curve": [(1, 0.5, 0.2), (2, 0.1, 0.9)]}
    bits = SimpleNamespace(study="parity", length=200)
    found = {
        "RNN": {"0": record | {"examples": 640}},
        "RNN, 16 examples": {"0": record | {"examples": 16, "longer": 0.0}},
        "MLP, 8 examples": {"0": record | {"examples": 8}},
    }
    figure = Figure()
    pictures.draw_examples(found, bits, figure)
    line, points, _, _ = figure.axes[1].lines
    assert line.get_xydata().tolist() == [[16, 0], [640, 50]]
    assert sorted(points.get_xydata().tolist()) == [[16, 0], [640, 50]]
    assert [text.get_text() for text in figure.legends[0].texts] == ["RNN", "MLP"]
    far = SimpleNamespace(study="adding", length=600, growing=())
    figure = Figure()
    pictures.draw_learning({"LSTM": {"0": record, "1": record}}, far, figure)
    curve, _, chance = figure.axes[0].lines
    assert curve.get_xydata().tolist() == [[1, 0.2], [2, 0.9]]
    assert chance.get_label() == "not looking"
    far = SimpleNamespace(study="temporal order", length=9, growing=(5,))
    grown, figure = record | {"lengths": [5, 9]}, Figure()
    pictures.draw_learning({"LSTM": {"0": grown}}, far, figure)
    above, below = figure.axes
    assert above.lines[0].get_xydata().tolist() == [[1, 5], [2, 9]]
    assert below.lines[0].get_xydata().tolist() == [[1, 0.2], [2, 0.9]]


@pytest.mark.slow
def test_smoke_learns_to_add(tmp_path):
    command = (TRAIN, "--preset", "smoke")
    printed, status = run(tmp_path, *command)
    assert status == 0, printed
    found = results(tmp_path)
    assert found["metrics"]["share of exact sequences, 40 bits, RNN"] >= 0.95
    assert found["baselines"]["share of exact sequences, 40 bits, not looking"] < 1e-9
    (picture,) = tmp_path.glob("runs/*/*/picture.png")
    assert picture.read_bytes().startswith(b"\x89PNG")
    (path,) = tmp_path.glob("runs/*/*/results.json")
    path.unlink()  # as if it had been interrupted
    printed, status = again(tmp_path, *command)
    assert status == 0
    assert "seed 0:" not in printed  # no net is trained again
    assert results(tmp_path)["metrics"] == found["metrics"]


def test_what_there_is_not_is_said(tmp_path):
    for flags, words in {
        ("--study", "x"): "No study 'x'; there are parity, addition, temporal order",
        ("--systems", "clip"): "No system 'clip' for parity; there are LSTM, GRU, RNN",
        ("--updates", "0"): "updates is 0: take 1 or more.",
    }.items():
        printed, status = again(tmp_path, TRAIN, *flags)
        assert status == 1
        assert words in printed
