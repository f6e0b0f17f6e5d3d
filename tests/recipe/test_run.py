import dataclasses
import json

import pytest

from rnnkit.recipe import Run


@dataclasses.dataclass(frozen=True)
class Config:
    units: int = 8
    weights: tuple[float, ...] = (0.5, 1.0)  # JSON knows lists only


def test_folder_and_results(tmp_path):
    run = Run("task", "small", Config(), {"data": "abc"}, root=tmp_path)
    assert run.folder == tmp_path / "task" / "small"
    assert run.read("config.json") == {
        "units": 8,
        "weights": [0.5, 1.0],
        "data": "abc",
    }
    assert run.results is None
    run.finish("small", {"bits": 2.0}, {"xz": 1.9}, {"them": [1.5, "them"]}, [0], 1.23)
    results = json.loads((run.folder / "results.json").read_text())
    assert list(results) == [
        "recipe",
        "preset",
        "command",
        "metrics",
        "baselines",
        "published",
        "seeds",
        "seconds",
        "device",
        "commit",
        "versions",
    ]
    assert results["metrics"] == {"bits": 2.0}
    assert results["seconds"] == 1.2
    assert Run("task", "small", Config(), {"data": "abc"}, root=tmp_path).results
    tables = {"lengths": {"plain": {"accuracy": 0.5}}}
    run.finish("small", {}, {}, {}, [0], 1.0, tables)
    assert run.results["tables"] == tables


def test_another_configuration_is_named(tmp_path):
    Run("task", "small", Config(), {"data": "abc"}, root=tmp_path)
    with pytest.raises(
        SystemExit, match=r"another data\. Move it away to keep it, or add --fresh"
    ):
        Run("task", "small", Config(), {"data": "abd"}, root=tmp_path)
    with pytest.raises(SystemExit, match="another data"):
        Run("task", "small", Config(), root=tmp_path)
    with pytest.raises(SystemExit, match="another units"):
        Run("task", "small", Config(9), {"data": "abc"}, root=tmp_path)


def test_a_fact_that_an_older_run_does_not_tell_is_taken_over(tmp_path):
    Run("task", "small", Config(), root=tmp_path)
    Run("task", "small", Config(), {"data": "abc"}, root=tmp_path)
    with pytest.raises(SystemExit, match="another data"):
        Run("task", "small", Config(), {"data": "abd"}, root=tmp_path)


def test_fresh_throws_the_old_run_away(tmp_path):
    run = Run("task", "small", Config(), root=tmp_path)
    run.path("model.keras").write_text("old")
    run = Run("task", "small", Config(9), fresh=True, root=tmp_path)
    assert not run.path("model.keras").exists()
