"""What comes before all else in a recipe: import it before TensorFlow.

The clock starts. Python's own warnings and errors stay; TensorFlow's C++ log is not for
newcomers, and goes to `runs/tensorflow.log`.
"""

import os
import sys
import time

STARTED = time.monotonic()

sys.stderr = os.fdopen(os.dup(2), "w", buffering=1)
os.makedirs("runs", exist_ok=True)
os.dup2(os.open("runs/tensorflow.log", os.O_WRONLY | os.O_CREAT | os.O_TRUNC), 2)


def seconds():
    """Return how long the recipe has run."""
    return time.monotonic() - STARTED
