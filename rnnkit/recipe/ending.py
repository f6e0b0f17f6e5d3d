"""What a finished run tells: its figures, its files, and whether it got there."""

FILES = {  # what most runs leave
    "training.png": "the curves",
    "model.keras": "the model, for keras.saving.load_model after `import rnnkit`",
    "results.json": "the figures",
}


def report(run, files, title="On the test part", lines=None, failure=None):
    """Print the results and where everything is; returns the exit status.

    Args:
        run: a `Run` that has finished.
        files: dict of a file's name to what it is, beside the curves, the model and
            the figures; those that are not there are left out.
        title: what the figures are of.
        lines: the figures, as they are to be printed; by default metrics and
            baselines, in percent, and whole numbers as they are.
        failure: what was to be reached and was not, in words; None if nothing.
    """
    results = run.results
    print(f"\n{title}, {results['seconds']:.0f} s in all:")
    for line in _percent(results) if lines is None else lines:
        print(line)
    print(f"\nIn {run.folder}:")
    files = {**files, **FILES, **files}  # in this order, in these words
    there = {name: what for name, what in files.items() if run.path(name).exists()}
    width = max(map(len, there), default=0) + 2
    for name, what in there.items():
        print(f"  {name:<{width}}{what}")
    if failure:
        print(f"\nIt had to reach {failure} and did not.")
    return 1 if failure else 0


def _percent(results):
    for name, value in (results["metrics"] | results["baselines"]).items():
        shown = f"{value:,}" if isinstance(value, int) else f"{value:.2%}"
        yield f"  {shown:>9}  {name}"
