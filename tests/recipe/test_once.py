import dataclasses

import pytest

from rnnkit.recipe import Once, Run


@dataclasses.dataclass(frozen=True)
class Config:
    units: int = 8


def test_each_piece_is_done_once_and_all_seconds_count(tmp_path):
    def start(seconds):
        return Once(Run("task", "small", Config(), root=tmp_path), lambda: seconds)

    def killed():
        raise KeyboardInterrupt

    once = start(7.0)
    assert once("n-grams", "order 2", lambda order: (order, 9.5), 2) == [2, 9.5]
    with pytest.raises(KeyboardInterrupt):
        once("models", "K = 1", killed)
    once = start(3.0)
    assert once("n-grams", "order 2", killed) == [2, 9.5]
    once.earlier += 5.0  # a training goes on that had taken so long
    assert once("models", "K = 1", lambda: 80.0) == 80.0
    assert once.seconds() == 7 + 5 + 3
    once = start(1.0)
    assert once.found == {"n-grams": {"order 2": [2, 9.5]}, "models": {"K = 1": 80.0}}
    assert once.seconds() == 7 + 5 + 3 + 1
