"""Runs notebooks, writes them down with what they show, and says how long each took.

python -m tools.notebooks                  # all of them
python -m tools.notebooks 03_language      # some, by their names
"""

import os
import sys
import tempfile
import time
from pathlib import Path

FOLDER = Path(__file__).parents[1] / "notebooks"


def executed(path, folder):
    """A notebook as it is after a run from top to bottom, and its seconds.

    Args:
        path: Of the notebook.
        folder: Where it runs, and leaves what it writes.
    """
    import nbclient
    import nbformat

    notebook = nbformat.read(path, as_version=4)
    # It imports the package that lies beside the notebooks, and keeps its pictures.
    inline = "module://matplotlib_inline.backend_inline"
    env = {**os.environ, "PYTHONPATH": str(FOLDER.parent), "MPLBACKEND": inline}
    client = nbclient.NotebookClient(
        notebook,
        timeout=600,
        kernel_name="python3",
        record_timing=False,
        resources={"metadata": {"path": str(folder)}},
    )
    started = time.monotonic()
    client.execute(env=env)
    return notebook, time.monotonic() - started


def of_machine(output):
    """Whether an output is what TensorFlow says as it starts, of no use to a reader."""
    return output.get("name") == "stderr" and "absl::InitializeLog" in output.text


def main(names=()):
    """Run some notebooks, or all, and write them."""
    import nbformat

    paths = [FOLDER / f"{name}.ipynb" for name in names] or sorted(
        FOLDER.glob("*.ipynb")
    )
    for path in paths:
        with tempfile.TemporaryDirectory() as folder:
            notebook, seconds = executed(path, folder)
        for cell in notebook.cells:
            if cell.cell_type == "code":
                cell.outputs = [o for o in cell.outputs if not of_machine(o)]
        nbformat.write(notebook, path)
        print(f"{path.stem}: {seconds:.0f} s", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
