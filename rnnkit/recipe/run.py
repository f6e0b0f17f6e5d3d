"""Where a recipe's run lives, and what it leaves behind."""

import dataclasses
import importlib.metadata
import json
import os
import pathlib
import platform
import shlex
import shutil
import subprocess
import sys

from rnnkit.training import atomic_write

_PACKAGES = ("rnnkit", "keras", "tensorflow", "numpy")


class Run:
    """One run's folder: `runs/<recipe>/<name>/`.

    `config.json` holds what the run was started with, `results.json` exists once
    it has finished. What else is in it is the recipe's affair.

    Args:
        recipe: name of the recipe.
        name: name of the run, see `rnnkit.recipe.run_name`.
        config: the recipe's configuration, a dataclass.
        facts: dict of what must be the same for a run to be continued, such as a
            hash of the data. One that the folder's run does not tell is taken over.
        fresh: throw away what is in the folder.
        root: the folder of all runs.

    Raises:
        SystemExit: with a plain line, if the folder holds a run of other data or
            another configuration.
    """

    def __init__(self, recipe, name, config, facts=None, fresh=False, root="runs"):
        self.recipe = recipe
        self.folder = pathlib.Path(root, recipe, name)
        facts = facts or {}
        config = {**dataclasses.asdict(config), **facts}
        self.config = json.loads(json.dumps(config))  # as it is read back
        if fresh and self.folder.exists():
            shutil.rmtree(self.folder)
        before = self.read("config.json") or self.config
        different = sorted(
            key
            for key in before.keys() | self.config.keys()
            if before.get(key) != self.config.get(key)
            and (key in before or key not in facts)
        )
        if different:
            raise SystemExit(
                f"{self.folder} holds a run with another {', '.join(different)}. Move "
                "it away to keep it, or add --fresh to throw it away and start anew."
            )
        self.write("config.json", self.config)

    @property
    def results(self):
        """The results of a finished run, or None."""
        return self.read("results.json")

    def path(self, name):
        """Return the path of a file in the run's folder."""
        return self.folder / name

    def read(self, name):
        """Return what the JSON file `name` of the folder holds, None without one."""
        path = self.folder / name
        return json.loads(path.read_text()) if path.exists() else None

    def write(self, name, value):
        """Write `value` to the JSON file `name` of the folder, atomically."""
        with atomic_write(self.folder / name) as file:
            file.write((json.dumps(value, indent=2) + "\n").encode())

    def finish(
        self, preset, metrics, baselines, published, seeds, seconds, tables=None
    ):
        """Write `results.json`, which the tables of the README are made from.

        Args:
            preset: name of the preset.
            metrics: dict of name to value, measured on this run.
            baselines: dict of name to value, measured here on the same data.
            published: dict of name to `[value, source]`.
            seeds: list of the seeds.
            seconds: wall-clock time of the whole run.
            tables: dict of name to `{column: {row: value}}`, what else the README is
                to show; None for nothing.
        """
        self.write(
            "results.json",
            {
                "recipe": self.recipe,
                "preset": preset,
                "command": command(),
                "metrics": metrics,
                "baselines": baselines,
                "published": published,
                "seeds": seeds,
                "seconds": round(seconds, 1),
                "device": device(),
                "commit": commit(),
                "versions": versions(),
                **({} if tables is None else {"tables": tables}),
            },
        )


def command():
    """Return the command line as it was typed, with paths from here on."""
    here = str(pathlib.Path.cwd()) + os.sep
    return shlex.join(["python", *(a.removeprefix(here) for a in sys.orig_argv[1:])])


def device():
    """Return the processor and its number of cores, or the GPU's name."""
    import tensorflow as tf

    from rnnkit.ops.devices import cores

    gpus = tf.config.list_physical_devices("GPU")
    if gpus:
        details = tf.config.experimental.get_device_details(gpus[0])
        return details.get("device_name", "GPU")
    return f"{_processor()}, {cores()} cores"


def commit():
    """Return the commit the recipe was run from, with "+" if files were changed."""
    try:
        run = subprocess.run(
            ["git", "describe", "--always", "--dirty=+", "--abbrev=12", "--exclude=*"],
            cwd=pathlib.Path(__file__).parent,
            capture_output=True,
            text=True,
            check=True,
        )
    except (OSError, subprocess.CalledProcessError):
        return None
    return run.stdout.strip()


def versions():
    """Return the versions of Python and the packages results depend on."""
    found = {"python": platform.python_version()}
    for name in _PACKAGES:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            found[name] = None
    return found


def _processor():
    try:
        for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()
