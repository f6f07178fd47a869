from __future__ import annotations

import json
from pathlib import Path

import pytest

from gemsieve.model.training.train import Summary
from gemsieve.model.training.watching.goodput import FILE_NAME, PHASES, read_spent


def line(start_from: int, at: int, /, **seconds: float) -> str:
    """Write a line of a run's time."""
    spent = dict.fromkeys(PHASES, 0.0) | seconds
    return json.dumps({"from": start_from, "step": at, "seconds": spent}) + "\n"


def test_what_was_taken_again_is_lost(tmp_path: Path) -> None:
    """Steps behind the checkpoint that a later process began from count against the run."""
    lines = [
        line(0, 10, start=4, compile=6, step=10, input=1),
        line(0, 20, step=10, checkpoint=1),
        line(0, 30, step=9, input=1),  # killed: the next process begins from step 20
        line(20, 30, start=3, compile=5, step=10, evaluate=2),
        line(20, 40, step=10, input=1),
        '{"from": 20, "st',  # a crash cut it short
    ]
    (tmp_path / FILE_NAME).write_text("".join(lines), encoding="utf-8")
    spent = read_spent(tmp_path)
    assert (spent.lost, spent.starts, spent.total) == (10, 2, 73)
    assert spent.seconds == {
        "start": 7, "compile": 11, "step": 40, "input": 2, "evaluate": 2, "checkpoint": 1
    }  # fmt: skip
    assert spent.goodput == pytest.approx(40 / 73)
    assert spent.input_share == pytest.approx(2 / 42)


def test_two_kills_in_a_row_lose_all_that_was_behind(tmp_path: Path) -> None:
    """What a second process kept is lost if a third one begins before it."""
    lines = [
        line(0, 20, compile=1, step=20),
        line(10, 30, compile=1, step=20),  # as step 20 was not saved
        line(10, 40, compile=1, step=30),  # and step 30 neither
    ]
    (tmp_path / FILE_NAME).write_text("".join(lines), encoding="utf-8")
    spent = read_spent(tmp_path)
    assert (spent.seconds["step"], spent.lost, spent.starts) == (30, 40, 3)


def test_a_run_tells_where_its_time_went(finished: tuple[Path, Summary]) -> None:
    """Every phase of a real run took some time, none was lost, and the shares stay in bounds."""
    spent = finished[1].spent
    assert spent.starts == 1
    assert spent.lost == 0
    assert all(value > 0 for value in spent.seconds.values())
    assert 0 < spent.goodput < 1
    assert 0 < spent.input_share < 1
