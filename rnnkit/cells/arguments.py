"""What a cell was made with, read off the signatures of its class and bases."""

import inspect
import operator

from keras import activations, constraints, initializers, regularizers

_DECODERS = {
    "activation": activations,
    "initializer": initializers,
    "regularizer": regularizers,
    "constraint": constraints,
}


def _decoder(name):
    return _DECODERS.get(name.rsplit("_", 1)[-1])


class Arguments:
    """Knows the arguments of its class, and gives their values as a config.

    The class that has this as a base is the last whose arguments count. Every
    argument must be kept as an attribute of its name.
    """

    @classmethod
    def parameters(cls):
        """The arguments of the cell, positional ones first: `{name: Parameter}`."""
        found = {}
        for owner in cls.__mro__:
            if "__init__" in vars(owner):
                own = inspect.signature(owner.__init__).parameters
                for name, parameter in own.items():
                    variadic = (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD)
                    if name != "self" and parameter.kind not in variadic:
                        found.setdefault(name, parameter)
            if Arguments in owner.__bases__:
                break
        return dict(sorted(found.items(), key=lambda item: item[1].kind))

    def get_config(self):
        config = super().get_config()
        for name in self.parameters():
            value, decoder = getattr(self, name), _decoder(name)
            config[name] = decoder.serialize(value) if decoder else value
        return config


def size(name, value):
    """The value of an argument that is a number of units, as an int.

    Raises: `ValueError` where it is not a positive integer.
    """
    try:
        number = operator.index(value)
    except TypeError:
        number = 0
    if number <= 0:
        raise ValueError(f"{name} must be a positive integer, got {value!r}.")
    return number
