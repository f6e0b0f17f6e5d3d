"""Runs a script without XLA: the same numbers, and no compiling.

python tests/uncompiled.py script.py --flags
"""

import pathlib
import runpy
import sys

from rnnkit.ops import parts

if __name__ == "__main__":
    parts.COMPILE = False
    del sys.argv[0]
    sys.path[0] = str(pathlib.Path(sys.argv[0]).parent)
    runpy.run_path(sys.argv[0], run_name="__main__")
