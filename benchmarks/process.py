"""What has to be measured in a process of its own."""

import subprocess
import sys


def python(*arguments):
    """Run Python with these arguments; returns what it printed.

    Raises:
        RuntimeError: It failed; holds what it said.
    """
    result = subprocess.run(
        [sys.executable, *arguments], capture_output=True, text=True, check=False
    )
    if result.returncode:
        raise RuntimeError(f"python {' '.join(arguments)}:\n{result.stderr}")
    return result.stdout
