"""Words in the plane: the principal components, and the picture of them."""

import itertools

import numpy as np
import pytest

from rnnkit.training import plot_embeddings
from rnnkit.training.embedding_picture import principal_plane

RNG = np.random.default_rng(0)


def test_the_plane_is_that_of_the_covariance():
    x = RNG.normal(size=(40, 6)) * [5, 1, 3, 1, 0.5, 0.1]
    places, shares = principal_plane(x)
    values, directions = np.linalg.eigh(np.cov(x.T))
    wanted = (x - x.mean(0)) @ directions[:, [-1, -2]]
    np.testing.assert_allclose(np.abs(places), np.abs(wanted), atol=1e-9)
    np.testing.assert_allclose(shares, values[[-1, -2]] / values.sum())


def test_the_picture_has_every_word_and_arrow(tmp_path):
    words = ["king", "queen", "man", "woman", "$x$"]
    pairs = [("king", "queen"), ("man", "woman")]
    path = tmp_path / "words.png"
    figure = plot_embeddings(RNG.normal(size=(5, 7)), words, pairs, path, "kin")
    (axes,) = figure.axes
    texts = [text.get_text() for text in axes.texts]
    assert texts == ["", "", *words]
    assert path.read_bytes().startswith(b"\x89PNG")
    with pytest.raises(ValueError, match="'boy' of a pair is not among the words"):
        plot_embeddings(RNG.normal(size=(5, 7)), words, [("man", "boy")])
    with pytest.raises(ValueError, match="4 vectors, but 5 words"):
        plot_embeddings(RNG.normal(size=(4, 7)), words)


def test_no_word_stands_on_another_where_there_is_room():
    text = pytest.importorskip("matplotlib.text").Text
    corners = [[1, 1], [1, -1], [-1, 1], [-1, -1]]
    vectors = np.concatenate([0.01 * RNG.normal(size=(12, 2)), corners])
    names = [f"word {k}" for k in range(12)] + ["a word at a corner"] * 4
    figure = plot_embeddings(vectors, names)
    figure.draw_without_rendering()
    (axes,) = figure.axes
    notes = axes.texts
    boxes = [text.get_window_extent(note) for note in notes]
    assert not any(a.overlaps(b) for a, b in itertools.combinations(boxes, 2))
    left, low, right, high = axes.bbox.extents
    assert all(left <= box.x0 and box.x1 <= right for box in boxes)
    assert all(low <= box.y0 and box.y1 <= high for box in boxes)
    led = [note.arrow_patch is not None for note in notes]
    assert any(led[:12])
    assert not any(led[12:])
