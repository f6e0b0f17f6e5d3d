"""Words beside points, none on another where there is room."""

import itertools

import numpy as np

from rnnkit.training.plots import INK, MUTED

_DISTANCES = (4, 12, 22)  # in points, from a point to its word
_WAYS = [(1, 1), (1, -1), (-1, 1), (-1, -1), (1, 0), (-1, 0), (0, 1), (0, -1)]
_LEAD = {"arrowstyle": "-", "color": MUTED, "lw": 0.5, "shrinkA": 0, "shrinkB": 3}
_SIDES = {1: ("left", "bottom"), 0: ("center", "center"), -1: ("right", "top")}


def label_points(axes, places, words):
    """Write a word beside each point, where it covers least of what is there.

    Words are placed one by one, each at one of 24 places around its point: the one
    that covers least of the points and of the words before it and stands out of the
    axes least, and of those the nearest; a thin line leads to one that is not beside
    its point.

    Args:
        axes: matplotlib's, with its points and limits as they are to stay.
        places: `(n, 2)`, in the units of the axes.
        words: n texts.
    """
    figure = axes.figure
    figure.draw_without_rendering()  # now it is known where in the picture they are
    point = figure.dpi / 72
    centres = axes.transData.transform(np.asarray(places, "float64"))
    taken = [_box(centre, np.full(2, 6 * point), (0, 0)) for centre in centres]
    options = list(itertools.product(_DISTANCES, _WAYS))
    style = {"fontsize": 8, "color": INK, "parse_math": False}
    for word, place, centre in zip(words, places, centres):
        measured = axes.text(0, 0, word, **style)
        extent = measured.get_window_extent().size
        measured.remove()
        boxes = [
            _box(centre + np.multiply(way, far * point), extent, way)
            for far, way in options
        ]
        costs = [
            sum(_common(box, other) for other in taken)
            - _common(box, axes.bbox.extents)  # all are as large
            for box in boxes
        ]
        best = int(np.argmin(np.round(costs, 3)))  # the first of those that are alike
        far, way = options[best]
        axes.annotate(
            word,
            place,
            np.multiply(way, far),
            textcoords="offset points",
            ha=_SIDES[way[0]][0],
            va=_SIDES[way[1]][1],
            arrowprops=_LEAD if far > _DISTANCES[0] else None,
            **style,
        )
        taken.append(boxes[best])


def _box(place, size, way):
    """Left, bottom, right and top of what stands that way from a place."""
    low = np.asarray(place) + (np.asarray(way) - 1) / 2 * size
    return *low, *(low + size)


def _common(one, other):
    """The area that two boxes share."""
    width = min(one[2], other[2]) - max(one[0], other[0])
    height = min(one[3], other[3]) - max(one[1], other[1])
    return max(width, 0) * max(height, 0)
