"""Notebooks run from top to bottom, and are committed with what they show."""

import pytest

from tools.notebooks import FOLDER, executed, of_machine

NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))
COLAB = "https://colab.research.google.com/github/rnnkit/rnnkit/blob/main/notebooks/"


def read(path):
    nbformat = pytest.importorskip("nbformat")
    return nbformat.read(path, as_version=4)


def test_there_are_notebooks():
    assert NOTEBOOKS


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_committed_executed(path):
    notebook = read(path)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    counts = [cell.execution_count for cell in code]
    assert counts == list(range(1, len(code) + 1))
    outputs = [output for cell in code for output in cell.outputs]
    assert not [o for o in outputs if o.output_type == "error"]
    assert any(pictures(notebook))
    assert COLAB + path.name in notebook.cells[0].source


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_the_first_cell_installs(path):
    first = next(cell for cell in read(path).cells if cell.cell_type == "code")
    missing, install = first.source.split("\n")[2:4]
    assert missing.startswith("except ImportError:")
    assert install.startswith("    %pip install -q ")
    assert "@ git+https://github.com/rnnkit/rnnkit" in install


def test_what_the_machine_says_of_itself_is_left_out():
    nbformat = pytest.importorskip("nbformat")
    said = "WARNING: All log messages before absl::InitializeLog() is called ..."
    outputs = {("stderr", said): True, ("stderr", "a warning"): False}
    for (name, text), left_out in {**outputs, ("stdout", said): False}.items():
        assert of_machine(nbformat.v4.new_output("stream", name=name, text=text)) == (
            left_out
        )


def _to_run():
    """Those that train for more than a minute wait for a release."""
    for path in NOTEBOOKS:
        long = path.stem[:2] in ("00", "03", "05", "06")
        marks = [pytest.mark.slow] + [pytest.mark.thorough] * long
        yield pytest.param(path, marks=marks, id=path.stem)


@pytest.mark.parametrize("path", [*_to_run()])
def test_runs(path, tmp_path):
    pytest.importorskip("nbclient")
    notebook, _ = executed(path, tmp_path)
    assert pictures(notebook) == pictures(read(path))


def pictures(notebook):
    """How many pictures each cell shows."""
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    data = [[o.get("data", {}) for o in cell.outputs] for cell in code]
    return [sum("image/png" in one for one in cell) for cell in data]
