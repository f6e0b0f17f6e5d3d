"""Every cell's layer: `LSTMCell` gives `LSTM`, with the arguments of both, flat."""

import inspect

import keras

from rnnkit import registration
from rnnkit.layers.recurrent import Recurrent
from rnnkit.recurrence import select


class CellLayer(Recurrent):
    """A `Recurrent` that makes its own cell, of class `cell_class`."""

    cell_class = None

    def __init__(
        self,
        *args,
        activity_regularizer=None,
        use_cudnn="auto",
        implementation=None,
        **kwargs,
    ):
        if use_cudnn not in ("auto", True, False):
            raise ValueError(f'use_cudnn must be "auto", True or False: {use_cudnn!r}.')
        del implementation  # Keras' choice between two ways to write the same sums
        parameters = self.cell_class.parameters()
        named = inspect.Parameter.KEYWORD_ONLY
        order = [name for name, one in parameters.items() if one.kind is not named]
        if len(args) > len(order):
            raise TypeError(
                f"{type(self).__name__} takes {len(order)} arguments without a name "
                f"({', '.join(order)}), got {len(args)}: name the others."
            )
        given = dict(zip(order, args))
        doubled = [name for name in given if name in kwargs]
        if doubled:
            raise TypeError(f"{type(self).__name__} got {doubled[0]!r} twice.")
        given.update({k: kwargs.pop(k) for k in parameters if k in kwargs})
        shared = {k: kwargs[k] for k in ("dtype", "trainable") if k in kwargs}
        name = self.cell_class.__name__.removesuffix("Cell").lower() + "_cell"
        self.use_cudnn = use_cudnn
        cell = self.cell_class(**given, **shared, name=name)
        super().__init__(cell, activity_regularizer=activity_regularizer, **kwargs)
        self.input_spec = keras.layers.InputSpec(ndim=3)

    def selection(self):
        if self.recurrence_path != "auto" or self.use_cudnn == "auto":
            return super().selection()
        path = "cudnn" if self.use_cudnn else "auto"
        return select(self.cell, path, unroll=self.unroll, use_cudnn=self.use_cudnn)

    def get_config(self):
        config = super().get_config()
        del config["cell"]
        cell = self.cell.get_config()
        config.update({k: cell[k] for k in self.cell_class.parameters()})
        config["activity_regularizer"] = keras.regularizers.serialize(
            self.activity_regularizer
        )
        config["use_cudnn"] = self.use_cudnn
        return config

    @classmethod
    def from_config(cls, config):
        return cls(**config)


def layer_of(cell_class):
    """The layer class of a cell class, registered for saving under its name."""
    name = cell_class.__name__.removesuffix("Cell")
    options = ", ".join(f"`{name}`" for name in _layer_parameters())
    members = {
        "__doc__": f"Layer over `{cell_class.__name__}`.\n\n"
        f"Takes the arguments of the cell and of the layer, flat: {options}.\n"
        "`(batch, time, features)` gives `(batch, units)`, or `(batch, time, units)` "
        "with `return_sequences`.\n\n"
        f"{inspect.getdoc(cell_class)}",
        "__module__": cell_class.__module__,
        "__signature__": _signature(cell_class),
        "cell_class": cell_class,
    }
    for parameter in cell_class.parameters():
        members[parameter] = property(lambda self, p=parameter: getattr(self.cell, p))
    layer = type(name, (CellLayer,), members)
    package = cell_class.__module__.split(".")[0]
    return keras.saving.register_keras_serializable(package)(layer)


def _signature(cell_class):
    rest = inspect.Parameter("kwargs", inspect.Parameter.VAR_KEYWORD)
    own = {**cell_class.parameters(), **_layer_parameters()}
    return inspect.Signature([*own.values(), rest])


def _layer_parameters():
    """The arguments of a layer that are not its cell's, all by keyword."""
    found = {}
    for owner in (keras.layers.RNN, Recurrent, CellLayer):
        found.update(inspect.signature(owner.__init__).parameters)
    for name in ("self", "cell", "args", "kwargs", "implementation"):
        found.pop(name, None)
    kind = inspect.Parameter.KEYWORD_ONLY
    return {name: one.replace(kind=kind) for name, one in found.items()}


LAYERS = {}


def _on_export(cell_class):
    LAYERS[cell_class.__name__.removesuffix("Cell")] = layer_of(cell_class)


registration.when_a_cell_is_exported(_on_export)
