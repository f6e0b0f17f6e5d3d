"""rnnkit beside its peers, in one run.

    python -m benchmarks                            # lists the benchmarks
    python -m benchmarks lstm --json lstm.json
    python -m benchmarks all --json-dir benchmarks/results

Ratios above 1 mean that rnnkit is better. Close what else runs on the machine.
"""

import argparse
import ast
import importlib
import os
import pathlib
import subprocess
import sys

NAMES = (
    "lstm",
    "gru",
    "variants",
    "bidirectional",
    "attention",
    "fit",
    "passes",
    "word_lm",
    "jordan",
    "omega",
    "generation",
    "ctc",
    "ctc_beam",
    "search",
    "ngram",
    "word_vectors",
    "scaling",
    "memory",
    "import_time",
)


def summary(name):
    """The first line of a benchmark's docstring, without importing it."""
    source = pathlib.Path(__file__).with_name(f"{name}.py").read_text("utf-8")
    return ast.get_docstring(ast.parse(source)).splitlines()[0]


def run_all(folder, quick):
    """Run each in a process of its own; returns the names of those that failed."""
    failed = []
    for name in NAMES:
        command = [sys.executable, "-m", "benchmarks", name]
        command += ["--quick"] if quick else []
        command += ["--json", str(pathlib.Path(folder, f"{name}.json"))] * bool(folder)
        if subprocess.run(command).returncode:
            failed.append(name)
    return failed


def silence_tensorflow():
    """Close the error output to its C++ log; Python's own errors still get there."""
    sys.stderr = os.fdopen(os.dup(2), "w", buffering=1)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)


def main(arguments=None):
    """Run what the command line says; returns the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("name", nargs="?", choices=[*NAMES, "all"])
    parser.add_argument("--json", metavar="FILE", help="write the figures of one")
    parser.add_argument("--json-dir", metavar="FOLDER", help="write a file for each")
    parser.add_argument(
        "--quick", action="store_true", help="tiny sizes: only to see that it runs"
    )
    given = parser.parse_args(arguments)
    if given.name is None:
        for name in NAMES:
            print(f"{name:<15}{summary(name)}")
        return 0
    if given.name == "all":
        failed = run_all(given.json_dir, given.quick)
        if failed:
            print(f"These failed: {', '.join(failed)}.")
        return bool(failed)
    silence_tensorflow()
    print(f"\n{given.name}: {summary(given.name)}\n", flush=True)
    report = importlib.import_module(f"benchmarks.{given.name}").run(given.quick)
    print(report.text(), flush=True)
    folder = given.json_dir and pathlib.Path(given.json_dir, f"{given.name}.json")
    if path := given.json or folder:
        report.write(given.name, path)
    return 0


if __name__ == "__main__":
    sys.exit(main())
