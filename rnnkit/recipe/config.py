"""A recipe's configuration: one dataclass, named presets, every field a flag."""

import argparse
import dataclasses
import hashlib
import re
import sys

_SIZES = (
    "batch_size",
    "characters",
    "epochs",
    "hidden_units",
    "layers",
    "parts",
    "steps",
    "stretches",
    "units",
)


def parse(presets, default, description, arguments=None):
    """Read the command line: `--preset NAME`, then a flag for every field.

    Args:
        presets: dict of name to an instance of the recipe's dataclass.
        default: name of the preset taken when none is named.
        description: what the recipe does, for `--help`.
        arguments: the command line without the program's name; `sys.argv`'s if None.

    Returns:
        Tuple `(name, config, fresh)`: the preset's name, the configuration, and
        whether a run already there is to be thrown away (`--fresh`).

    Raises:
        SystemExit: A value cannot be read, or means that there is nothing to do.
    """
    import tyro

    arguments = sys.argv[1:] if arguments is None else arguments
    first = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    first.add_argument("--preset", choices=sorted(presets), default=default)
    first.add_argument("--fresh", action="store_true")
    chosen, rest = first.parse_known_args(arguments)
    names = ", ".join(
        f"{name} (default)" if name == default else name for name in presets
    )
    config = tyro.cli(
        type(presets[chosen.preset]),
        default=presets[chosen.preset],
        args=rest,
        description=(
            f"{description}\n\n"
            f"--preset NAME   one of {names}\n"
            "--fresh         throw away what an earlier run of this command left\n\n"
            f"The values below are those of --preset {chosen.preset}."
        ),
    )
    refuse_empty(config)
    return chosen.preset, config, chosen.fresh


def refuse_empty(config):
    """Look for sizes with which nothing would be trained, or nothing tested.

    Raises:
        SystemExit: There is one; the message names it.
    """
    for field in _SIZES:
        value = getattr(config, field, 1)
        if isinstance(value, int) and value < 1:
            flag = field.replace("_", "-")
            raise SystemExit(f"--{flag} must be 1 or more, got {value}.")
    share = getattr(config, "held_out", 0.5)
    if not 0 < share < 1:
        raise SystemExit(f"--held-out is a share between 0 and 1, got {share}.")


def run_name(preset, config, presets):
    """Return a folder name: the preset's, and every field that differs from it."""
    base = dataclasses.asdict(presets[preset])
    changed = [
        f"{field}={value}"
        for field, value in dataclasses.asdict(config).items()
        if value != base[field]
    ]
    name = ",".join([preset, *changed])
    plain = re.sub(r"[^\w=.,-]+", "_", name)
    if plain == name and len(name) <= 100:
        return name
    return plain[:90] + "-" + hashlib.sha256(name.encode()).hexdigest()[:8]
