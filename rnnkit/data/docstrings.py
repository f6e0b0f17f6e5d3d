"""Prose that comes with Python: the standard library's docstrings and topics."""

import ast
import pydoc_data.topics
import warnings

from rnnkit.data.sources import SourceText, standard_library

_DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


def docstrings():
    """What this Python's standard library says of itself, as English text.

    The docstrings of its modules, classes and functions, a text for each module, and
    after them the topics that `help` knows, a text for each: some 330,000 words that
    need no download. They are read from the sources; nothing is imported.

    Returns:
        `SourceText`, names `"argparse.py"` and `"topic: lambda"`; docstrings and
        paragraphs are parted by an empty line.
    """
    sources = standard_library()
    named = {}
    for name, text in zip(sources.names, sources.texts):
        found = _docstrings(text)
        if found:
            named[name] = "\n\n".join(found) + "\n\n"
    for topic, text in sorted(pydoc_data.topics.topics.items()):
        named[f"topic: {topic}"] = text.strip() + "\n\n"
    return SourceText(tuple(named), tuple(named.values()))


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
