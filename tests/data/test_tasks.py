"""Toy tasks against plain Python, their figures of not looking against counting."""

import collections
import gzip
import hashlib
import itertools
import urllib.error

import keras
import numpy as np
import pytest

from rnnkit.data import mnist, tasks

DRAWN = (  # every task that is drawn, small
    tasks.Parity(1, 6),
    tasks.Addition(1, 5),
    tasks.AddingProblem(12),
    tasks.Multiplication(12),
    tasks.Copy(5, 3, 4),
    tasks.TemporalOrder(20),
)


@pytest.mark.parametrize("task", DRAWN, ids=lambda task: type(task).__name__)
def test_every_task_is_drawn_by_its_seed(task):
    first, again, other = (task.sample(40, seed) for seed in (3, 3, 4))
    np.testing.assert_array_equal(first.x, again.x)
    np.testing.assert_array_equal(first.y, again.y)
    assert (first.x != other.x).any()
    assert first.x.dtype == "float32"
    assert len(first) == 40
    batches = task.batches(8, 3, seed=1)
    assert len(batches) == 3
    np.testing.assert_array_equal(batches[2][0], task.sample(8, (1, 2)).x)
    assert (batches[1][0] != batches[2][0]).any()


@pytest.mark.parametrize("task", DRAWN, ids=lambda task: type(task).__name__)
def test_the_truth_has_the_best_score(task):
    given = task.sample(50)
    classes = given.y.dtype == "int32"
    truth = np.eye(6)[given.y] if classes else given.y
    best = 0 if "error" in task.measure else 1
    assert task.score(given, truth) == best
    wrong = np.roll(truth, 1, -1) if classes else 1 - truth
    assert task.score(given, wrong) != best


def rows(sequences):
    """Each sequence without what has ended: (x, y) of whole numbers."""
    masks = [None] * len(sequences) if sequences.mask is None else sequences.mask
    for x, y, mask in zip(sequences.x, sequences.y, masks):
        size = len(x) if mask is None else mask.sum()
        assert not x[size:].any()
        assert not y[size:].any()
        yield x[:size].astype(int), y[:size, 0].astype(int)


def test_parity_is_counted():
    lengths = collections.Counter()
    for x, y in rows(tasks.Parity(2, 6).sample(600)):
        ones = 0
        for bit, parity in zip(x[:, 0], y, strict=True):
            ones += bit
            assert parity == (ones % 2 == 1)
        lengths[len(x)] += 1
    assert set(lengths) == {2, 3, 4, 5, 6}
    assert min(lengths.values()) > 80
    assert tasks.Parity(7, 7).sample(2).mask is None


def test_sums_are_those_of_whole_numbers():
    lengths = collections.Counter()
    for x, y in rows(tasks.Addition(1, 40).sample(600)):
        a, b, total = (int("".join(map(str, bits[::-1])), 2) for bits in (*x.T, y))
        assert a + b == total
        assert len(x) == len(y)
        assert not x[-1].any()
        lengths[len(x) - 1] += 1
    assert set(lengths) == set(range(1, 41))


@pytest.mark.parametrize("kind", [tasks.AddingProblem, tasks.Multiplication])
def test_two_numbers_are_marked(kind):
    given = kind(7).sample(4000)
    places = collections.Counter()
    for x, y in zip(given.x, given.y):
        j, k = (t for t in range(7) if x[t, 1])
        a, b = x[j, 0], x[k, 0]
        assert y[0] == pytest.approx(a + b if kind is tasks.AddingProblem else a * b)
        places[j, k] += 1
    assert set(places) == set(itertools.combinations(range(7), 2))
    assert min(places.values()) > 130  # of 190 each
    assert 0.49 < given.x[..., 0].mean() < 0.51


def test_what_is_kept_is_copied():
    task = tasks.Copy(delay=4, length=3, symbols=5)
    given = task.sample(100)
    for x, y in zip(given.x, given.y):
        read = list(x.argmax(-1))
        assert read[3:6] == [0] * 3
        assert read[6] == 6
        assert read[7:] == [0] * 3
        assert list(y) == [0] * 7 + read[:3]
        assert set(read[:3]) <= {1, 2, 3, 4, 5}


