"""What a policy may do about an answer that is dropped, through the guard."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gemsieve.filters import Action, Detector, Filter
from gemsieve.safety import Horizon, act, guarded

SHORT = Horizon(before=12, after=9, shortest=5, longest=20)
SORRY = "I cannot help with that."
PATTERNS = {"harm.bad": r"\bbad\b", "harm.worse": r"\bworse\b", "pii.email_address": r"\w@\w\.\w+"}

Build = Callable[..., Filter]


@pytest.fixture(scope="module")
def sieve(make_filter: Build, regexes: Callable[..., Detector]) -> Build:
    """Return the way from what is done about `bad`, in either use, to a filter."""

    def build(bad: dict[str, Any], prompt: dict[str, Any] | None = None) -> Filter:
        rest = [
            {"labels": "harm.worse", "action": "drop"},
            {"labels": "pii.*", "action": "redact"},
        ]
        tables = {
            "output": [{"labels": "harm.bad"} | bad, *rest],
            "prompt": [{"labels": "harm.bad", "action": "drop"} | (prompt or {}), *rest],
        }
        return make_filter(tables, regexes("all", PATTERNS), uses=("prompt", "output"))

    return build


def say(*texts: str) -> Callable[..., Iterator[str]]:
    """Return a sampler whose attempts are these texts, in one chunk each."""
    return lambda _prompt, attempt=0: iter([texts[attempt]])


def test_block_ends_and_replace_ends_with_the_message(sieve: Build) -> None:
    """What passed before the drop stays; the message is part of what `act` gives."""
    text = "All is well. All is well. This is bad. And so on."
    said = {}
    for name, more in {"block": {}, "replace": {"then": "replace", "message": SORRY}}.items():
        judge = sieve({"action": "drop"} | more)
        answer = guarded(say(text), judge, SHORT)("Go on")
        said[name] = "".join(answer)
        assert said[name] == act(text, judge, SHORT).text
        assert (answer.finish_reason, answer.reasons) == ("content_filter", ("harm.bad",))
    assert said["replace"] == said["block"] + SORRY
    assert text.startswith(said["block"] or "!")


def test_a_refused_prompt_is_answered_by_the_message(sieve: Build) -> None:
    """The sampler is never called."""
    judge = sieve({"action": "drop"}, {"then": "replace", "message": SORRY})

    def never(_prompt: str) -> Iterator[str]:
        raise AssertionError("sampled")

    answer = guarded(never, judge)("Be bad.")
    assert list(answer) == [SORRY]
    assert (answer.finish_reason, answer.reasons) == ("content_filter", ("harm.bad",))


def test_a_flag_is_told_with_what_was_released(sieve: Build) -> None:
    """The text passes as it is; of what was never released nothing is flagged."""
    judge = sieve({"action": "flag"})
    answer = guarded(say("This is bad. And so on."), judge, SHORT)("Bad?")
    assert "".join(answer) == "This is bad. And so on."
    assert (answer.output.action, answer.output.flags) == (Action.KEEP, ("harm.bad",))
    assert (answer.finish_reason, answer.reasons) == ("stop", ())
    worse = guarded(say("This is worse. This is bad."), judge, SHORT)("Go on")
    assert (list(worse), worse.output.flags) == ([], ())


@settings(max_examples=150)
@given(
    st.lists(
        st.lists(st.sampled_from(["fine. ", "bad ", "worse ", "a@b.cd ", "so on "]), max_size=9),
        min_size=9,
        max_size=9,
    ),
    st.integers(1, 8),
    st.sampled_from(["", SORRY]),
    st.integers(1, 9),
)
def test_what_is_released_is_one_attempt(
    sieve: Build, said: list[list[str]], attempts: int, message: str, size: int
) -> None:
    """It is what `act` gives for the first attempt that passes its first unit, or for the last.

    A drop that allows no other attempt, or comes after the first release, is final; every sampler
    but the last was closed, and none begun that was not needed.
    """
    rule = {"action": "drop", "then": "regenerate", "attempts": attempts}
    judge = sieve(rule | ({"message": message} if message else {}))
    texts, begun, closed = ["".join(words) for words in said], [], []

    def sampler(_prompt: str, attempt: int = 0) -> Iterator[str]:
        begun.append(attempt)
        text = texts[attempt]
        try:
            yield from (text[i : i + size] for i in range(0, len(text), size))
        finally:
            closed.append(attempt)

    answer = guarded(sampler, judge, SHORT, again=sampler)("Go on")
    shown = "".join(answer)
    acts = [act(text, judge, SHORT) for text in texts]
    alone = [act(text, sieve({"action": "drop"}), SHORT) for text in texts]
    final = next(
        number
        for number, (result, bare) in enumerate(zip(acts, alone, strict=True))
        if number == attempts
        or bare.text
        or result.decision.action is not Action.DROP
        or "harm.worse" in result.decision.reasons
    )
    assert shown == acts[final].text
    assert answer.output == acts[final].decision
    assert begun == closed == list(range(final + 1))
    assert answer.attempts == final + 1


def test_no_attempt_follows_a_release(sieve: Build) -> None:
    """Once something was released there is no way back, and the first unit counts as a whole."""
    judge = sieve({"action": "drop", "then": "regenerate", "attempts": 3})
    late = "All is well. " * 3 + "This is bad."
    answer = guarded(say(late), judge, SHORT, again=say(*"abc"))("Go on")
    assert "".join(answer) == "All is well. " * 3
    assert (answer.attempts, answer.finish_reason) == (1, "content_filter")


def test_an_attempt_that_fails_is_no_answer(sieve: Build) -> None:
    """What the second sampler raises is raised; nothing of the first was released."""
    judge = sieve({"action": "drop", "then": "regenerate"})

    def gone(_prompt: str, _attempt: int) -> Iterator[str]:
        raise ConnectionError("gone")

    answer = guarded(say("This is bad."), judge, SHORT, again=gone)("Go on")
    with pytest.raises(ConnectionError, match="gone"):
        next(answer)
    assert list(answer) == []


def test_a_sampler_of_one_answer_is_no_match_for_regenerate(sieve: Build) -> None:
    """The guard says at once what it lacks, and which rule wants it."""
    with pytest.raises(ValueError, match=r"output\[1\] says then = \"regenerate\""):
        guarded(say("a"), sieve({"action": "drop", "then": "regenerate"}))
