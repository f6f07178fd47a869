"""A loss that jumps is seen, named and passed over, the same way in a run and in a resumed one."""

from __future__ import annotations

import json
import math
from dataclasses import asdict, replace
from statistics import fmean, pstdev

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gemsieve.model.training.settings import LoopSettings
from gemsieve.model.training.watching.record import TrainingError
from gemsieve.model.training.watching.spikes import Rewind, Vigil, read_vigil

LOOP = LoopSettings(on_spike="rewind", spike_window=4, spike_deviations=3.0)
CALM = [2.0, 2.1, 1.9, 2.0]


def rewound(vigil: Vigil, loop: LoopSettings, step: int, losses: list[float]) -> Rewind:
    """Return what a look at losses asks for."""
    with pytest.raises(Rewind) as told:
        vigil.look(loop, step, losses, 1.0)
    return told.value


@given(st.lists(st.floats(0.1, 9.0), min_size=5, max_size=30), st.integers(1, 7))
def test_a_spike_is_the_first_loss_above_the_limit(losses: list[float], part: int) -> None:
    """Mean and deviation are of the window before it alone, however the losses come in parts."""
    over = [
        n
        for n in range(4, len(losses))
        if losses[n] > fmean(losses[n - 4 : n]) + 3 * pstdev(losses[n - 4 : n])
    ]
    vigil, found = Vigil(), None
    for start in range(0, len(losses), part):
        some = losses[start : start + part]
        try:
            vigil = vigil.look(LOOP, start + len(some), some, 1.0)
        except Rewind as rewind:
            found = rewind.spike.step
            break
    assert found == (over[0] + 1 if over else None)


def test_the_batches_since_the_checkpoint_are_passed_over() -> None:
    """Back at step 4 after a spike at 7, the next batch is the eighth; a second time adds up."""
    known = Vigil().look(LOOP, 4, CALM, 1.0)
    first = rewound(known, LOOP, 8, [2.0, 2.0, 9.0, 2.0])
    back = known.after(first, 4)
    assert (first.spike.step, back.passed, back.window) == (7, 3, tuple(CALM))
    second = rewound(back, LOOP, 5, [8.0])
    assert known.after(second, 4).passed == 4
    assert [told["from"] for told in known.after(second, 4).rewinds] == [7, 5]


def test_a_checkpoint_keeps_the_vigil() -> None:
    """Through JSON it is the same; a rewind is told in one line of metrics, once."""
    known = Vigil().look(LOOP, 4, CALM, 1.0)
    back = known.after(rewound(known, LOOP, 5, [9.0]), 4)
    assert read_vigil(json.loads(json.dumps(asdict(back)))) == back
    assert read_vigil({}) == Vigil()
    entry: dict[str, object] = {"step": 6}
    told = back.tell(entry)
    assert entry["rewinds"] == [
        {"from": 5, "to": 4, "loss": 9.0, "limit": fmean(CALM) + 3 * pstdev(CALM)}
    ]
    after: dict[str, object] = {}
    assert told.tell(after) == told
    assert after == {}


def test_a_run_goes_back_so_often_and_no_further() -> None:
    """Then, or where it is to stop at once, an error says which step and what to do."""
    often = Vigil(window=tuple(CALM), rewinds=({"from": 1},) * 3)
    with pytest.raises(TrainingError, match=r"step 5: the loss \(9.000\) .* after 3 rewinds"):
        often.look(LOOP, 5, [9.0], 1.0)
    stop = replace(LOOP, on_spike="stop")
    with pytest.raises(TrainingError, match=r"step 5: .*: lower optimizer\.learning_rate"):
        Vigil(window=tuple(CALM)).look(stop, 5, [9.0], 1.0)
    calm = Vigil(window=tuple(CALM))
    assert calm.look(replace(LOOP, on_spike="ignore"), 5, [9.0], 1.0) == calm


def test_what_is_no_number_has_a_policy_of_its_own() -> None:
    """From a loss or gradient that is not finite a run goes back; skipped, it is not counted."""
    loop = replace(LOOP, on_spike="ignore", on_nan="rewind")
    assert rewound(Vigil(), loop, 2, [2.0, math.nan]).spike.loss is None
    with pytest.raises(Rewind) as told:
        Vigil().look(loop, 2, [2.0, 2.0], math.inf)
    assert told.value.spike.step == 2
    skipped = Vigil().look(replace(LOOP, on_nan="skip"), 2, [2.0, math.nan], 1.0)
    assert skipped.window == (2.0,)
