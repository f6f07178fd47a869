"""The guard as a sampler: prompt in, stream out, and how it ended."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gemsieve.filters import Action, Detector, Filter
from gemsieve.safety import Horizon, Sampler, act, guarded

SHORT = Horizon(before=20, after=20, shortest=8, longest=40)
CLEAN = "The first sentence is fine. So is the second one. And the third ends it."
MAIL = "Write to someone@example.org, please. " + CLEAN
BAD = CLEAN + " This is a bad sentence. It goes on."


def saying(*chunks: str) -> Sampler:
    """Return a sampler that says the same to every prompt."""
    return lambda _prompt: iter(chunks)


def echo(prompt: str) -> Iterator[str]:
    """Sample the prompt, one character a chunk."""
    yield from prompt


@settings(max_examples=200)
@given(
    st.lists(st.sampled_from(["fine ", "a@b.cd ", "bad ", "Yes. ", "No!\n", "!"]), max_size=30),
    st.lists(st.integers(0, 200), max_size=20),
)
def test_every_chunking_streams_what_act_gives(
    plain_filter: Filter,
    chunks_of: Callable[[str, list[int]], list[str]],
    words: list[str],
    cuts: list[int],
) -> None:
    """The text and the decision of a guarded answer do not depend on its chunks."""
    text = "".join(words)
    answer = guarded(saying(*chunks_of(text, cuts)), plain_filter, SHORT)("Go on")
    expected = act(text, plain_filter, SHORT, prompt="Go on")
    assert "".join(answer) == expected.text
    assert answer.output == expected.decision
    blocked = expected.decision.action is Action.DROP
    assert answer.finish_reason == ("content_filter" if blocked else "stop")


def test_a_clean_answer_passes_as_it_is(plain_filter: Filter) -> None:
    """Nothing is changed, and the answer is known to have ended only when it has."""
    answer = guarded(saying(*CLEAN), plain_filter, SHORT)("Tell me.")
    reasons = [answer.finish_reason]
    assert "".join(answer) == CLEAN
    reasons.append(answer.finish_reason)
    assert reasons == [None, "stop"]
    assert (answer.prompt.action, answer.output.action) == (Action.KEEP, Action.KEEP)


def test_release_starts_before_the_end(plain_filter: Filter) -> None:
    """The first unit comes out while the sampler still has text to give."""
    given_out: list[str] = []

    def sampler(_prompt: str) -> Iterator[str]:
        for character in CLEAN:
            given_out.append(character)
            yield character

    first = next(guarded(sampler, plain_filter, SHORT)("Tell me."))
    assert CLEAN.startswith(first)
    assert len(given_out) == len(first) + SHORT.after


def test_a_blocked_prompt_is_never_sampled(plain_filter: Filter) -> None:
    """The sampler is not called, nothing is yielded, and the answer says why."""

    def never(_prompt: str) -> Iterator[str]:
        raise AssertionError("sampled")

    answer = guarded(never, plain_filter)("Be bad to me")
    assert list(answer) == []
    assert answer.prompt.action is Action.DROP
    assert answer.prompt.reasons == ("toxicity.insult",)
    assert answer.finish_reason == "content_filter"


def test_the_sampler_sees_the_redacted_prompt(plain_filter: Filter) -> None:
    """Personal data in a prompt goes no further than the guard."""
    answer = guarded(echo, plain_filter)("I am someone@example.org, hello.")
    assert "".join(answer) == "I am <EMAIL_ADDRESS>, hello."
    assert answer.prompt.action is Action.REDACT
    assert answer.output.action is Action.KEEP


def test_a_blocked_answer_stops_the_sampler(plain_filter: Filter) -> None:
    """What precedes the failing window is released, the rest is not even sampled."""
    sampled: list[str] = []
    closed: list[bool] = []

    def sampler(_prompt: str) -> Iterator[str]:
        try:
            for character in BAD + CLEAN * 9:
                sampled.append(character)
                yield character
        finally:
            closed.append(True)

    answer = guarded(sampler, plain_filter, SHORT)("Tell me.")
    released = "".join(answer)
    assert released
    assert BAD.startswith(released)
    assert "bad" not in released
    assert (answer.finish_reason, answer.output.reasons) == ("content_filter", ("toxicity.insult",))
    assert len(sampled) <= len(BAD) + SHORT.after
    assert closed == [True]


def test_what_the_sampler_raises_is_raised_and_nothing_more_released(plain_filter: Filter) -> None:
    """An error is no end of text: what is held back was not judged in full."""

    def sampler(_prompt: str) -> Iterator[str]:
        yield CLEAN
        raise ConnectionError("gone")

    answer = guarded(sampler, plain_filter, SHORT)("Tell me.")
    released = next(answer)
    with pytest.raises(ConnectionError, match="gone"):
        next(answer)
    assert CLEAN.startswith(released)
    assert len(released) <= len(CLEAN) - SHORT.after
    assert list(answer) == []
    assert answer.finish_reason is None


def test_closing_an_answer_closes_its_sampler(plain_filter: Filter) -> None:
    """A consumer that stops reading stops the model, before the first chunk as well as after."""
    for read in (0, 1):
        sampler = echo(CLEAN)
        answer = guarded(lambda _prompt, it=sampler: it, plain_filter, SHORT)("Tell me.")
        for _ in range(read):
            next(answer)
        answer.close()
        assert list(answer) == []
        assert list(sampler) == []


def test_guards_stack_and_the_outer_one_tells_what_the_inner_did(plain_filter: Filter) -> None:
    """A guarded sampler is a sampler; an end that the inner guard made is no plain stop."""
    inner: Sampler = guarded(saying(BAD), plain_filter, SHORT)
    answer = guarded(inner, plain_filter, SHORT)("Tell me.")
    assert "".join(answer) == act(BAD, plain_filter, SHORT).text
    assert (answer.finish_reason, answer.output.reasons) == ("content_filter", ("toxicity.insult",))
    redacted = guarded(guarded(saying(MAIL), plain_filter), plain_filter)("a@b.cd?")
    assert "".join(redacted) == MAIL.replace("someone@example.org", "<EMAIL_ADDRESS>")
    assert redacted.prompt.reasons == redacted.output.reasons == ("pii.email_address",)


def test_answers_share_no_state(plain_filter: Filter) -> None:
    """Two answers of one guard, read in turns, are each what they are alone."""
    said = {"one": CLEAN, "two": MAIL}
    guard = guarded(lambda prompt: iter(said[prompt]), plain_filter, SHORT)
    one, two = guard("one"), guard("two")
    released = {"one": "", "two": ""}
    for _ in range(len(MAIL)):
        released["one"] += next(one, "")
        released["two"] += next(two, "")
    assert released["one"] == CLEAN
    assert released["two"] == MAIL.replace("someone@example.org", "<EMAIL_ADDRESS>")
    assert (one.output.action, two.output.action) == (Action.KEEP, Action.REDACT)


def test_a_policy_must_have_rules_for_both_ends(
    make_filter: Callable[..., Filter], regexes: Callable[..., Detector]
) -> None:
    """A guard without rules is refused when it is made, not when it is used."""
    half = make_filter(
        [{"labels": "harm.x", "action": "keep"}], regexes("x", {"harm.x": "x"}), uses=("output",)
    )
    with pytest.raises(LookupError, match=r"no \[\[prompt\]\] rules"):
        guarded(echo, half)
