"""How everything here is timed."""

import contextlib
import gc
import statistics
import time

PAUSE = (
    0.005  # seconds before a call, for the threads of the one before to come to rest
)


@contextlib.contextmanager
def no_collection():
    """Python's garbage collector collects before, not within."""
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def interleaved(contenders, rounds, warm_up=2, calls=1):
    """Time contenders in turn, so that what slows the machine slows all of them.

    Args:
        contenders: Dict of name to a function without arguments. It returns when its
            result is there: it fetches a value of it.
        rounds: Timed calls of each. In every round all are called once, each round
            beginning with the next one.
        calls: Calls in a row when it is a contender's turn. Of several the first is
            not counted: it finds the caches full of what another computed, and the
            threads asleep, as no training does.
        warm_up: Calls of each before, which compile.

    Returns:
        Dict of name to the median of its seconds.
    """
    names = list(contenders)
    for name in names * warm_up:
        contenders[name]()
    seconds = {name: [] for name in names}
    with no_collection():
        for k in range(rounds):
            first = k % len(names)
            for name in names[first:] + names[:first]:
                time.sleep(PAUSE)
                taken = []
                for _ in range(calls):
                    start = time.perf_counter()
                    contenders[name]()
                    taken.append(time.perf_counter() - start)
                seconds[name] += taken[1:] or taken
    return {name: statistics.median(values) for name, values in seconds.items()}
