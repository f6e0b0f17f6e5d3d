"""Words in the plane."""

import numpy as np

from rnnkit.training.labels import label_points
from rnnkit.training.pictures import _finished
from rnnkit.training.plots import BLUE, GRID, MUTED, ORANGE


def principal_plane(vectors):
    """The two directions in which vectors differ most, and how much of all that is.

    Args:
        vectors: `(n, dim)`, dim 2 or more.

    Returns:
        Places `(n, 2)` from the mean, and the share of the variance along each, `(2,)`.

    Reference: Pearson, 1901, On lines and planes of closest fit
    """
    vectors = np.asarray(vectors, "float64")
    centred = vectors - vectors.mean(0)
    _, sizes, directions = np.linalg.svd(centred, full_matrices=False)
    total = (sizes**2).sum()
    return centred @ directions[:2].T, sizes[:2] ** 2 / (total if total else 1.0)


def plot_embeddings(vectors, words, pairs=(), path=None, title=None):
    """Draw vectors in the plane in which they differ most, by principal components.

    Args:
        vectors: `(n, dim)`.
        words: what stands beside each, n texts.
        pairs: pairs of words to join by an arrow, such as a land and its capital.
        path: where to write the picture, any format of matplotlib's.
        title: text above.

    Returns:
        The `matplotlib.figure.Figure`.

    Raises:
        ValueError: There are not as many words as vectors, fewer than two, or a pair
            has a word that is not among them.
    """
    from matplotlib.figure import Figure

    words = list(words)
    if len(words) != len(vectors) or len(words) < 2:
        raise ValueError(f"{len(vectors)} vectors, but {len(words)} words.")
    strange = [word for pair in pairs for word in pair if word not in words]
    if strange:
        raise ValueError(f"{strange[0]!r} of a pair is not among the words.")
    places, shares = principal_plane(vectors)
    figure = Figure(figsize=(8, 6), dpi=120, layout="constrained")
    axes = figure.subplots()
    for first, second in pairs:
        start, end = places[words.index(first)], places[words.index(second)]
        arrow = {"arrowstyle": "->", "color": MUTED, "alpha": 0.6}
        axes.annotate("", end, start, arrowprops=arrow)
    ends = {second for _, second in pairs}
    colors = [ORANGE if word in ends else BLUE for word in words]
    axes.scatter(*places.T, c=colors, s=14, zorder=3)
    for name, share in zip(("x", "y"), shares):
        getattr(axes, f"set_{name}label")(f"{share:.0%} of the variance", color=MUTED)
    axes.grid(color=GRID)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(labelsize=8, colors=MUTED)
    axes.margins(0.1)
    label_points(axes, places, words)
    return _finished(figure, path, title)
