"""LSTM and GRU on a GPU, through the kernels that Keras binds."""

import keras
from keras import activations
from keras.src import backend as keras_backend

from rnnkit.ops.devices import has_gpu


def against(cell, *, unroll):
    """Why cuDNN cannot run this cell here, in words; "" where it can."""
    if not hasattr(cell, "cudnn_conditions"):
        return f"{type(cell).__name__} has no cuDNN form"
    if not has_gpu():
        return "no GPU is at hand"
    conditions = {
        "cuDNN's activation is tanh": cell.activation is activations.tanh,
        "cuDNN's recurrent activation is sigmoid": cell.recurrent_activation
        is activations.sigmoid,
        "cuDNN's cell has a bias": cell.use_bias,
        "cuDNN knows no recurrent dropout": not cell.recurrent_dropout,
        "cuDNN knows no zoneout": not any(cell.zoneouts),
        "cuDNN's projection is not bound by Keras": not cell.projection_units,
        "unroll=True writes the loop out": not unroll,
        **cell.cudnn_conditions(),
    }
    return ", ".join(words for words, holds in conditions.items() if not holds)


def run(cell, sequences, states, mask, *, return_sequences, go_backwards):
    """Outputs and states of the sequence as cuDNN computes them.

    Raises NotImplementedError where Keras finds a condition broken that shows only
    in the data, such as a mask that is not right-padded.
    """
    if keras.backend.backend() == "jax" and go_backwards:
        # Keras' LSTM on JAX would give its outputs back in the order of the inputs.
        sequences, go_backwards = keras.ops.flip(sequences, axis=1), False
    kernel = getattr(keras_backend, "lstm" if len(states) == 2 else "gru")
    extra = {} if len(states) == 2 else {"reset_after": True}
    return kernel(
        sequences,
        *states,
        mask,
        kernel=cell.kernel,
        recurrent_kernel=cell.recurrent_kernel,
        bias=cell.bias,
        activation=cell.activation,
        recurrent_activation=cell.recurrent_activation,
        return_sequences=return_sequences,
        go_backwards=go_backwards,
        unroll=False,
        **extra,
    )
