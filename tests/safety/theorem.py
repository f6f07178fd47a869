"""The guard's theorem as a check: drawn cases, and an account of the definition to compare with.

The account knows nothing of the guard's code: it works on the whole text, by absolute places. It
shares with it what the filter says of a window and how edits that overlap are merged.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count, pairwise
from types import SimpleNamespace
from typing import Any

from hypothesis import strategies as st
from tests.safety.conftest import RegexDetector, ShareDetector, build

from gemsieve.filters import Action, Batch, Filter, Finding, Labels
from gemsieve.filters.policy import Decision
from gemsieve.filters.readings import COLUMN, Reading, from_column, to_column
from gemsieve.filters.redact import merge
from gemsieve.filters.remedy import BLOCK
from gemsieve.safety import Horizon, act, guarded
from gemsieve.safety.choices import Choice, Said, released
from gemsieve.safety.notes import Note

PROMPT = "lol"
CLOSERS = "\"'”’»)]"
# Digits, letters, what parts or joins them, ends of sentences and lines, and what breaks encodings.
ALPHABET = "1112223aabbcccl  @@..!?\n\r\t”。\u0301\u3000\ud83d\ude00é…"
PATTERNS = {
    "secret.number": r"[1-3]{2,5}",
    "secret.address": r"[a-c]+@[a-c1-3.]*[a-c1-3]",
    "secret.phone": r"[1-3](?: [1-3]){2,3}",
    "harm.mark": r"![a-c]",
}


@dataclass(frozen=True)
class EchoDetector:
    """Finds the words of the prompt in an answer to it."""

    name: str = "echo"
    version: str = "1"
    weights: str = ""
    needs: tuple[str, ...] = ("prompt",)
    labels: Labels = field(default_factory=lambda: Labels(events=frozenset({"echo.prompt"})))

    def setup(self) -> None:
        """Need nothing."""

    def __call__(self, batch: Batch) -> list[list[Finding]]:
        """Return where the prompt stands; of a text without one nothing."""
        prompts = batch.columns.get("prompt") or [None] * len(batch.texts)
        return [
            [Finding("echo.prompt", 1.0, m.span()) for m in re.finditer(re.escape(prompt), text)]
            if prompt
            else []
            for text, prompt in zip(batch.texts, prompts, strict=True)
        ]


@dataclass(frozen=True)
class HeadDetector:
    """Measures a text's readings by their sum's remainder, which any one more or less changes."""

    name: str = "probe"
    version: str = "1"
    weights: str = ""
    needs: tuple[str, ...] = (COLUMN,)
    labels: Labels = field(default_factory=lambda: Labels(measures={"probe.high": (0.0, 1.0)}))

    def setup(self) -> None:
        """Need nothing."""

    def __call__(self, batch: Batch) -> list[list[Finding]]:
        """Return the measure of each text."""
        columns = batch.columns.get(COLUMN) or [None] * len(batch.texts)
        readings = [from_column(value) if value else [] for value in columns]
        return [
            [Finding("probe.high", sum(round(one.logits[0]) for one in some) % 7 / 7)]
            for some in readings
        ]


def sieve(rules: list[dict[str, Any]]) -> Filter:
    """Return a filter of these rules for answers, and one that keeps every prompt."""
    found = RegexDetector("secrets", PATTERNS), ShareDetector("tone", "tone.loud", "[!.]|[a-c]")
    labels = [*PATTERNS, "tone.loud", "echo.prompt", "probe.high"]
    keep = [{"labels": labels, "action": "keep"}]
    return build({"output": rules, "prompt": keep}, *found, EchoDetector(), HeadDetector())


GUARD = SimpleNamespace(
    act=act, Choice=Choice, Said=Said, Note=Note, released=released, guarded=guarded,
    Horizon=Horizon,
)  # fmt: skip


@dataclass(frozen=True)
class Case:
    """An answer, attempt by attempt, a policy, a horizon, and what cuts the answer up.

    Attributes:
        sizes: Lengths of tokens, each of which is a note; the last is the rest.
        logits: What a head says of them, one after another.
        seed: Draws the chunkings.
    """

    texts: tuple[str, ...]
    rules: list[dict[str, Any]]
    horizon: tuple[int, int, int, int]
    sizes: tuple[int, ...]
    logits: tuple[float, ...]
    seed: int


@dataclass
class Account:
    """What is released by the definition."""

    text: str = ""
    hidden: set[int] = field(default_factory=set)
    end: int = 0
    decision: Decision = field(default=Decision(Action.KEEP))


def rule_of(label: str, action: dict[str, Any]) -> dict[str, Any]:
    """Return a rule about a label."""
    return {"labels": label} | action


WRITES: list[dict[str, Any]] = [
    {"action": "redact"},
    {"action": "redact"},
    {"action": "hash"},
    {"action": "mask"},
    {"action": "mask", "chars_to_mask": 2},
    {"action": "replace", "new_value": "[no]"},
    {"action": "keep"},
    {"action": "flag"},
]
DROPS: list[dict[str, Any]] = [
    {"action": "drop"},
    {"action": "drop", "then": "replace", "message": "Sorry."},
    {"action": "drop", "then": "regenerate"},
    {"action": "drop", "then": "regenerate", "attempts": 2, "message": "Sorry."},
]
tables = st.builds(
    lambda secrets, mark, echo, many, limit, high: [
        *(rule_of(f"secret.{name}", action) for name, action in secrets.items()),
        rule_of("harm.mark", mark),
        rule_of("echo.prompt", echo),
        rule_of("secret.*", many[1] | {"count_above": many[0]}),
        rule_of("tone.loud", limit[1] | {"above": limit[0]}),
        {"labels": "tone.loud", "action": "keep"},
        rule_of("probe.high", high | {"above": 0.8}),
        {"labels": "probe.high", "action": "keep"},
    ],
    st.fixed_dictionaries(
        dict.fromkeys(("number", "address", "phone"), st.sampled_from([*WRITES, *WRITES, *DROPS]))
    ),
    st.sampled_from([*DROPS, {"action": "keep"}]),
    st.sampled_from([*WRITES, *WRITES, *DROPS]),
    st.tuples(st.integers(1, 8), st.sampled_from(DROPS)),
    st.tuples(st.sampled_from([0.5, 0.9, 1.0, 1.0]), st.sampled_from(DROPS)),
    st.sampled_from(DROPS),
)
horizons = st.builds(
    lambda before, after, shortest, more: (before, after, shortest, shortest + more),
    st.integers(0, 9),
    st.integers(0, 9),
    st.integers(1, 6),
    st.integers(0, 9),
)
WORDS = ["12", "123", "1 2 3", "a@b.c", "ab@", ".cc", "c3.b2.a1.b2.c3", "!", "!a", "a", "lol", "so"]
words = st.sampled_from([*WORDS, "so。", " ", " ", " ", ". ", "so. ", "\r\n", "\ud83d"])
sentences = st.lists(words, max_size=16).map("".join)
answers = sentences | sentences | st.text(ALPHABET, max_size=40)
cases = st.builds(
    Case,
    st.tuples(answers, answers, answers),
    tables,
    horizons,
    st.lists(st.integers(0, 4), max_size=20).map(tuple),
    st.lists(st.sampled_from([1.0, 2.0, 3.0]), max_size=12).map(tuple),
    st.integers(0, 2**32 - 1),
)


def chunkings(text: str, seed: int, count: int) -> Iterator[list[str]]:
    """Yield ways to cut a text: whole, by characters, and at random, with empty chunks."""
    yield [text]
    yield ["", *text, ""]
    draw = random.Random(seed)
    for _ in range(count - 2):
        places = sorted(draw.randint(0, len(text)) for _ in range(draw.randint(0, 12)))
        yield [text[a:b] for a, b in pairwise([0, *places, len(text)])]


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
