"""Data as recipes read them: what is not there is said in one plain line."""

import traceback


def loaded(load, *arguments, **options):
    """Return what `load(*arguments, **options)` reads.

    Args:
        load: a loader of `rnnkit.data`.

    Raises:
        SystemExit: with the loader's own words, where a file is not there or not the
            published one, a download fails, a choice is unknown, or a package is
            absent.
    """
    try:
        return load(*arguments, **options)
    except (ImportError, OSError, ValueError) as error:
        if isinstance(error, ValueError) and not _is_ours(error):
            raise
        raise SystemExit(str(error)) from error


def _is_ours(error):
    """Whether rnnkit raised it, in words, and not what it called, by mistake."""
    *_, (frame, _) = traceback.walk_tb(error.__traceback__)
    return frame.f_globals["__name__"].startswith("rnnkit.")
