"""Imports go one way between the rooms of the house."""

import ast
import json
import re
from pathlib import Path

ROOT = Path(__file__).parents[1]

# room -> the rooms it may import, besides itself and `rnnkit.registration`.
LAYERS = {"ops", "cells", "recurrence", "layers"}
ROOMS = {
    "ops": set(),
    "lm": set(),
    "data": {"lm"},
    "cells": {"ops"},
    "lattice": {"ops"},
    "losses": {"ops", "lattice"},
    "decoding": {"ops", "lattice", "lm"},
    "recurrence": {"ops", "cells"},
    "layers": LAYERS,
    "diagnostics": LAYERS,
    "training": LAYERS | {"losses", "decoding"},
    "models": {"ops", "data", "losses", "decoding", "layers", "training"},
}
ROOMS["testing"] = set(ROOMS) - {"models"}
ROOMS["recipe"] = set(ROOMS)

# Recipes and notebooks see what a user sees.
PUBLIC = {"rnnkit", "rnnkit.recipe"}


def code_of(path):
    """The Python source of a module or of a notebook's code cells, one after another.

    A line of a notebook that is no Python (`!pip`, `%matplotlib`) becomes `pass`.
    """
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".py":
        return text
    cells = [c for c in json.loads(text)["cells"] if c["cell_type"] == "code"]
    code = "\n".join("".join(cell["source"]) for cell in cells)
    return re.sub(r"^(\s*)[!%].*", r"\1pass", code, flags=re.MULTILINE)


def imports(path, package=""):
    """Yield (line, module, name) of every import of rnnkit in a file, at any depth.

    `package` is the dotted package the file lies in, to resolve relative imports;
    `name` is "" for a plain `import module`.
    """
    for node in ast.walk(ast.parse(code_of(path), str(path))):
        if isinstance(node, ast.Import):
            found = [(alias.name, "") for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            module = node.module or ""
            if node.level:
                parents = package.split(".")
                parents = parents[: len(parents) - node.level + 1]
                module = ".".join([*parents, module]).rstrip(".")
            found = [(module, alias.name) for alias in node.names]
        else:
            continue
        for module, name in found:
            if module.split(".")[0] == "rnnkit":
                yield node.lineno, module, name


def breach_of_room(room, module, name):
    """Why a file of a room may not import this, or None."""
    parts = module.split(".") + ([name] if name else [])
    if len(parts) < 2:
        return "imports the whole of rnnkit"
    if parts[1] in {room, "registration"}:
        return None
    if parts[1] not in ROOMS:
        return f"imports {parts[1]!r}, which is no room"
    if parts[1] not in ROOMS[room]:
        return f"may not import {parts[1]!r}"
    return None


def breach_of_user(module, name):
    """Why a recipe or notebook may not import this, or None."""
    if module not in PUBLIC:
        return f"imports {module!r}; only public names: `import rnnkit`"
    return f"imports the private {name!r}" if name.startswith("_") else None


def violations(root):
    """Every import that goes the wrong way below `root`, as "file:line: reason"."""
    found = []
    for path in sorted((root / "rnnkit").glob("*/**/*.py")):
        parents = path.relative_to(root).parts[:-1]
        room = parents[1]
        where = path.relative_to(root)
        if room not in ROOMS:
            found.append(f"{where}:1: {room!r} is no room: give it a row in ROOMS")
            continue
        for line, module, name in imports(path, ".".join(parents)):
            if reason := breach_of_room(room, module, name):
                found.append(f"{where}:{line}: {room!r} {reason}")
    for folder, pattern in (("recipes", "*.py"), ("notebooks", "*.ipynb")):
        for path in sorted((root / folder).rglob(pattern)):
            for line, module, name in imports(path):
                if reason := breach_of_user(module, name):
                    found.append(f"{path.relative_to(root)}:{line}: {reason}")
    return found


def test_imports_go_one_way():
    found = violations(ROOT)
    assert not found, "\n" + "\n".join(found)


def test_each_violation_is_named(tmp_path):
    """One file breaks every rule of its place; one keeps them all."""
    notebook = {"cell_type": "code", "source": ["!pip list\n", "import rnnkit.ops"]}
    files = {
        "rnnkit/ops/good.py": "import keras\nfrom rnnkit.registration import export",
        "rnnkit/ops/bad.py": "import keras\n\nfrom rnnkit.cells import LSTMCell",
        "rnnkit/cells/good.py": "from . import base\nfrom ..ops import masks",
        "rnnkit/cells/bad.py": "def f():\n    from ..layers.deep import Deep",
        "rnnkit/layers/bad.py": "from rnnkit import models\nimport rnnkit",
        "rnnkit/testing/bad.py": "import rnnkit.models.language",
        "rnnkit/cellar/bad.py": "",
        "recipes/task/good.py": "import rnnkit\nfrom rnnkit.recipe import run",
        "recipes/task/bad.py": "from rnnkit.layers.deep import Deep",
        "notebooks/bad.ipynb": json.dumps({"cells": [notebook]}),
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    assert [line.split(": ")[0] for line in violations(tmp_path)] == [
        "rnnkit/cellar/bad.py:1",
        "rnnkit/cells/bad.py:2",
        "rnnkit/layers/bad.py:1",
        "rnnkit/layers/bad.py:2",
        "rnnkit/ops/bad.py:3",
        "rnnkit/testing/bad.py:1",
        "recipes/task/bad.py:1",
        "notebooks/bad.ipynb:2",
    ]
