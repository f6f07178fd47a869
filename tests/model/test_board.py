from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gemsieve.model.training.watching.board import event_file
from gemsieve.model.training.watching.clock import Progress

protocol = pytest.importorskip("tensorboardX.proto.event_pb2")


def events(path: Path) -> Iterator[Any]:
    """Read a file of TFRecords: each its length, a check, as many bytes, a check."""
    left = path.read_bytes()
    while left:
        (length,) = struct.unpack("<Q", left[:8])
        yield protocol.Event.FromString(left[12 : 12 + length])
        left = left[16 + length :]


def told(step: int, **more: Any) -> Progress:
    """Return what a run tells of a step."""
    entry = {"step": step, "loss": 3.0 / step, "tokens": 128 * step, **more}
    return Progress(step, 9, 3.0 / step, None, 50.0 + step, 1.0, None, entry)


def test_events_are_the_metrics(tmp_path: Path) -> None:
    """Each number of each line is a scalar of its step, a group's too; what is unknown has none."""
    by = {"held_out_by": {"web": 1.75}, "rewinds": [{"from": 3}]}
    with event_file(tmp_path) as watch:
        watch(told(1, learning_rate=0.0))
        watch(told(4, held_out_loss=1.5, **by))
    (path,) = tmp_path.iterdir()
    found = {(e.step, v.tag): v.simple_value for e in events(path) for v in e.summary.value}
    assert found == {
        (1, "loss"): 3.0,
        (1, "tokens"): 128.0,
        (1, "learning_rate"): 0.0,
        (1, "tokens_per_second"): 51.0,
        (4, "loss"): float(np.float32(0.75)),
        (4, "tokens"): 512.0,
        (4, "held_out_loss"): 1.5,
        (4, "held_out_by/web"): 1.75,
        (4, "tokens_per_second"): 54.0,
    }


def test_a_resumed_run_supersedes_what_it_takes_again(tmp_path: Path) -> None:
    """Its file begins at its first step, and says so: TensorBoard drops what others say of it."""
    with event_file(tmp_path) as watch:
        watch(told(1))
        watch(told(4))
    with event_file(tmp_path) as watch:
        watch(told(3))
    starts = [
        event.step
        for path in tmp_path.iterdir()
        for event in events(path)
        if event.session_log.status == protocol.SessionLog.START
    ]
    assert sorted(starts) == [1, 3]


def test_nothing_told_is_nothing_written(tmp_path: Path) -> None:
    """A run that took no step leaves no file."""
    with event_file(tmp_path / "board"):
        pass
    assert not (tmp_path / "board").exists()
