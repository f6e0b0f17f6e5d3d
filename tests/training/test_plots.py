import pytest

pytest.importorskip("matplotlib")

from rnnkit.training import plot_training


def test_draws_what_it_is_given(tmp_path):
    samples = [
        {"epoch": i, "text": f"def f{i}(x):\n\treturn $x_{i}^2$\u4e2d\x00"}
        for i in range(9)
    ]
    path = tmp_path / "pictures" / "training.png"
    history = {"bits": [4.0, 3.0, 2.5], "val_bits": [4.1, 3.2, 2.9]}
    figure = plot_training(history, samples, {"xz": 2.0}, path, title="char_lm")
    curves, *boxes = figure.axes
    assert len(boxes) == 4
    titles = [box.get_title(loc="left") for box in boxes]
    assert titles[0] == "before training"
    assert titles[-1] == "after epoch 8"
    assert boxes[1].texts[0].get_text().startswith("def f1(x):\n    return $x_1^2$")
    assert curves.get_lines()[0].get_ydata().tolist() == history["bits"]
    assert path.read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("count", [0, 1, 2, 3, 20])
def test_any_number_of_samples(count):
    samples = [{"epoch": i, "text": "x"} for i in range(count)]
    figure = plot_training({"bits": [4.0, 3.0]}, samples)
    assert len(figure.axes) == 1 + min(count, 4)


def test_lines_end_between_words():
    samples = [{"epoch": 0, "text": "  indented " + "unrolled " * 20}]
    figure = plot_training({"bits": [4.0, 3.0]}, samples)
    first, *rest = figure.axes[1].texts[0].get_text().split("\n")
    assert first.startswith("  indented unrolled")
    assert {word for line in rest for word in line.split()} == {"unrolled"}
