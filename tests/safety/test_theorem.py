"""The streaming theorem, over texts, chunkings, tokens, horizons and policies."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, Phase, event, given, settings
from tests.safety.drawn import Case, cases, sieve
from tests.safety.mutants import MUTANTS, mutated
from tests.safety.theorem import check, final

from gemsieve.cli.demo_planted import filled, filler
from gemsieve.cli.demo_texts import CARRIERS, INSULTS
from gemsieve.filters import Action, load_filter
from gemsieve.safety import act
from gemsieve.safety.choices import Choice, Said, released

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
    assert check(case, judge, cuts=CHUNKINGS) == CHUNKINGS
    number, done = final(case, judge)
    event(f"attempt {number}, {done.decision.action.name}")


def test_the_shipped_policy_streams_what_it_gives_for_the_whole() -> None:
    """With its own detectors, over personal data of many kinds: by characters as at once."""
    judge, draw, fill = load_filter(), Random(8), filler(8)
    ends = set()
    for insulted in (False, True):
        parts = [filled(carrier, lambda slot: fill(slot, draw)).text for carrier in CARRIERS[:5]]
        parts[4:4] = [" ".join(INSULTS[:4])] * insulted
        text = "\r\n".join(parts)
        choice: Choice[None] = Choice(judge)
        expected = act(text, judge)
        shown = "".join(part.text for part in released(choice, lambda _: map(Said, text)))  # noqa: B023
        assert (shown, choice.decision) == (expected.text, expected.decision)
        ends.add(expected.decision.action)
    assert ends == {Action.REDACT, Action.DROP}


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
            check(case, sieve(case.rules), make, cuts=4)

    with pytest.raises((AssertionError, IndexError)):
        try_all()
