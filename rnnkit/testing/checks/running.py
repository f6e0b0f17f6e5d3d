"""Ways to run: XLA, eagerly, unrolled, distributed, in `fit`."""

import keras
import numpy as np
from keras import ops

from rnnkit.testing import subjects
from rnnkit.testing.checks.paths import available, ready
from rnnkit.testing.compare import assert_equal, broken
from rnnkit.testing.probe import Probe


def xla_changes_nothing(layer):
    """Inside a function that XLA compiles, all numbers are the same."""
    plain = ready(layer, dtype="float64", path="loop", return_sequences=True)
    given = subjects.inputs(), subjects.states(plain), subjects.masks()["random"]
    wanted = Probe(plain, subjects.call(plain))(*given)
    for path in available(layer):
        one = subjects.twin(plain, path=path)
        got = Probe(one, subjects.call(one), xla=True)(*given)
        assert_equal(f"XLA (path={path})", layer, got, wanted)


def eager_changes_nothing(layer):
    """Run eagerly, all numbers are those of the traced function."""
    plain = ready(layer, dtype="float64", path="loop", return_sequences=True)
    given = subjects.inputs(), subjects.states(plain), subjects.masks()["random"]
    traced = Probe(plain, subjects.call(plain))(*given)
    for path in available(layer):
        one = subjects.twin(plain, path=path)
        eager = Probe(one, subjects.call(one), graph=False)(*given)
        assert_equal(f"running eagerly (path={path})", layer, eager, traced)


def unroll_changes_nothing(layer):
    """`unroll=True` gives the numbers of the loop."""
    plain = ready(layer, dtype="float64", return_sequences=True, path="loop")
    given = subjects.inputs(), subjects.states(plain), subjects.masks()["random"]
    unrolled = subjects.twin(plain, unroll=True)
    got = Probe(unrolled, subjects.call(unrolled))(*given)
    wanted = Probe(plain, subjects.call(plain))(*given)
    assert_equal("unroll=True", layer, got, wanted)


def fit_learns_the_same(layer):
    """`fit` gives the same weights on every path, and run eagerly."""
    weights = {}
    for path in available(layer):
        for how in [{}, {"run_eagerly": True}] if path == "loop" else [{}]:
            model, data = _trainer(layer, path)
            model.compile("sgd", "mse", **{"jit_compile": False, **how})
            history = model.fit(*data, batch_size=2, verbose=0, shuffle=False)
            if not np.isfinite(history.history["loss"]).all():
                raise broken("fit", layer, f"the loss is not finite ({path}, {how})")
            weights[f"path={path}, {how}"] = model.get_weights()
    first = weights["path=loop, {}"]
    assert_equal("fit", layer, weights, dict.fromkeys(weights, first))


def distribution_changes_nothing(layer):
    """Inside `tf.distribute`, split over replicas, `fit` gives the same weights.

    Runs on all CPUs that TensorFlow has as logical devices.
    """
    import tensorflow as tf

    devices = [device.name for device in tf.config.list_logical_devices("CPU")]
    for path in available(layer):
        model, data = _trainer(layer, path)
        model.compile("sgd", "mse", jit_compile=False)
        model.fit(*data, batch_size=4, verbose=0, shuffle=False)
        with tf.distribute.MirroredStrategy(devices).scope():
            spread, _ = _trainer(layer, path)
            spread.compile("sgd", "mse", jit_compile=False)
        spread.fit(*data, batch_size=4, verbose=0, shuffle=False)
        promise = f"tf.distribute over {len(devices)} CPUs (path={path})"
        assert_equal(promise, layer, spread.get_weights(), model.get_weights(), 1e-6)


def second_derivatives_exist(layer):
    """On the loop a gradient may be differentiated; elsewhere that is refused."""
    plain = ready(layer, dtype="float64", return_sequences=True, path="loop")
    unrolled = subjects.twin(plain, unroll=True)
    wanted = _second(unrolled)
    assert_equal("second derivatives (path=loop)", layer, _second(plain), wanted)
    for path in available(layer):
        if path == "loop":
            continue
        one = subjects.twin(plain, path=path)
        try:
            _second(one)
        except Exception as error:
            if 'path="loop"' in str(error):
                continue
            raise
        raise broken(
            "second derivatives refused in words", layer, f"no error on path={path}"
        )


ALL = (
    xla_changes_nothing,
    eager_changes_nothing,
    unroll_changes_nothing,
    fit_learns_the_same,
    distribution_changes_nothing,
    second_derivatives_exist,
)


def _trainer(layer, path):
    """A model around a layer, always the same, and data to fit it to."""
    chosen = subjects.altered(
        layer, path=path, dtype="float64", return_sequences=True, return_state=False
    )
    model = keras.Sequential([keras.Input((subjects.TIME, subjects.FEATURES)), chosen])
    subjects.randomised(model)
    x = subjects.inputs((4, subjects.TIME, subjects.FEATURES))
    y = np.zeros(model.compute_output_shape(x.shape))
    return model, (x, y)


def _second(layer):
    """The gradient of a squared gradient."""
    import tensorflow as tf

    sequence = subjects.tensor(layer, subjects.inputs())
    weights = [weight.value for weight in layer.trainable_weights]
    with tf.GradientTape() as outer:
        outer.watch(sequence)
        with tf.GradientTape() as inner:
            inner.watch(sequence)
            loss = ops.sum(layer(sequence)[0] ** 2)
        first = inner.gradient(loss, sequence)
        penalty = tf.reduce_sum(first**2)
    return outer.gradient(penalty, [sequence, *weights], unconnected_gradients="zero")
