"""Notes on a text leave with it, as it was written, or never."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import chain, repeat

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.safety.drawn import HeadDetector

from gemsieve.filters import Action, Detector, Filter
from gemsieve.filters.readings import Reading
from gemsieve.model.sampling.request import Sampled
from gemsieve.model.sampling.writing import Token, Writing
from gemsieve.model.tokenizer import train_tokenizer
from gemsieve.safety import Horizon, act
from gemsieve.safety.choices import Choice, Released, Said, released, said
from gemsieve.safety.notes import Note

SHORT = Horizon(before=12, after=9, shortest=5, longest=20)
WORDS = ["fine ", "a@b.cd ", "bad ", "Yes. ", "No!\n", "!", "a@b", ".cd"]


def tokens_of(text: str, sizes: list[int]) -> list[Note[str]]:
    """Cut a text into tokens, each a note of its own words."""
    notes, place = [], 0
    for size in [*sizes, len(text)]:
        part = text[place : place + size]
        if part:
            notes.append(Note((place, place + len(part)), part))
        place += len(part)
    return notes


def answered(choice: Choice[str], pieces: list[Said[str]]) -> list[Released[str]]:
    """Give an answer to a choice, to its end."""
    return [*map(choice.feed, pieces), choice.finish()]


@settings(max_examples=150)
@given(
    st.lists(st.sampled_from(WORDS), max_size=20),
    st.lists(st.integers(0, 4), max_size=30),
    st.lists(st.integers(0, 100), max_size=20),
    st.integers(0, 6),
)
def test_no_note_tells_more_than_the_text(
    plain_filter: Filter,
    chunks_of: Callable[[str, list[int]], list[str]],
    words: list[str],
    sizes: list[int],
    cuts: list[int],
    early: int,
) -> None:
    """Values are those of tokens that stand in the released text, in order, none before its text.

    The text is what `act` gives; notes may come with an earlier piece than their text.
    """
    text = "".join(words)
    notes, pieces, place = tokens_of(text, sizes), [], 0
    for chunk in chunks_of(text, cuts):
        place += len(chunk)
        told = [note for note in notes if note.span[0] <= place + early]
        notes = notes[len(told) :]
        pieces.append(Said(chunk, told))
    choice: Choice[str] = Choice(plain_filter, None, SHORT)
    out = answered(choice, pieces)
    expected = act(text, plain_filter, SHORT)
    assert "".join(part.text for part in out) == expected.text
    assert choice.decision == expected.decision
    shown, rest = "", expected.text
    for part in out:
        shown += part.text
        for value in part.values:
            _, found, rest = rest.partition(value)
            assert found == value
        assert shown.endswith(rest[: len(rest) - (len(expected.text) - len(shown))])
    if expected.decision.action is Action.KEEP:
        assert "".join(value for part in out for value in part.values) == text
    assert choice.count == sum(len(part.values) for part in out)


def test_a_token_that_touches_what_is_hidden_stays(plain_filter: Filter) -> None:
    """By one character, on either side; what only borders on it leaves."""
    text = "to a@b.cd now"
    spans = [(0, 3), (0, 4), (3, 9), (5, 6), (8, 10), (9, 10), (9, 13), (3, 3), (9, 9), (5, 5)]
    choice: Choice[tuple[int, int]] = Choice(plain_filter)
    choice.feed(Said(text, [Note(span, span) for span in spans]))
    assert choice.finish() == Released(
        "to <EMAIL_ADDRESS> now", ((0, 3), (9, 10), (9, 13), (3, 3), (9, 9))
    )


def test_what_belongs_to_more_than_the_answer_stays(plain_filter: Filter) -> None:
    """A token that a stop string cut through has words that nobody judged."""
    choice: Choice[str] = Choice(plain_filter)
    choice.feed(Said("All well", [Note((0, 4), "All "), Note((4, 11), "wellEND")]))
    assert choice.finish() == Released("All well", ("All ",))


def test_choices_share_nothing(plain_filter: Filter) -> None:
    """What one hides or ends, told in turns with another, changes nothing there."""
    texts = ["Fine so far. a@b.cd is hidden. And so on.", "All fine. This is bad. And so on."]
    choices: list[Choice[str]] = [Choice(plain_filter, None, SHORT) for _ in texts]
    shown = ["", ""]
    for at in range(max(map(len, texts))):
        for n, text in enumerate(texts):
            piece = text[at : at + 1]
            shown[n] += choices[n].feed(Said(piece, [Note((at, at + len(piece)), piece)])).text
    shown = [one + choice.finish().text for one, choice in zip(shown, choices, strict=True)]
    assert shown == [act(text, plain_filter, SHORT).text for text in texts]
    assert [choice.dropped for choice in choices] == [False, True]


def test_tokens_of_a_model_are_notes_on_its_text(plain_filter: Filter) -> None:
    """Alternatives, which nobody judged, are left out; the token that was written is not."""
    text = "the whale 鯨 a@b.cd swims."
    tokenizer = train_tokenizer([text] * 9, vocab_size=290, training_bytes=1_000)
    pieces = tokenizer.encode(text)
    writing = Writing(tokenizer)
    top = ((pieces[0], -1.0), (pieces[1], -2.0))
    chunks = [*(writing.feed(Sampled(p, -1.0, top)) for p in pieces), writing.finish()]
    choice: Choice[Token] = Choice(plain_filter)
    out = [*(choice.feed(said(chunk)) for chunk in chunks), choice.finish()]
    values = [token for part in out for token in part.values]
    data = b"".join(token.data for token in values).decode()
    assert "鯨" in data
    assert "@" not in data
    assert data.startswith("the whale")
    assert [t.piece for t in values[0].top] == [pieces[0]]
    assert all(t.piece == token.piece for token in values for t in token.top)
    assert choice.count == len(values) < len(pieces)


def test_what_a_head_read_goes_to_the_judge_and_not_to_the_client(
    make_filter: Callable[..., Filter],
) -> None:
    """A chunk's tokens bring their readings, and the window in which they are too high is held."""
    text = "the whale 鯨 swims."
    tokenizer = train_tokenizer([text] * 9, vocab_size=290, training_bytes=1_000)
    rules = [{"labels": "probe.high", "above": 0.8, "action": "drop"}]
    rules += [{"labels": "probe.high", "action": "keep"}]
    judge = make_filter(rules, HeadDetector(), uses=("output",))
    for high, released_text in ((6.0, ""), (5.0, text)):
        writing, choice = Writing(tokenizer), Choice[Token](judge)
        for logit, piece in zip(chain([high], repeat(0.0)), tokenizer.encode(text)):  # noqa: B905
            reading = Reading("head", (logit,))
            choice.feed(said(writing.feed(Sampled(piece, -1.0, (), reading))))
        choice.feed(said(writing.finish()))
        assert choice.finish().text == released_text


