import dataclasses
import pathlib

import pytest

pytest.importorskip("tyro")

import rnnkit
from rnnkit.recipe import parse, recurrent_layer, run_name


@dataclasses.dataclass(frozen=True)
class Config:
    units: int = 8
    """Units of a layer."""
    rate: float = 0.1
    data: pathlib.Path | None = None
    batch_size: int = 4
    held_out: float = 0.1


PRESETS = {"small": Config(), "large": Config(units=64)}


def read(*arguments):
    return parse(PRESETS, "small", "Trains.", arguments)


def test_presets_and_flags():
    assert read() == ("small", Config(), False)
    assert read("--preset", "large") == ("large", Config(units=64), False)
    assert read("--preset=large", "--units", "9", "--fresh") == (
        "large",
        Config(units=9),
        True,
    )
    assert read("--data", "x/y")[1].data == pathlib.Path("x/y")


def test_help_shows_the_chosen_presets_values(capsys):
    with pytest.raises(SystemExit) as stop:
        read("--preset", "large", "--help")
    assert stop.value.code == 0
    printed = capsys.readouterr().out
    for expected in ("--units", "64", "Units of a layer", "small (default), large"):
        assert expected in printed


@pytest.mark.parametrize(
    "bad", [["--preset", "huge"], ["--unit", "9"], ["--units", "x"]]
)
def test_bad_flags_end_with_usage(bad, capsys):
    with pytest.raises(SystemExit) as stop:
        read(*bad)
    assert stop.value.code == 2


@pytest.mark.parametrize(
    ("flag", "bad", "told"),
    [
        ("--units", "0", "--units must be 1 or more, got 0."),
        ("--batch-size", "-1", "--batch-size must be 1 or more, got -1."),
        ("--held-out", "1.0", "--held-out is a share between 0 and 1, got 1.0."),
        ("--held-out", "0", "--held-out is a share between 0 and 1, got 0.0."),
    ],
)
def test_nothing_to_do_is_told(flag, bad, told):
    with pytest.raises(SystemExit) as stop:
        read(flag, bad)
    assert stop.value.code == told


def test_run_name():
    assert run_name("small", Config(), PRESETS) == "small"
    assert run_name("small", Config(units=9), PRESETS) == "small,units=9"
    names = [
        run_name("small", Config(data=pathlib.Path(path)), PRESETS)
        for path in ("/a b/c", "/a_b/c")
    ]
    assert [name.rsplit("-")[0] for name in names] == ["small,data=_a_b_c"] * 2
    assert names[0] != names[1]
    long = run_name("small", Config(data=pathlib.Path("x" * 300)), PRESETS)
    assert len(long) <= 100


def test_a_layer_is_found_by_its_name():
    assert recurrent_layer("peephole_lstm") is rnnkit.layers.PeepholeLSTM
    with pytest.raises(SystemExit, match=r"No cell 'ltsm'; there are .*lstm"):
        recurrent_layer("ltsm")
