"""Data as recipes read them: what is not there is said in one plain line."""


def loaded(load, *arguments, **options):
    """Return what `load(*arguments, **options)` reads.

    Args:
        load: a loader of `rnnkit.data`.

    Raises:
        SystemExit: with the loader's own words, where a file is not there, a download
            fails, or a package is absent.
    """
    try:
        return load(*arguments, **options)
    except (ImportError, OSError) as error:
        raise SystemExit(str(error)) from error
