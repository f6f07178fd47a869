"""The guard's theorem as a check: an account of the definition, to compare a guard with.

The account knows nothing of the guard's code: it works on the whole text, by absolute places. It
shares with it what the filter says of a window and how edits that overlap are merged.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count, pairwise
from types import SimpleNamespace
from typing import Any

from tests.safety.drawn import PROMPT, Case, chunkings

from gemsieve.filters import Action, Batch, Filter
from gemsieve.filters.policy import Decision
from gemsieve.filters.readings import COLUMN, Reading, to_column
from gemsieve.filters.redact import merge
from gemsieve.filters.remedy import BLOCK
from gemsieve.safety import Horizon, act, guarded
from gemsieve.safety.choices import Choice, Said, released
from gemsieve.safety.notes import Note

CLOSERS = "\"'”’»)]"
GUARD = SimpleNamespace(
    act=act, Choice=Choice, Said=Said, Note=Note, released=released, guarded=guarded,
    Horizon=Horizon,
)  # fmt: skip


@dataclass
class Account:
    """What is released by the definition."""

    text: str = ""
    hidden: set[int] = field(default_factory=set)
    end: int = 0
    decision: Decision = field(default=Decision(Action.KEEP))


def cut(text: str, horizon: tuple[int, int, int, int], last: int | None) -> list[tuple[int, int]]:
    """Return where units begin and end, character by character; `last` ends one in any case."""
    _, _, shortest, longest = horizon
    out, start = [], 0
    for place in range(1, len(text) + 1):
        head, sign = text[start : place - 1].rstrip(CLOSERS), text[place - 1]
        ends = sign in "。！？\n" or (sign.isspace() and head.endswith((".", "!", "?", "…")))
        size = place - start
        if size == longest or (size >= shortest and ends) or place == last:
            out.append((start, place))
            start = place
    return out


def column_of(
    readings: Sequence[Note[Reading]], left: int, right: int, *, ends: bool
) -> dict[str, list[str | None]]:
    """Return the column of the readings of tokens with a character from `left` to `right`.

    Of those without one it is the place that counts; where the text `ends`, the end too.
    """
    some = [
        note.value
        for note in readings
        if set(range(*note.span)) & set(range(left, right))
        or (note.span[0] == note.span[1] and left <= note.span[0] < right + ends)
    ]
    return {COLUMN: [to_column(some)]} if readings else {}


def account(
    text: str,
    judge: Filter,
    horizon: tuple[int, int, int, int],
    arrived: int | None = None,
    readings: Sequence[Note[Reading]] = (),
) -> Account:
    """Tell what is released of a text; with `arrived`, before it has ended, of so many characters.

    Over the text's own places: `covered` is where redactions so far end, `is_open` says whether the
    last of them goes on to the next white space.
    """
    before, after, _, _ = horizon
    done, covered, is_open, key = Account(), 0, False, judge.key("output")
    for start, end in cut(text, horizon, len(text) if arrived is None else None):
        if arrived is not None and end + after > arrived:
            break
        left, window = max(0, start - before), text[max(0, start - before) : end + after]
        ends = len(text[end : end + after]) < after
        columns = column_of(readings, left, left + len(window), ends=ends)
        verdict = judge(Batch([window], {"prompt": [PROMPT], **columns}), "output")[0]
        flags = done.decision.flags
        if verdict.action is Action.DROP:
            done.decision = Decision(verdict.action, verdict.reasons, (), flags, verdict.remedy)
            done.text += verdict.remedy.message
            break
        if is_open and covered <= end:
            space = next((p for p in range(max(covered, start), end) if text[p].isspace()), None)
            covered, is_open = (end, True) if space is None else (space, False)
        done.hidden |= set(range(start, min(covered, end)))
        place = max(start, covered)
        for edit in merge(verdict.edits):
            first, last = edit.span[0] + left, edit.span[1] + left
            if first >= end or last <= start:
                continue
            if first >= covered or covered <= start:
                edge = last == left + len(window) and not ends
                done.text += text[place : max(first, start)]
                whole = first >= start and not edge
                done.text += edit.written(window, key) if whole else f"<{edit.entity}>"
            done.hidden |= set(range(max(first, start), min(last, end)))
            covered, is_open = max(covered, last), is_open or last == left + len(window)
            place = max(place, covered)
        hits = {
            e.finding.label
            for e in verdict.edits
            if e.span[0] + left < end and e.span[1] + left > start
        }
        done.text += text[place:end]
        done.end = end
        done.decision = Decision(
            Action.REDACT if hits else done.decision.action,
            tuple(sorted({*done.decision.reasons, *hits})),
            flags=tuple(sorted({*flags, *verdict.flags})),
        )
    return done


def final(case: Case, judge: Filter) -> tuple[int, Account]:
    """Return which attempt is the last, and what is released of it."""
    for number, text in enumerate(case.texts):
        readings = read(case, text, Note)
        done = account(text, judge, case.horizon, readings=readings)
        if done.end or done.decision.remedy.attempts <= number:
            return number, done
    raise AssertionError("a policy allows more attempts than there are texts")


def noted(case: Case, text: str, make: Callable[..., Any]) -> list[Any]:
    """Cut a text into tokens and make a note of each, its span being its value."""
    edges, place = [0], 0
    for size in case.sizes:
        place = min(place + size, len(text))
        edges.append(place)
    return [make((a, b), (a, b)) for a, b in pairwise([*edges, len(text)]) if a < b]


def read(case: Case, text: str, make: Callable[..., Any]) -> list[Any]:
    """Say what a head read of a text's tokens, those without characters among them."""
    edges, place = [0], 0
    for size in case.sizes:
        place = min(place + size, len(text))
        edges.append(place)
    spans = pairwise([*edges, len(text), len(text)])
    logits = (case.logits[n % len(case.logits)] for n in count()) if case.logits else ()
    return [make(span, Reading("head", (logit,))) for span, logit in zip(spans, logits)]  # noqa: B905


