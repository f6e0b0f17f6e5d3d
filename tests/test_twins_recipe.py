"""The comparison of multiplicative cells with additive ones, as a user starts it."""

import pytest

from tests.running import CLOCK, again, recipe, results, run

TWINS = recipe("char_lm").with_name("twins.py")


@pytest.mark.slow
def test_twins_have_as_many_parameters_and_learn(tmp_path):
    command = (TWINS, "--preset", "twins_smoke")
    printed, status = run(tmp_path, *command)
    assert status == 0, printed
    found = results(tmp_path)
    additive, multiplicative = found["tables"]["twins"].values()
    assert multiplicative["parameters"] == pytest.approx(
        additive["parameters"], rel=0.03
    )
    for cells in (additive, multiplicative):
        assert cells["mean"] == cells["seed 0"]
        assert cells["mean"] < 6  # of about 6.6, all characters as probable
    # An interrupted run trains no model twice.
    (path,) = tmp_path.glob("runs/*/*/results.json")
    path.unlink()
    printed, status = again(tmp_path, *command)
    assert status == 0, printed
    assert "seed" not in printed.split("On the held-out")[0]
    resumed = results(tmp_path)
    assert resumed["tables"] == found["tables"]
    assert resumed["seconds"] > CLOCK + 1  # of the first start
