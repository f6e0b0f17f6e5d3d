import numpy as np
import pytest

pytest.importorskip("matplotlib")

from matplotlib.figure import Figure

from rnnkit.training import plot_alignments, plot_attention, plot_history


def test_a_panel_for_each_name_with_what_was_logged(tmp_path):
    history = {"loss": [30.0, 4.0], "val_loss": [20.0, 5.0], "val_symbol_error": [1, 0]}
    panels = {"loss": "nats", "symbol_error": "symbol error"}
    figure = plot_history(history, panels, tmp_path / "new" / "a.png", "a title")
    loss, error = figure.axes
    assert [line.get_ydata().tolist() for line in loss.get_lines()] == [
        [30.0, 4.0],
        [20.0, 5.0],
    ]
    assert [line.get_label() for line in error.get_lines()] == ["held out"]
    assert (tmp_path / "new" / "a.png").read_bytes().startswith(b"\x89PNG")


def test_symbols_stand_over_their_frames(tmp_path):
    item = {
        "features": np.zeros((40, 5)),
        "symbols": ["a", " ", "$b"],
        "starts": [2, 5, -1],
        "ends": [4, 10, -1],
        "frames": 20,
        "seconds": 0.4,
        "title": "a b",
    }
    figure = plot_alignments([item, item | {"title": "again"}], tmp_path / "a.png")
    axes = figure.axes[0]
    spans = [(p.get_x(), p.get_x() + p.get_width()) for p in axes.patches]
    np.testing.assert_allclose(spans, [(0.04, 0.08), (0.1, 0.2)])
    texts = [text.get_text() for text in axes.texts]
    assert texts == ["a", "\N{OPEN BOX}"]  # the third has no frames
    assert axes.get_xlabel() == "seconds"
    assert figure.axes[1].get_title(loc="left") == "again"


def test_a_row_for_each_token_written_and_a_column_for_each_read(tmp_path):
    weights = np.array([[0.0, 0.9, 0.1], [0.7, 0.2, 0.1], [0.1, 0.1, 0.8]])
    figure = plot_attention(
        weights, ["$a", " ", "年"], ["x", "$y$"], tmp_path / "a.png"
    )
    (axes,) = figure.axes
    np.testing.assert_array_equal(axes.images[0].get_array(), weights)
    names = [label.get_text() for label in axes.get_xticklabels()]
    assert names == ["$a", "\N{OPEN BOX}", "\N{WHITE SQUARE}"]
    names = [label.get_text() for label in axes.get_yticklabels()]
    assert names == ["x", "$y$", "(end)"]
    assert axes.get_ylim() == (2.5, -0.5)  # the first at the top
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")


def test_attention_is_drawn_into_axes_that_are_given():
    first, second = Figure().subplots(1, 2)
    figure = plot_attention(np.ones((1, 2)), "ab", "c", title="年 $1", axes=second)
    assert figure is second.figure
    assert not first.images
    assert second.get_title(loc="left") == "\N{WHITE SQUARE} $1"


def test_attention_of_other_tokens_is_refused():
    with pytest.raises(ValueError, match=r"\(3, 2\) .* 1 tokens written and 2 read"):
        plot_attention(np.ones((3, 2)), "ab", "c")
    with pytest.raises(ValueError, match=r"\(1, 2\) .* 1 tokens written and 3 read"):
        plot_attention(np.ones((1, 2)), "abd", "c")
