"""Layers by the names that a command line has for them."""

from rnnkit.layers import LAYERS


def recurrent_layer(name):
    """Return the class of `rnnkit.layers` that a name like peephole_lstm means."""
    layers = {key.lower(): layer for key, layer in LAYERS.items()}
    layer = layers.get(name.replace("_", "").lower())
    if layer is None:
        raise SystemExit(f"No cell {name!r}; there are {', '.join(sorted(layers))}.")
    return layer
