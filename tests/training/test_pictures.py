import numpy as np
import pytest

pytest.importorskip("matplotlib")

from rnnkit.training import plot_alignments, plot_history


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
