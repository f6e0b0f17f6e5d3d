"""The little language of the formulas: text to tree, tree to numbers.

    expression = term {("+" | "-") term}
    term       = factor {("*" | "/") factor}
    factor     = "-" factor | MATRIX factor | NAME | NUMBER | "(" expression ")"
               | FUNCTION "(" expression {"," expression} ")"

Names that begin with a capital are matrices and stand before what they multiply
(`W_f x_t`, `U_h (r_t * h_{t-1})`). A name that an opening bracket follows directly
is a function. Everything else is elementwise. Trees are nested tuples.
"""

import re

import numpy as np

_TOKEN = re.compile(
    r"""\s*(?:
    (?P<number>\d+\.?\d*(?:e-?\d+)?)
  | (?P<name>[A-Za-z][A-Za-z0-9]*(?:_(?:\{t-1\}|[A-Za-z0-9]+))*)
  | (?P<sign>[-+*/(),])
    )""",
    re.VERBOSE,
)
_END = ("end", "", 0)


class FormulaError(ValueError):
    """A formula that is missing, cannot be read, or names what the cell lacks."""


def parse(text):
    """The tree of an expression.

    Raises: `FormulaError` naming the place that cannot be read.
    """
    parser = _Parser(text)
    tree = parser.expression()
    if parser.token != _END:
        parser.fail("an operator (`*` for elementwise) or the end")
    return tree


def evaluate(tree, value_of, function_of):
    """The value of a tree, rows of a batch: a matrix product `W x` is `x @ W`.

    `value_of(name)` gives an array or number, `function_of(name)` a function.
    """

    def run(node):
        kind, *rest = node
        if kind == "number":
            return rest[0]
        if kind == "name":
            return value_of(rest[0])
        if kind == "call":
            return function_of(rest[0])(*[run(argument) for argument in rest[1]])
        if kind == "negative":
            return -run(rest[0])
        left, right = run(rest[0]), run(rest[1])
        return _OPERATIONS[kind](left, right)

    return run(tree)


_OPERATIONS = {
    "+": np.add,
    "-": np.subtract,
    "*": np.multiply,
    "/": np.divide,
    "product": lambda matrix, rows: rows @ matrix,
}


class _Parser:
    def __init__(self, text):
        self.text = text
        self.tokens = iter(_tokens(text))
        self.advance()

    def advance(self):
        self.token = next(self.tokens, _END)

    def fail(self, wanted):
        kind, word, place = self.token
        found = f"{word!r} at column {place + 1}" if kind != "end" else "its end"
        raise FormulaError(f"expected {wanted}, found {found}, in `{self.text}`")

    def take(self, signs):
        """The sign that stands next, passed over, if it is one of `signs`."""
        kind, word, _ = self.token
        if kind != "sign" or word not in signs:
            return None
        self.advance()
        return word

    def expression(self):
        tree = self.term()
        while sign := self.take("+-"):
            tree = (sign, tree, self.term())
        return tree

    def term(self):
        tree = self.factor()
        while sign := self.take("*/"):
            tree = (sign, tree, self.factor())
        return tree

    def factor(self):
        if self.take("-"):
            return ("negative", self.factor())
        if self.take("("):
            return self.closed(self.expression())
        kind, word, place = self.token
        if kind == "number":
            self.advance()
            return ("number", float(word))
        if kind != "name":
            self.fail("a name, a number or a bracket")
        self.advance()
        if word[0].isupper():
            return ("product", ("name", word), self.factor())
        follows = place + len(word)
        if self.text[follows : follows + 1] == "(":
            return self.call(word)
        return ("name", word)

    def call(self, function):
        self.take("(")
        arguments = [self.expression()]
        while self.take(","):
            arguments.append(self.expression())
        return self.closed(("call", function, tuple(arguments)))

    def closed(self, tree):
        if not self.take(")"):
            self.fail("`)`")
        return tree


def _tokens(text):
    place = 0
    while text[place:].strip():
        found = _TOKEN.match(text, place)
        if not found:
            raise FormulaError(f"cannot read {text[place:].strip()!r} in `{text}`")
        kind = found.lastgroup
        yield kind, found[kind], found.start(kind)
        place = found.end()
