"""Every public cell computes the formula of its docstring, and the test bites."""

import inspect

import pytest
from keras import ops

from rnnkit.cells import (
    CoupledLSTMCell,
    GatedCell,
    GRUCell,
    LSTMCell,
    MGUCell,
    SimpleRNNCell,
)
from rnnkit.testing import formula
from rnnkit.testing.checks.cell import OPTIONS, PROJECTED, formula_holds
from rnnkit.testing.compare import BrokenPromise
from rnnkit.testing.docstring import read
from rnnkit.testing.grammar import FormulaError, parse
from rnnkit.testing.subjects import altered_or_refused
from tests.discovered import cells

UNITS = 6
VARIANTS = [
    pytest.param(cell, variant.options, id=f"{cell.__name__}-{variant.options}")
    for cell in cells()
    for variant in read(cell)
]


@pytest.mark.parametrize(
    "options",
    [{}, *OPTIONS.values(), *PROJECTED.values()],
    ids=["as it is", *OPTIONS, *PROJECTED],
)
@pytest.mark.parametrize(("cell", "variant"), VARIANTS)
def test_every_cell_computes_its_formula(cell, variant, options):
    plain = cell(UNITS, **variant)
    if unknown := set(options) - set(plain.get_config()):
        pytest.skip(f"{cell.__name__} has no {unknown}")
    chosen = altered_or_refused(plain, **options)
    if chosen is None:
        pytest.skip(f"{cell.__name__} refuses {options} in words")
    formula_holds(chosen)


@pytest.mark.parametrize("cell", cells())
def test_each_state_may_have_its_own_zoneout(cell):
    rates = [0.1, 0.4][: len(cell.state_names)]
    formula_holds(cell(UNITS, zoneout=rates))


@pytest.mark.parametrize("cell", cells())
def test_every_combination_of_named_options_has_a_block_or_is_refused(cell):
    named = {}
    for option, parameter in cell.parameters().items():
        for value in _choices(cell, option, parameter.default):
            named.setdefault(option, [parameter.default]).append(value)
    for options in _products(named):
        chosen = altered_or_refused(cell(UNITS), **options)
        if chosen is not None:
            formula_holds(chosen)


def _choices(cell, option, default):
    """The other values of an option that changes the formula: flags and words."""
    in_blocks = [v.options[option] for v in read(cell) if option in v.options]
    own = (
        isinstance(default, bool)
        and option not in inspect.signature(GatedCell.__init__).parameters
    )
    flags = [not default] if own and option != "unit_forget_bias" else []
    words = ["input", "forget"] if option == "coupling" else []
    return {v for v in [*in_blocks, *flags, *words] if v != default}


def _products(named):
    products = [{}]
    for option, values in named.items():
        products = [{**one, option: value} for one in products for value in values]
    return products


# The mutants: a cell that is wrong in one place under a right formula.


class GatesSwapped(LSTMCell):
    def pointwise(self, x, u, states):
        i, f, g, o = self.split(x + u)
        return super().pointwise(ops.concatenate([f, i, g, o], -1), 0.0, states)


class OrderOfColumns(LSTMCell):
    def pointwise(self, x, u, states):
        i, f, g, o = self.split(x + u)
        return super().pointwise(ops.concatenate([i, f, o, g], -1), 0.0, states)


class ForgetGateForItsComplement(MGUCell):
    def step(self, x, states, U):
        (h,) = states
        x_f, x_h = self.split(x)
        f = self.recurrent_activation(x_f + U(h, "f"))
        g = self.activation(x_h + U(f * h, "h"))
        return [f * h + (1 - f) * g]


class ResetDropped(GRUCell):
    def pointwise(self, x, u, states):
        (h,) = states
        x_z, _, x_h = self.split(x)
        u_z, _, u_h = self.split(u)
        z = self.recurrent_activation(x_z + u_z)
        return [z * h + (1 - z) * self.activation(x_h + u_h)]


class StaleState(LSTMCell):
    def pointwise(self, x, u, states):
        _, o = self.split(x + u)[2:]
        _, c = super().pointwise(x, u, states)
        return [self.recurrent_activation(o) * self.activation(states[1]), c]


class StatesSwapped(LSTMCell):
    def pointwise(self, x, u, states):
        return super().pointwise(x, u, states)[::-1]


class TanhDropped(LSTMCell):
    def pointwise(self, x, u, states):
        _, o = self.split(x + u)[2:]
        _, c = super().pointwise(x, u, states)
        return [self.recurrent_activation(o) * c, c]


MUTANTS = [
    GatesSwapped,
    OrderOfColumns,
    ForgetGateForItsComplement,
    ResetDropped,
    StaleState,
    StatesSwapped,
    TanhDropped,
]


@pytest.mark.parametrize("mutant", MUTANTS)
def test_every_mutant_is_caught(mutant):
    mutant.__doc__ = mutant.__base__.__doc__
    with pytest.raises(BrokenPromise, match="the formula of the docstring"):
        formula_holds(mutant(UNITS))


# The reader


def test_a_cell_without_formula_fails_in_words():
    class Silent(SimpleRNNCell):
        """No equation here."""

    with pytest.raises(FormulaError, match="Silent has no formula"):
        formula_holds(Silent(UNITS))


@pytest.mark.parametrize(
    ("equation", "words"),
    [
        ("h_t = phi(W_q x_t)", "W_q in .* is none of the cell's symbols"),
        ("h_t = phi(W x_t + g_t)", "g_t in .* is not computed above"),
        ("h_t = gelu(W x_t)", "gelu in .* is no function"),
        ("h_t = W x_t h_{t-1}", r"expected an operator .* found 'h_\{t-1\}'"),
        ("h_t = (W x_t", r"expected `\)`"),
        ("h_t = W x_t ? b", r"cannot read '\? b'"),
        ("g_t = W x_t", r"no equation computes \{'h_t'\}"),
    ],
)
def test_a_formula_that_cannot_be_run_says_why(equation, words):
    class Wrong(SimpleRNNCell):
        pass

    Wrong.__doc__ = f"Wrong.\n\n    {equation}\n"
    with pytest.raises(FormulaError, match=words):
        formula_holds(Wrong(UNITS))


def test_no_block_for_the_options_is_an_error():
    class Partial(CoupledLSTMCell):
        """Partial.

        coupling="forget":
            h_t = o_t
        """

    with pytest.raises(FormulaError, match="no block of the formula is for"):
        formula.variant_of(Partial(UNITS))


def test_blocks_comments_and_continued_lines_are_read():
    class Documented:
        """Two variants.

        default:
            g_t = tanh(W_g x_t
                + b_g)          # candidate
            h_t = g_t

        - a list is no formula

        order="b", times=2:  # the second
            h_t = x_t * 2 * 3 - 1
        """

    first, second = read(Documented)
    assert [e.text for e in first.equations] == [
        "g_t = tanh(W_g x_t + b_g)",
        "h_t = g_t",
    ]
    assert second.options == {"order": "b", "times": 2}
    assert len(second.equations) == 1


def test_a_product_binds_tighter_than_signs():
    product = ("product", ("name", "U"), ("name", "h_{t-1}"))
    assert parse("x_t * U h_{t-1}") == ("*", ("name", "x_t"), product)
    assert parse("1 - 2 - 3") == (
        "-",
        ("-", ("number", 1), ("number", 2)),
        ("number", 3),
    )