def pieces(case: Case, chunks: Sequence[str], make: Any) -> list[Any]:
    """Return chunks with the notes whose first character is in them, and the rest at the end."""
    text = "".join(chunks)
    notes, readings, out, place = noted(case, text, make.Note), read(case, text, make.Note), [], 0
    for number, chunk in enumerate(chunks, 1):
        place += len(chunk) + (number == len(chunks))
        now = [note for note in notes if note.span[0] < place]
        heard = [note for note in readings if note.span[0] < place]
        notes, readings = notes[len(now) :], readings[len(heard) :]
        out.append(make.Said(chunk, now, heard))
    return out


def check(case: Case, judge: Filter, make: Any = GUARD, cuts: int = 8) -> int:
    """Compare a guard with the account, over several chunkings; return how many.

    Raises:
        AssertionError: They differ.
    """
    horizon = make.Horizon(*case.horizon)
    number, expected = final(case, judge)
    text = case.texts[number]
    told = [
        note.span
        for note in noted(case, text, make.Note)
        if note.span[1] <= expected.end and expected.hidden.isdisjoint(range(*note.span))
    ]
    single = make.act(case.texts[0], judge, horizon, PROMPT, read(case, case.texts[0], make.Note))
    alone = account(case.texts[0], judge, case.horizon, readings=read(case, case.texts[0], Note))
    assert (single.text, single.decision) == (alone.text, alone.decision)
    many = [list(chunkings(one, case.seed, cuts)) for one in case.texts]
    for chunks in zip(*many, strict=True):
        choice = make.Choice(judge, PROMPT, horizon)
        parts, shown = [], ""
        for part in make.released(choice, lambda n, c=chunks: iter(pieces(case, c[n], make))):
            parts.append(part)
            shown += part.text
            assert expected.text.startswith(shown)
        assert (shown, choice.decision) == (expected.text, expected.decision)
        assert choice.attempt == number
        assert sorted(value for part in parts for value in part.values) == told
        assert choice.count == len(told)
    together(case, judge, make)
    broken(case, judge, make)
    return cuts


def together(case: Case, judge: Filter, make: Any) -> None:
    """Compare two answers that are given in turns with what each is alone."""
    horizon = make.Horizon(*case.horizon)
    both = [make.Choice(judge, PROMPT, horizon) for _ in range(2)]
    shown = ["", ""]
    for place in range(max(map(len, case.texts[:2]), default=0)):
        for n in range(2):
            said = make.Said(case.texts[n][place : place + 1])
            shown[n] += "" if both[n].dropped else both[n].feed(said).text
    for n in range(2):
        shown[n] += "" if both[n].dropped else both[n].finish().text
        alone = account(case.texts[n], judge, case.horizon)
        if both[n].again:
            assert (shown[n], alone.end) == ("", 0)
        else:
            assert (shown[n], both[n].decision) == (alone.text, alone.decision)


def broken(case: Case, judge: Filter, make: Any) -> None:
    """Compare what is released before a sampler fails with what had its horizon by then."""
    text = case.texts[0]

    def failing(_prompt: str) -> Iterator[str]:
        yield from text
        raise ConnectionError

    def silent(_prompt: str, _attempt: int) -> Iterator[str]:
        raise ConnectionError

    shown = ""
    answer = make.guarded(failing, judge, make.Horizon(*case.horizon), again=silent)(PROMPT)
    try:
        for chunk in answer:
            shown += chunk
    except ConnectionError:
        assert list(answer) == []
    done = account(text, judge, case.horizon, len(text))
    gone = not done.end and done.decision.remedy != BLOCK and done.decision.remedy.attempts
    assert shown == ("" if gone else done.text)
