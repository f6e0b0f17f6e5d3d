"""The equations in a docstring.

An equation is a line `name_t = expression`; `# …` after two spaces is a comment, and
a line that begins with an operator goes on with the one before it. Variants are
named blocks: a line of options as keyword arguments, `reset_after=False:` (or
`default:`), and its equations indented deeper below it.
"""

import ast
import inspect
import re
from dataclasses import dataclass

from rnnkit.testing.grammar import FormulaError, parse

_EQUATION = re.compile(r"^ *[a-z]\w*_t = .+$")
_HEADER = re.compile(r"^ *(default|\w+=[^:]+):$")
_CONTINUED = re.compile(r"^ *[-+*/] ")
_COMMENT = re.compile(r"\s\s+#\s")


@dataclass(frozen=True)
class Equation:
    """One line of a formula: the tree `tree` gives the value of `name`."""

    name: str
    text: str
    tree: tuple

    @classmethod
    def of(cls, text):
        """An equation from its line.

        Raises: `FormulaError` naming what cannot be read.
        """
        name, _, expression = text.partition(" = ")
        return cls(name, text, parse(expression))


@dataclass(frozen=True)
class Variant:
    """One block of a formula: the options it is for, and its equations."""

    options: dict
    equations: tuple


def read(cell_class):
    """The variants of the formula in a cell class's own docstring, at least one.

    Raises: `FormulaError` where there is no equation, or one cannot be read.
    """
    name = cell_class.__name__
    blocks = read_blocks(cell_class)
    if not blocks:
        raise FormulaError(
            f"{name} has no formula: write its equations into the docstring, "
            "one a line, such as `h_t = phi(W x_t + U h_{t-1} + b)`"
        )
    for header, lines in blocks:
        if not lines:
            raise FormulaError(f"{name}: no equation stands below `{header}:`")
    return [
        Variant(_options(header), tuple(Equation.of(line) for line in lines))
        for header, lines in blocks
    ]


def read_blocks(documented):
    """The blocks of a docstring, `[(header, [line, ...]), ...]`, as text."""
    blocks = []
    depth = None  # of the header, while inside its block
    open_line = False  # whether the line before was of an equation
    for line in inspect.cleandoc(documented.__doc__ or "").splitlines():
        line = _COMMENT.split(line)[0].rstrip()
        indent = len(line) - len(line.lstrip())
        if header := _HEADER.match(line):
            blocks.append((header[1], []))
            depth = indent
            continue
        if depth is not None and line and indent <= depth:
            depth = None
        if _EQUATION.match(line):
            if depth is None and (not blocks or blocks[-1][0] != "default"):
                blocks.append(("default", []))
            blocks[-1][1].append(line.strip())
            open_line = True
        elif open_line and _CONTINUED.match(line):
            blocks[-1][1][-1] += " " + line.strip()
        else:
            open_line = False
    return blocks


def _options(header):
    if header == "default":
        return {}
    arguments = ast.parse(f"dict({header})", mode="eval").body.keywords
    return {argument.arg: ast.literal_eval(argument.value) for argument in arguments}
