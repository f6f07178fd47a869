"""What no message of a prompt shows alone, all of them together do."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gemsieve.filters import Batch, Detector, Filter
from gemsieve.safety import Horizon
from gemsieve.safety.prompts import Messages, looks

USER, MODEL = "user", "model"
ADDRESS = "jane.doe@example.com"
SMALL = Horizon(before=12, after=9, shortest=1, longest=20)


def judged(
    judge: Filter, texts: Sequence[str], speakers: Sequence[str], since: int = 0
) -> Messages:
    """Judge messages to the end."""
    messages = Messages(texts, speakers, judge.key("prompt"), since)
    while asked := messages.asked:
        messages.take(judge(Batch(asked), "prompt"))
    return messages


@given(cut=st.integers(1, len(ADDRESS) - 1), between=st.sampled_from([None, "", "(Go on.)"]))
def test_a_value_spread_over_messages_is_written_over_in_each(
    plain_filter: Filter, cut: int, between: str | None
) -> None:
    """Wherever it is cut, said at once or with an answer between; what else is said stays.

    Where a part is a value itself, the rest is none.
    """
    said = [f"Write to {ADDRESS[:cut]}\n", between, f" {ADDRESS[cut:]} today"]
    texts = [text for text in said if text is not None]
    speakers = [USER, MODEL, USER] if between is not None else [USER, USER]
    read = judged(plain_filter, texts, speakers).texts
    alone = [plain_filter(Batch([text]), "prompt")[0].redacted for text in (texts[0], texts[-1])]
    if alone == [texts[0], texts[-1]]:
        alone = ["Write to <EMAIL_ADDRESS>\n", " <EMAIL_ADDRESS> today"]
    assert [read[0], read[-1]] == alone
    assert read[1:-1] == texts[1:-1]


@pytest.mark.parametrize(
    ("texts", "speakers", "dropped"),
    [
        (["this is ba", "d"], [USER, USER], True),
        (["ba", "so", "d"], [USER, MODEL, USER], True),
        (["ba \n", " ", "\td"], [USER, MODEL, USER], True),
        (["ba", "so", "d"], [USER, MODEL, "system"], False),
        (["this is", "bad"], [USER, MODEL], True),
        (["!", "!", "so it is"], [USER, MODEL, USER], True),
        (["so", "it", "is"], [USER, MODEL, USER], False),
        (["bad"], [USER], True),
    ],
)
def test_a_harm_spread_over_messages_drops_them(
    plain_filter: Filter, texts: list[str], speakers: list[str], *, dropped: bool
) -> None:
    """A word cut in two, or a share that only the whole has; nothing is read then."""
    messages = judged(plain_filter, texts, speakers)
    assert (messages.dropped is not None) == dropped
    assert messages.verdict.redacted == (None if dropped else texts[-1])


WORDS = st.sampled_from(["a", "a@", "@b", "b.cd", ".cd e", "a@b.cd", " ", "", "well, ", "<X>"])
TURNS = st.lists(st.tuples(WORDS, st.sampled_from([USER, MODEL])), min_size=1, max_size=9)


@settings(max_examples=200)
@given(turns=TURNS)
def test_what_is_read_shows_nothing_however_it_is_joined(
    plain_filter: Filter, turns: list[tuple[str, str]]
) -> None:
    """Of all messages and of each speaker's, with a space or nothing between, and each alone."""
    texts, speakers = map(list, zip(*turns, strict=True))
    messages = judged(plain_filter, texts, speakers)
    if messages.dropped is not None:
        assert messages.dropped.reasons == ("unstable.redaction",)
        return
    own = [
        [t for t, s in zip(messages.texts, speakers, strict=True) if s == one]
        for one in (USER, MODEL)
    ]
    bare = [[t.strip() for t in some if t.strip()] for some in (messages.texts, *own)]
    joined = [join.join(some) for some in bare for join in ("", " ")]
    for verdict in plain_filter(Batch([*joined, *messages.texts]), "prompt"):
        assert not verdict.edits


LONG = st.lists(st.tuples(st.integers(0, 60), st.sampled_from([USER, MODEL])), max_size=30)


@given(turns=LONG)
def test_each_seam_is_seen_with_its_surroundings_at_a_bounded_cost(
    turns: list[tuple[int, str]],
) -> None:
    """A look shows `before` and `after` of every seam; no character is shown over eight times."""
    letters = iter(range(0x4E00, 0x9FFF))
    texts = ["".join(chr(next(letters)) for _ in range(length)) for length, _ in turns]
    speakers = [speaker for _, speaker in turns]
    seen = [look.text for look in looks(texts, speakers, 0, SMALL)]
    orders = [
        texts,
        *([t for t, s in zip(texts, speakers, strict=True) if s == one] for one in (USER, MODEL)),
    ]
    for order in orders:
        for join in ("", " "):
            whole = join.join(some := [text for text in order if text])
            at = 0
            for left, _ in pairwise(some):
                at += len(left) + len(join)
                around = whole[max(0, at - len(join) - SMALL.before) : at + SMALL.after]
                assert any(around in look for look in seen)
    shown = "".join(seen)
    assert all(shown.count(letter) <= 8 for text in texts for letter in text)


def test_one_message_is_judged_once(plain_filter: Filter) -> None:
    """Without a seam there is nothing to look at, redacted or not."""
    messages = Messages(["write to a@b.cd"], [USER])
    assert messages.asked == ["write to a@b.cd"]
    messages.take(plain_filter(Batch(messages.asked), "prompt"))
    assert messages.asked == []
    assert messages.verdict.redacted == "write to <EMAIL_ADDRESS>"


def test_what_stands_as_it_was_is_not_judged_again(plain_filter: Filter) -> None:
    """A value at one seam costs a second look at its own messages, not at all the others."""
    texts = ["a long story", "of many words", "ask c@", "d.ef, well?"]
    messages, seen = Messages(texts, [USER] * 4, horizon=SMALL), list[str]()
    while asked := messages.asked:
        seen += asked
        messages.take(plain_filter(Batch(asked), "prompt"))
    assert messages.texts == [*texts[:2], "ask <EMAIL_ADDRESS>", "<EMAIL_ADDRESS>, well?"]
    assert len(seen) == len(set(seen))


def test_what_was_judged_before_is_judged_at_new_seams_alone(plain_filter: Filter) -> None:
    """Old messages stand as they are, but for their part in a value that a new one ends."""
    old = ["ask a@b.cd or c@", "it is d@e.fg, so"]
    read = judged(plain_filter, [*old, "h.ij, well?"], [USER, MODEL, USER], since=2)
    assert read.texts == ["ask a@b.cd or <EMAIL_ADDRESS>", old[1], "<EMAIL_ADDRESS>, well?"]


def test_a_value_of_any_length_is_hidden_to_its_end(
    make_filter: Callable[..., Filter], regexes: Callable[..., Detector]
) -> None:
    """What reaches the edge of what is looked at is hidden up to the next white space."""
    finder = regexes("links", {"pii.url": r"http\S*"})
    judge = make_filter([{"labels": "pii.*", "action": "redact"}], finder)
    tail = "x" * 900
    read = judged(judge, ["see htt", f"p{tail} and more"], [USER, USER]).texts
    assert read == ["see <URL>", "<URL> and more"]
    assert not re.search("x", read[1])
