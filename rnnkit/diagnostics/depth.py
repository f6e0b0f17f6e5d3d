"""What becomes of the gradient in a deep net without recurrence, layer by layer."""

import dataclasses

import keras
import numpy as np

from rnnkit.diagnostics.activations import ACTIVATIONS
from rnnkit.diagnostics.inside import needs_tensorflow


@dataclasses.dataclass(frozen=True, eq=False)
class LayerGradients:
    """The gradient of each unit's incoming weights, layer by layer.

    Attributes:
        loss: Of the batch.
        batch: Norm of the batch's gradient by the weights that lead into each unit, by
            the layer's name, from the input on, `(units,)`.
        instances: The same of each instance's own loss, `(instances, units)`.
    """

    loss: float
    batch: dict
    instances: dict

    @property
    def batch_norms(self):
        """Norm of the batch's gradient by all weights of a layer, `(layers,)`."""
        return np.array([np.linalg.norm(v) for v in self.batch.values()])

    @property
    def instance_norms(self):
        """The same of each instance's own loss, `(instances, layers)`."""
        norms = [np.linalg.norm(v, axis=-1) for v in self.instances.values()]
        return np.stack(norms, axis=-1)

    def plot(self, path=None):
        """Draw the spread over units and instances, layer by layer.

        Args:
            path: Where to write the picture, any format of matplotlib's.

        Returns:
            The `matplotlib.figure.Figure`.
        """
        from rnnkit.diagnostics.drawing_depth import draw_depth

        return draw_depth({"": self}, path)


def layer_gradients(model, x, y=None):
    """The gradients of a deep net's layers, of a batch and of every instance in it.

    With z the values before the activation and δ_i = dL_i/dz of instance i, whose
    inputs to the layer are a_i, the gradient by the weights that lead into unit j is
    a_i δ_ij: so all instances' norms are ‖a_i‖ |δ_ij|, and cost no more than the one
    backward pass of the batch.

    Args:
        model: A compiled `keras.Sequential` of Dense layers and others between them
            that keep the instances apart, such as an activation or Flatten; run as at
            inference.
        x, y: One batch, `(instances, ...)`, as `fit` takes it. The loss is a mean over
            the instances.

    Returns:
        A `LayerGradients`.

    Raises:
        ValueError: The model is not sequential, has no Dense layer, or one that is not
            applied to `(instances, features)`.
        RuntimeError: The backend is not TensorFlow.
    """
    needs_tensorflow()
    import tensorflow as tf

    if not isinstance(model, keras.Sequential):
        raise ValueError(f"{type(model).__name__} is no keras.Sequential.")
    x = tf.convert_to_tensor(x)
    y = None if y is None else tf.convert_to_tensor(y)
    seen = {}
    if not model.built:
        model(x)
    with tf.GradientTape() as tape:
        values = x
        for layer in model.layers:
            if not isinstance(layer, keras.layers.Dense):
                values = layer(values, training=False)
                continue
            if values.shape.rank != 2:
                raise ValueError(
                    f"Layer {layer.name!r} is applied to values of shape "
                    f"{tuple(values.shape)}, not (instances, features): put "
                    "keras.layers.Flatten before it."
                )
            values = keras.ops.cast(values, layer.compute_dtype)
            z = keras.ops.matmul(values, layer.kernel)
            if layer.use_bias:
                z += layer.bias
            seen[layer.name] = values, z
            values = layer.activation(z)
        loss = model.compute_loss(x=x, y=y, y_pred=values, training=False)
    if not seen:
        raise ValueError(f"{model.name} has no Dense layer.")
    deltas = tape.gradient(loss, {name: z for name, (_, z) in seen.items()})
    batch, instances = {}, {}
    for name, (inputs, _) in seen.items():
        a, delta = (v.numpy().astype("float64") for v in (inputs, deltas[name]))
        batch[name] = np.linalg.norm(a.T @ delta, axis=0)
        each = len(a) * np.abs(delta)  # of the instance's loss, not its share
        instances[name] = np.linalg.norm(a, axis=-1, keepdims=True) * each
    return LayerGradients(float(loss), batch, instances)


@dataclasses.dataclass(frozen=True, eq=False)
class DepthGradients:
    """Deep nets that differ in their activation, before they have learnt anything.

    Attributes:
        nets: `LayerGradients` by the activation's name.
    """

    nets: dict

    def __getitem__(self, activation):
        return self.nets[activation]

    @property
    def decay(self):
        """Factor that a layer leaves on the way back, by the activation's name.

        The geometric mean between the last hidden layer and the second, of the batch's
        gradient: the first layer and the last have other widths.
        """
        norms = {k: net.batch_norms for k, net in self.nets.items()}
        return {
            k: float((n[1] / n[-2]) ** (1 / (len(n) - 3))) for k, n in norms.items()
        }

    def plot(self, path=None):
        """Draw the spread over units and instances by layer, a panel an activation.

        Args:
            path: Where to write the picture, any format of matplotlib's.

        Returns:
            The `matplotlib.figure.Figure`.
        """
        from rnnkit.diagnostics.drawing_depth import draw_depth

        return draw_depth(self.nets, path)


def depth_gradients(
    x,
    y,
    activations=ACTIVATIONS,
    depth=19,
    units=128,
    kernel_initializer=None,
    seed=0,
):
    """Compare what activations leave of the gradient in a deep classifier.

    `depth` Dense layers of `units` and a softmax, as drawn: not trained.

    Args:
        x: Inputs, `(instances, ...)`, flattened.
        y: Classes, whole numbers, `(instances,)`.
        activations: Names of Keras' activations.
        depth: Hidden layers, 3 or more.
        units: Width of each.
        kernel_initializer: As of `keras.layers.Dense`, biases zero; None: weights and
            biases uniform within ±1/√(inputs of the layer), as was long the custom.
        seed: Of the weights; the same draws for all activations.

    Returns:
        A `DepthGradients`.

    Raises:
        ValueError: `depth` is less than 3.

    Reference: [Glorot and Bengio, 2010](https://proceedings.mlr.press/v9/glorot10a)
    says what starts do to deep nets.
    """
    if depth < 3:
        raise ValueError(f"depth must be 3 or more hidden layers, got {depth}.")
    x = np.asarray(x).reshape(len(x), -1)
    y = np.asarray(y)
    nets = {}
    for activation in activations:
        layers, inputs = [], x.shape[1]
        for k in range(depth):
            start = _start(kernel_initializer, inputs, seed * (depth + 1) + k)
            name = f"layer_{k + 1}"
            layers.append(keras.layers.Dense(units, activation, name=name, **start))
            inputs = units
        start = _start(kernel_initializer, inputs, seed * (depth + 1) + depth)
        layers.append(keras.layers.Dense(int(y.max()) + 1, name="output", **start))
        model = keras.Sequential(layers)
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        model.compile("sgd", loss)
        nets[activation] = layer_gradients(model, x, y)
    return DepthGradients(nets)


def _start(kernel_initializer, inputs, seed):
    """The initializers of one layer, drawn by a seed of its own."""
    if kernel_initializer is None:
        most = inputs**-0.5
        draw = keras.initializers.RandomUniform
        names = ("kernel_initializer", "bias_initializer")
        return {k: draw(-most, most, seed=2 * seed + i) for i, k in enumerate(names)}
    start = keras.initializers.get(kernel_initializer)
    config = {**start.get_config(), "seed": seed}
    return {"kernel_initializer": type(start).from_config(config)}
