"""The formula in a cell's docstring, run in NumPy float64.

Equations are computed in the order of their lines, one step after another. The
weights go by the letters of the cell's `symbols()`. `tanh` and `phi` stand for the
cell's `activation`, `sigmoid` for its `recurrent_activation`, `psi` for its
`output_activation`; a symbol with brackets behind it, `norm_f(...)`, is layer
normalisation with that gain. The options that every cell has follow the cell's own
equations, as the base class's docstring has them.
"""

import re

import keras
import numpy as np

from rnnkit.cells import GatedCell
from rnnkit.testing.docstring import Equation, read, read_blocks
from rnnkit.testing.grammar import FormulaError, evaluate

_CLIP = "c_t = clip(c_t, -cell_clip, cell_clip)"


def variant_of(cell):
    """The block of the cell's formula that holds under its options.

    An option that a block does not name has its default there.

    Raises: `FormulaError` where no block fits.
    """
    variants = read(type(cell))
    config = cell.get_config()
    named = {option for variant in variants for option in variant.options}
    defaults = {name: p.default for name, p in cell.parameters().items()}
    for variant in variants:
        wanted = {
            option: variant.options.get(option, defaults[option]) for option in named
        }
        if all(config[option] == value for option, value in wanted.items()):
            return variant
    chosen = {option: config[option] for option in sorted(named)}
    raise FormulaError(
        f"{type(cell).__name__}: no block of the formula is for {chosen}"
    )


def run(cell, inputs, states):
    """The formula of a built cell from step to step, at inference.

    `inputs` is (batch, time, features), `states` one (batch, n) for each of the
    cell's `state_names`. Returns the outputs (batch, time, n) and the last states.
    """
    names = cell.state_names
    equations = _composed(variant_of(cell).equations, cell)
    symbols = {name: _array(value) for name, value in cell.symbols().items()}
    symbols["cell_clip"] = getattr(cell, "cell_clip", None)
    states = [np.asarray(state, "float64") for state in states]
    outputs = []
    for x in np.moveaxis(np.asarray(inputs, "float64"), 1, 0):
        values = {f"{n}_{{t-1}}": state for n, state in zip(names, states, strict=True)}
        values = symbols | values | {"x_t": x}
        for equation in equations:
            values[equation.name] = _compute(equation, values, cell)
        states = [values[f"{name}_t"] for name in names]
        outputs.append(states[0])
    return np.stack(outputs, 1), states


def _composed(equations, cell):
    """A cell's equations with those of the options that all cells have.

    Clipping follows at once on the line of `c_t`, so that what reads it reads the
    clipped one; projection replaces the output, and zoneout comes last.
    """
    composed = []
    for equation in equations:
        composed.append(equation)
        if equation.name == "c_t" and getattr(cell, "cell_clip", None) is not None:
            composed.append(Equation.of(_CLIP))
    missing = {f"{name}_t" for name in cell.state_names} - {e.name for e in composed}
    if missing:
        raise FormulaError(f"{type(cell).__name__}: no equation computes {missing}")
    first, *_ = cell.state_names
    base = {option: lines for option, lines in read_blocks(GatedCell) if lines}
    for option, lines in base.items():
        name, letter = option.split("=")
        for text in lines:
            if name == "projection_units" and cell.projection_units:
                composed.append(Equation.of(re.sub(r"\bh_", f"{first}_", text)))
            if name == "zoneout":
                composed += _zoneout(text, letter, cell)
    return composed


def _zoneout(text, letter, cell):
    equations = []
    for state, rate in zip(cell.state_names, cell.zoneouts, strict=True):
        line = re.sub(rf"\b{letter}\b", str(float(rate)), text)
        equations.append(Equation.of(re.sub(r"\bs_", f"{state}_", line)))
    return equations


def _norm(gain, epsilon):
    def call(a):
        centred = a - a.mean(-1, keepdims=True)
        deviation = np.sqrt((centred**2).mean(-1, keepdims=True) + epsilon)
        return gain * centred / deviation

    return call


def _array(value):
    return np.asarray(keras.ops.convert_to_numpy(value), "float64")


def _compute(equation, values, cell):
    def fail(name, why):
        raise FormulaError(f"{type(cell).__name__}: {name} in `{equation.text}` {why}")

    def value_of(name):
        if name in values:
            return values[name]
        if (name == "c" or name.partition("_")[0] in ("b", "d")) and cell.bias is None:
            return 0.0
        if name.endswith("_t"):
            fail(name, "is not computed above this line")
        return fail(name, f"is none of the cell's symbols {sorted(cell.symbols())}")

    def function_of(name):
        if name in values:
            return _norm(values[name], cell.epsilon)
        if name in ("tanh", "phi"):
            return _activation(cell.activation)
        if name == "psi":
            return _activation(cell.output_activation)
        if name == "sigmoid":
            return _activation(getattr(cell, "recurrent_activation", name))
        if name in _FUNCTIONS:
            return _FUNCTIONS[name]
        return fail(name, "is no function that formulas know")

    return evaluate(equation.tree, value_of, function_of)


_FUNCTIONS = {
    "clip": np.clip,
    "exp": np.exp,
    "linear": lambda a: a,
    "relu": lambda a: np.maximum(a, 0),
    "sigmoid": lambda a: 1 / (1 + np.exp(-a)),
    "tanh": np.tanh,
    "threshold": lambda a: np.where(a > 0, 1.0, 0.0),
}


def _activation(function):
    """An activation in NumPy where it is known here, else Keras' own."""
    name = getattr(function, "__name__", function)
    return _FUNCTIONS.get(name) or _on_arrays(function)


def _on_arrays(function):
    def call(*arrays):
        tensors = [keras.ops.convert_to_tensor(a, "float64") for a in arrays]
        return keras.ops.convert_to_numpy(function(*tensors))

    return call