def test_which_came_first():
    answers = collections.Counter()
    given = tasks.TemporalOrder(50).sample(1000)
    for x, y in zip(given.x, given.y):
        text = "".join("ABcdef"[k] for k in x.argmax(-1))
        (first, j), (second, k) = [(s, t) for t, s in enumerate(text) if s in "AB"]
        assert 5 <= j < 10
        assert 20 <= k < 25
        assert ["AA", "AB", "BA", "BB"][y] == first + second
        answers[y, j, k] += 1
    assert len(answers) == 100


def test_not_looking_is_as_good_as_it_can_be():
    """Against the best of all constant answers, counted over every input."""
    parities = [
        tuple(np.cumsum(bits) % 2) for bits in itertools.product((0, 1), repeat=5)
    ]
    best = max(collections.Counter(parities).values()) / len(parities)
    assert tasks.Parity(5, 5).baseline() == best
    assert tasks.Parity(1, 2).baseline() == (1 / 2 + 1 / 4) / 2
    for bits in (1, 3, 4):
        sums = [a + b for a in range(2**bits) for b in range(2**bits)]
        best = max(collections.Counter(sums).values()) / len(sums)
        assert tasks.Addition(bits, bits).baseline() == best
    assert tasks.Addition(1, 2).baseline() == (1 / 2 + 1 / 4) / 2
    for task, mean in ((tasks.AddingProblem(3), 1), (tasks.Multiplication(3), 1 / 4)):
        given = task.sample(200_000)
        found = task.score(given, np.full_like(given.y, mean))
        assert found == pytest.approx(task.baseline(), rel=0.01)
        assert given.y.mean() == pytest.approx(mean, abs=0.005)  # the best constant
    copy = tasks.Copy(3, 10, 4)
    given = copy.sample(2000)
    same = np.zeros((*given.y.shape, 5))
    same[..., 2] = 1
    assert copy.score(given, same) == pytest.approx(copy.baseline(), abs=0.01)
    # 13 certain steps, then 10 of four equally likely symbols
    assert copy.baseline_loss() == pytest.approx(10 * np.log(4) / 23)
    order = tasks.TemporalOrder(10)
    counts = np.bincount(order.sample(40_000).y)
    np.testing.assert_allclose(counts / 40_000, order.baseline(), atol=0.01)


def test_one_wrong_bit_makes_a_sequence_wrong():
    task = tasks.Parity(3, 6)
    given = task.sample(100)
    outputs = np.where(given.y > 0.5, 0.6, 0.4)
    assert task.score(given, outputs) == 1
    outputs[~given.mask] = 0.9  # what has ended does not count
    assert task.score(given, outputs) == 1
    outputs[:30, 0] = 1 - outputs[:30, 0]
    assert task.score(given, outputs) == pytest.approx(0.7)
    np.testing.assert_array_equal(given.weights, given.mask)


@pytest.mark.parametrize(
    ("task", "words"),
    [
        (tasks.Parity(0, 3), "Lengths from 0 to 3 cannot be had"),
        (tasks.Addition(4, 3), "Lengths from 4 to 3 cannot be had"),
        (tasks.AddingProblem(1), "Two of 1 numbers cannot be marked"),
        (tasks.Copy(delay=0), "delay=0, length=10, symbols=8: take 1 or more"),
        (tasks.TemporalOrder(9), "length=9 has no tenths"),
        (tasks.SequentialDigits("x"), "No source 'x'; there are digits, mnist"),
    ],
)
def test_what_there_is_not_is_said(task, words):
    with pytest.raises(ValueError, match=words):
        task.sample(2)


