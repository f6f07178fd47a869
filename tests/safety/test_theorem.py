"""The streaming theorem, over drawn texts, chunkings, tokenisations, horizons and policies."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, event, given, settings
from tests.safety.mutants import MUTANTS, mutated
from tests.safety.theorem import Case, cases, check, final, sieve

CHUNKINGS = 8
EXAMPLES = 250
QUIET = settings(
    max_examples=400, database=None, derandomize=True, phases=[Phase.generate],
    suppress_health_check=list(HealthCheck), deadline=None,
)  # fmt: skip


@settings(max_examples=EXAMPLES, suppress_health_check=[HealthCheck.too_slow])
@given(cases)
def test_the_guard_releases_what_its_definition_says(case: Case) -> None:
    """In 2,000 cases: text, decision, attempt and notes, in a stream as in the whole.

    Of two choices in turns as of each alone; before a sampler fails no more than what had its
    horizon by then.
    """
    judge = sieve(case.rules)
    assert check(case, judge, count=CHUNKINGS) == CHUNKINGS
    number, done = final(case, judge)
    event(f"attempt {number}, {done.decision.action.name}")


@pytest.fixture(scope="module")
def drawn() -> list[Case]:
    """Return cases to try mutants on, always the same."""
    some: list[Case] = []

    @QUIET
    @given(cases)
    def collect(case: Case) -> None:
        some.append(case)

    collect()
    return some


@pytest.mark.parametrize("name", MUTANTS)
def test_a_fault_of_the_guard_is_noticed(name: str, drawn: list[Case], tmp_path: Path) -> None:
    """A guard with this fault fails the theorem's check."""
    make = mutated(name, tmp_path)

    def try_all() -> None:
        for case in drawn:
            check(case, sieve(case.rules), make, count=4)

    with pytest.raises((AssertionError, IndexError)):
        try_all()
