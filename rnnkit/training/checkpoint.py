"""One file that holds all of a training run at one step."""

import io
import json
import pathlib
import zipfile

import numpy as np
from keras import ops

from rnnkit.training.files import atomic_write

_FORMAT = 1


class CheckpointError(ValueError):
    """A checkpoint that cannot be read, or belongs to another model."""


def training_variables(model):
    """Return everything `fit` changes: weights, states, seeds, optimizer, metrics.

    The weights come first, in the order of `model.weights`.
    """
    found = [
        *model.weights,
        *model.variables,
        *model.optimizer.variables,
        *model.metrics_variables,
    ]
    return list({id(variable): variable for variable in found}.values())


def save_checkpoint(path, model, position):
    """Write the model's whole training state and `position` to one file, atomically.

    Args:
        path: file to replace.
        model: a compiled and built model.
        position: dict that `json` can hold: where the training stands.
    """
    variables = training_variables(model)
    header = {
        "format": _FORMAT,
        "position": position,
        "variables": [variable.path for variable in variables],
    }
    arrays = {f"v{i}": _storable(v) for i, v in enumerate(variables)}
    with atomic_write(path) as file:
        np.savez(file, header=np.array(json.dumps(header)), **arrays)


def read_position(path):
    """Return the `position` a checkpoint was written with.

    Raises:
        CheckpointError: if the file is not a whole checkpoint.
    """
    with _open(path) as file:
        return _header(path, file)["position"]


def load_checkpoint(path, model, weights_only=False):
    """Give every training variable of `model` its value from the checkpoint.

    Nothing is changed unless everything fits.

    Args:
        path: file that `save_checkpoint` wrote.
        model: a compiled and built model.
        weights_only: load only `model.weights`, to use the model and not train on.

    Raises:
        CheckpointError: if the file is not a whole checkpoint, or the model's
            variables have other shapes than those written.
    """
    variables = model.weights if weights_only else training_variables(model)
    with _open(path) as file:
        names = _header(path, file)["variables"]
        values = [file[f"v{i}"] for i in range(len(names))]
    if weights_only:
        values = values[: len(variables)]
    if len(values) != len(variables):
        raise CheckpointError(
            f"{path} holds {len(values)} variables, the model has {len(variables)}. "
            "It belongs to another model: move it away to start anew."
        )
    for name, value, variable in zip(names, values, variables, strict=False):
        if value.shape != tuple(variable.shape):
            raise CheckpointError(
                f"{path} holds {name} with shape {value.shape}, the model's "
                f"{variable.path} has {tuple(variable.shape)}. It belongs to another "
                "model: move it away to start anew."
            )
    for value, variable in zip(values, variables, strict=True):
        variable.assign(value)


def _storable(variable):
    """The value as an array that NumPy can read back: bfloat16 becomes float32."""
    value = ops.convert_to_numpy(variable)
    return value.astype("float32") if value.dtype.kind == "V" else value


def _open(path):
    try:
        # Read at once: np.load would leave a file it cannot read open.
        return np.load(io.BytesIO(pathlib.Path(path).read_bytes()))
    except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
        raise CheckpointError(f"{path} is not a whole checkpoint: {error}") from error


def _header(path, file):
    if "header" not in getattr(file, "files", ()):
        raise CheckpointError(f"{path} is not a checkpoint of rnnkit.")
    header = json.loads(str(file["header"]))
    if header["format"] != _FORMAT:
        raise CheckpointError(
            f"{path} has checkpoint format {header['format']}, this version reads "
            f"{_FORMAT}. Move it away to start anew."
        )
    return header