def test_digits_are_read_row_by_row():
    datasets = pytest.importorskip("sklearn.datasets")
    images, digits = datasets.load_digits(return_X_y=True)
    parts = tasks.SequentialDigits().parts()
    assert {part: len(given) for part, given in parts.items()} == {
        "train": 1437,
        "test": 360,
    }
    np.testing.assert_allclose(parts["test"].x[1, :, 0] * 16, images[5])
    np.testing.assert_array_equal(parts["train"].y[:4], digits[1:5])
    task = tasks.SequentialDigits(order=1)
    mixed = task.parts()["test"]
    assert (mixed.x != parts["test"].x).any()
    np.testing.assert_array_equal(np.sort(mixed.x, 1), np.sort(parts["test"].x, 1))
    seen = collections.Counter(parts["train"].y.tolist()).most_common(1)[0][0]
    share = sum(digit == seen for digit in mixed.y) / 360
    assert task.baseline() == share
    drawn = task.sample(300, 2, part="test")
    assert task.score(drawn, np.eye(10)[drawn.y]) == 1
    assert len({x.tobytes() for x in drawn.x}) > 290


def test_mnist_is_read_and_checked(tmp_path, monkeypatch):
    folder = tmp_path / "mnist" / "mnist"
    folder.mkdir(parents=True)
    rng, files, truth = np.random.default_rng(0), {}, {}
    for part, count in (("train", 3), ("test", 2)):
        images = rng.integers(0, 256, (count, 28, 28), "uint8")
        digits = rng.integers(0, 10, count, "uint8")
        truth[part] = images, digits
        contents = bytes(16) + images.tobytes(), bytes(8) + digits.tobytes()
        names = [name for name, _ in mnist.FILES[part]]
        for name, content in zip(names, contents):
            (folder / f"{name}.gz").write_bytes(gzip.compress(content))
        sums = [hashlib.sha256(content).hexdigest() for content in contents]
        files[part] = tuple(zip(names, sums))
    with pytest.raises(ValueError, match=r"not the published train-images.* Move "):
        mnist.load_mnist(tmp_path)
    monkeypatch.setattr(mnist, "FILES", files)
    for part, (images, digits) in mnist.load_mnist(tmp_path).items():
        np.testing.assert_array_equal(images, truth[part][0])
        np.testing.assert_array_equal(digits, truth[part][1])
    given = tasks.SequentialDigits("mnist", data_dir=tmp_path).parts()["train"]
    np.testing.assert_allclose(given.x[2, 30, 0] * 255, truth["train"][0][2, 1, 2])
    (folder / "t10k-labels-idx1-ubyte.gz").write_bytes(b"x")
    with pytest.raises(ValueError, match=r"t10k-labels-idx1-ubyte\.gz cannot be read"):
        mnist.load_mnist(tmp_path)
    both = (("a", "b"), ("c", "d"))
    monkeypatch.setattr(keras.datasets.mnist, "load_data", lambda: both)
    (folder / "t10k-labels-idx1-ubyte.gz").unlink()
    with pytest.raises(FileNotFoundError, match=r"No .*t10k-labels.*gz\. Put it there"):
        mnist.load_mnist(tmp_path)
    (tmp_path / "elsewhere").mkdir()
    found = mnist.load_mnist(tmp_path / "elsewhere")
    assert found == {"train": ("a", "b"), "test": ("c", "d")}


def test_mnist_that_cannot_be_downloaded_is_said_in_words(tmp_path, monkeypatch):
    def fails():
        try:
            raise urllib.error.URLError("no route")
        finally:
            raise Exception("URL fetch failure")  # as Keras does

    monkeypatch.setattr(keras.datasets.mnist, "load_data", fails)
    with pytest.raises(ConnectionError, match=r"failure\)\. Put train-images.* into "):
        mnist.load_mnist(tmp_path)
    monkeypatch.setattr(keras.datasets.mnist, "load_data", lambda: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        mnist.load_mnist(tmp_path)


def test_the_published_mnist(data_set):
    data_set("mnist/mnist")
    parts = mnist.load_mnist()
    assert parts["train"][0].shape == (60_000, 28, 28)
    assert np.bincount(parts["test"][1])[1] == 1135
