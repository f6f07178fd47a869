"""Every second belongs to one stage, and those of all stages are the whole time."""

from __future__ import annotations

import threading
import time

from gemsieve.filters.stopwatch import stage, timed

NAP = 0.02


def test_the_innermost_stage_is_charged_and_nothing_is_lost() -> None:
    """A stage within another is not counted twice; what lies in none belongs to the rest."""
    before = time.perf_counter()
    with timed("rest") as watch:
        first = time.perf_counter()
        time.sleep(NAP)
        with stage("outer"):
            time.sleep(NAP)
            with stage("inner"):
                time.sleep(3 * NAP)
            time.sleep(NAP)
        last = time.perf_counter()
        found = watch.read()
        after = time.perf_counter()
    assert list(found) == ["inner", "outer", "rest"]
    assert found["rest"] >= NAP
    assert found["outer"] >= 2 * NAP
    assert found["inner"] >= 3 * NAP
    assert last - first <= sum(found.values()) <= after - before


def test_a_stage_that_raises_is_over() -> None:
    """Time after an error belongs to what went on, not to the stage that failed."""
    with timed("rest") as watch:
        try:
            with stage("fails"):
                raise KeyError
        except KeyError:
            assert watch.stage == "rest"
            time.sleep(NAP)
        found = watch.read()
    assert found["rest"] >= NAP
    assert "fails" in found


def test_threads_are_measured_apart() -> None:
    """Another thread's stages are its own, and without a stopwatch a stage is nothing."""
    with timed("rest") as watch:
        other = threading.Thread(target=work)
        other.start()
        other.join()
        assert list(watch.read()) == ["rest"]


def work() -> None:
    """Take a little time in a stage."""
    with stage("elsewhere"):
        time.sleep(NAP)
