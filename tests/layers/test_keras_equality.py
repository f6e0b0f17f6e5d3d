"""LSTM, GRU and SimpleRNN are Keras' of the same name, on every path."""

import keras
import numpy as np
import pytest

from rnnkit import layers
from rnnkit.ops import parts
from rnnkit.testing import subjects
from rnnkit.testing.compare import assert_equal
from rnnkit.testing.probe import Probe

UNITS = 6
NAMES = ("LSTM", "GRU", "SimpleRNN")
VARIANTS = [
    ("LSTM", {}),
    ("LSTM", {"recurrent_activation": "hard_sigmoid", "activation": "elu"}),
    ("LSTM", {"go_backwards": True, "use_bias": False}),
    ("LSTM", {"return_sequences": False, "zero_output_for_mask": True}),
    ("GRU", {}),
    ("GRU", {"reset_after": False}),
    ("GRU", {"go_backwards": True, "zero_output_for_mask": True}),
    ("GRU", {"return_sequences": False, "use_bias": False}),
    ("SimpleRNN", {"go_backwards": True}),
    ("SimpleRNN", {"return_sequences": False, "use_bias": False}),
    *[
        ("SimpleRNN", {"activation": activation})
        for activation in ("tanh", "relu", "sigmoid", "elu", "linear", "softsign")
    ],
]


@pytest.fixture(autouse=True)
def _without_xla(monkeypatch):
    monkeypatch.setattr(parts, "COMPILE", False)


# The loop, which every check compares with the hoisted path, here but once a layer.
CASES = [
    *[(name, options, "hoisted") for name, options in VARIANTS],
    *[(name, {}, "loop") for name in NAMES],
]


@pytest.mark.parametrize(("name", "options", "path"), CASES)
def test_outputs_and_all_gradients_are_keras(name, options, path):
    options = {"return_sequences": True, "return_state": True, **options}
    theirs = getattr(keras.layers, name)(UNITS, dtype="float64", **options)
    subjects.built(theirs)
    ours = getattr(layers, name)(UNITS, dtype="float64", path=path, **options)
    ours.build((subjects.BATCH, subjects.TIME, subjects.FEATURES))
    ours.set_weights(theirs.get_weights())
    wanted = Probe(theirs, subjects.call(theirs), graph=False)
    got = Probe(ours, subjects.call(ours))
    masks = {**subjects.masks(), "no mask": None}
    kinds = ("random", "with a fully masked row")
    for kind in kinds if "activation" in options else (*kinds, "no mask"):
        given = subjects.inputs(), _states(name), masks[kind]
        promise = f"being keras.layers.{name} ({kind})"
        assert_equal(promise, ours, _plain(got(*given)), _plain(wanted(*given)))


@pytest.mark.parametrize("name", NAMES)
def test_weights_config_and_signature_are_keras(name):
    theirs = getattr(keras.layers, name)(UNITS, dropout=0.1, return_sequences=True)
    ours = getattr(layers, name).from_config(theirs.get_config())
    for layer in (theirs, ours):
        layer.build((subjects.BATCH, subjects.TIME, subjects.FEATURES))
    named = [
        [(w.name, w.shape) for w in one.trainable_weights] for one in (ours, theirs)
    ]
    assert named[0] == named[1]
    lost = set(theirs.get_config()) - set(ours.get_config())
    assert lost <= {"implementation"}
    same = set(theirs.get_config()) & set(ours.get_config()) - {"name"}
    config, wanted = ours.get_config(), theirs.get_config()
    assert {k: config[k] for k in same} == {k: wanted[k] for k in same}


@pytest.mark.parametrize("name", NAMES)
def test_the_first_bias_is_keras(name):
    """The forget gate's bias of 1 included."""
    biases = []
    for module in (keras.layers, layers):
        layer = getattr(module, name)(UNITS)
        layer.build((subjects.BATCH, subjects.TIME, subjects.FEATURES))
        biases.append(np.asarray(layer.trainable_weights[2]))
    assert np.array_equal(*biases)


@pytest.mark.parametrize("name", NAMES)
def test_positional_arguments_are_keras(name):
    order = {"LSTM": ["hard_sigmoid"], "GRU": ["hard_sigmoid"], "SimpleRNN": []}[name]
    args = [6, "elu", *order, False, "zeros", "ones", "ones"]
    theirs, ours = (getattr(one, name)(*args) for one in (keras.layers, layers))
    wanted = theirs.get_config()
    same = set(wanted) & set(ours.get_config()) - {"name"}
    assert {k: ours.get_config()[k] for k in same} == {k: wanted[k] for k in same}
    with pytest.raises(TypeError, match="name the others"):
        getattr(layers, name)(*args, True, "l2")


@pytest.mark.parametrize("merge_mode", ["concat", "sum", "mul", "ave"])
@pytest.mark.parametrize("return_sequences", [True, False])
def test_both_directions_are_keras(merge_mode, return_sequences):
    options = dict(units=UNITS, return_sequences=return_sequences, dtype="float64")
    theirs = keras.layers.Bidirectional(
        keras.layers.LSTM(**options), merge_mode=merge_mode, dtype="float64"
    )
    ours = layers.Bidirectional(
        layers.LSTM(**options), merge_mode=merge_mode, dtype="float64"
    )
    subjects.built(theirs)
    ours.build((subjects.BATCH, subjects.TIME, subjects.FEATURES))
    ours.set_weights(theirs.get_weights())
    x = subjects.tensor(ours, subjects.inputs())
    for mask in (None, *subjects.masks().values()):
        promise = f"being keras.layers.Bidirectional ({merge_mode})"
        assert_equal(promise, ours, ours(x, mask=mask), theirs(x, mask=mask))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("both", [False, True])  # of Keras' own True goes wrong
def test_unrolled_is_the_same_with_any_mask(name, both):
    made = [
        getattr(layers, name)(
            UNITS,
            return_sequences=True,
            dtype="float64",
            unroll=unroll,
            go_backwards=not both,
        )
        for unroll in (False, True)
    ]
    if both:
        made = [layers.Bidirectional(layer, dtype="float64") for layer in made]
    for layer in made:
        layer.build((subjects.BATCH, subjects.TIME, subjects.FEATURES))
    made[1].set_weights(made[0].get_weights())
    whole, unrolled = (
        Probe(one, lambda x, states, mask, one=one: (one(x, mask=mask), ()))
        for one in made
    )
    for kind, mask in subjects.masks().items():
        given = subjects.inputs(), (), mask
        promise = f"being the same unrolled ({kind})"
        assert_equal(promise, made[1], _plain(unrolled(*given)), _plain(whole(*given)))


def _states(name):
    rng = np.random.default_rng(4)
    count = 2 if name == "LSTM" else 1
    return [rng.normal(size=(subjects.BATCH, UNITS)) for _ in range(count)]


def _plain(results):
    """Results by names without the layers' own prefixes."""
    return dict(enumerate(results.values()))