def test_a_reading_that_comes_after_its_text_was_judged_is_an_error(plain_filter: Filter) -> None:
    """Its window was judged without it: the answer ends with an error, and not as if all was well.

    In time is what begins where the last window ended.
    """
    for place in (3, 25):
        choice: Choice[str] = Choice(plain_filter, None, SHORT)
        choice.feed(Said("a" * 40, readings=[Note((0, 4), Reading("head", (0.0,)))]))
        late: Said[str] = Said("a", readings=[Note((place, 26), Reading("head", (0.0,)))])
        with pytest.raises(ValueError, match="a reading came"):
            choice.feed(late)
    choice = Choice(plain_filter, None, SHORT)
    choice.feed(Said("a" * 40, readings=[Note((0, 4), Reading("head", (0.0,)))]))
    choice.feed(Said("a", readings=[Note((29, 40), Reading("head", (0.0,)))]))


def again(make_filter: Callable[..., Filter], regexes: Callable[..., Detector]) -> Filter:
    """Return a filter that wants two more attempts where an answer is `bad` from the start."""
    rule = {"labels": "harm.bad", "action": "drop", "then": "regenerate", "attempts": 2}
    return make_filter([rule], regexes("bad", {"harm.bad": "bad"}), uses=("output",))


def test_another_attempt_begins_with_nothing(
    make_filter: Callable[..., Filter], regexes: Callable[..., Detector]
) -> None:
    """Notes and places of an answer that was given up are forgotten, and it is closed."""
    closed: list[int] = []

    def sampler(attempt: int) -> Iterator[Said[int]]:
        try:
            text = "bad" if attempt < 2 else "good"
            yield Said(text, [Note((0, len(text)), attempt)])
            yield Said("!" * 50)
        finally:
            closed.append(attempt)

    choice: Choice[int] = Choice(again(make_filter, regexes), None, SHORT)
    out = list(released(choice, sampler))
    assert "".join(part.text for part in out) == "good" + "!" * 50
    assert [value for part in out for value in part.values] == [2]
    assert (closed, choice.attempt) == ([0, 1, 2], 2)


def test_a_choice_needs_rules(make_filter: Callable[..., Filter]) -> None:
    """No rules must not mean that all passes."""
    with pytest.raises(LookupError, match="output"):
        Choice(make_filter([], uses=("prompt",)))
