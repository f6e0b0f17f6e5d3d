"""Prose that comes with Python: the standard library's docstrings and topics."""

import ast
import pathlib
import pydoc_data.topics
import sys
import warnings

from rnnkit.data.kept import kept
from rnnkit.data.sources import SourceText, standard_library

_DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


def docstrings():
    """What this Python's standard library says of itself, as English text.

    The docstrings of its modules, classes and functions, a text for each module, and
    after them the topics that `help` knows, a text for each: English that needs no
    download. They are read from the sources; nothing is imported. To parse these takes
    seconds, so that what is found is kept, in `~/.cache/rnnkit/docstrings.json`, for
    as long as not a byte of them changes.

    Returns:
        `SourceText`, names `"argparse.py"` and `"topic: lambda"`; docstrings and
        paragraphs are parted by an empty line.
    """
    sources = standard_library()
    here = pathlib.Path(__file__).read_text("utf-8")  # how they are found
    origin = [sys.version, here, *sources.names, *sources.texts]
    named = kept("docstrings", "\0".join(origin).encode(), lambda: _all_of(sources))
    for topic, text in sorted(pydoc_data.topics.topics.items()):
        named[f"topic: {topic}"] = text.strip() + "\n\n"
    return SourceText(tuple(named), tuple(named.values()))


def _all_of(sources):
    """`{name: docstrings}` of the modules that have any."""
    found = {
        name: _docstrings(text) for name, text in zip(sources.names, sources.texts)
    }
    return {name: "\n\n".join(some) + "\n\n" for name, some in found.items() if some}


def _docstrings(text):
    """The docstrings of a module's source, in order; none where it is no source."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what the source does is its own affair
            module = ast.parse(text)
    except SyntaxError:
        return []
    return list(_found(module))


def _found(node):
    if isinstance(node, _DOCUMENTED):
        text = ast.get_docstring(node)
        if text:
            yield text
    for inner in getattr(node, "body", ()):
        if isinstance(inner, ast.stmt):
            yield from _found(inner)
