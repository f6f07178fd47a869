"""The messages of a prompt, judged alone and together: a value spread over several shows in none.

Texts that the model reads one after the other are joined, and so are those of each speaker,
whatever others said between; with a space, as between words, and with nothing, as within one. Where
two of them meet is a seam. It is judged with what stands around it, as the guard judges a unit: a
look.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from typing import final

from gemsieve.filters.filter import ROUNDS, Verdict
from gemsieve.filters.operators.key import Key
from gemsieve.filters.operators.operator import Edit
from gemsieve.filters.operators.plain import REDACT
from gemsieve.filters.policy import Action
from gemsieve.filters.redact import rewrite
from gemsieve.safety.units import Horizon
from gemsieve.safety.write import SPACE

# A line's end is not among them: the shipped detectors read no value over one.
JOINS = (" ", "")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a message stands in a joined text, without the white space around it.

    Attributes:
        number: Which message.
        at: Where its first character would stand.
        start: The first of it that is not white space.
        end: Behind the last.
    """

    number: int
    at: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Look:
    """What stands around a seam, or around several near each other.

    Attributes:
        text: All that is judged.
        places: Of each message of which it shows a part.
    """

    text: str
    places: tuple[Place, ...]

    def edits(self, edit: Edit, texts: Sequence[str]) -> list[tuple[int, Edit]]:
        """Return what an edit of this text comes to in each message.

        A value spread over several has a placeholder in each. Where it reaches an edge of the look
        it may go on behind that: it is hidden up to the next white space.
        """
        start, end = edit.span
        spans = [
            (p.number, max(p.start, start - p.at), min(p.end, end - p.at)) for p in self.places
        ]
        among = [(number, left, right) for number, left, right in spans if left < right]
        if len(among) > 1:
            edit = replace(edit, operator=REDACT)
            if start == 0:
                number, left, right = among[0]
                among[0] = number, begin(texts[number], left), right
            if end == len(self.text):
                number, left, right = among[-1]
                among[-1] = number, left, finish(texts[number], right)
        return [
            (number, replace(edit, finding=replace(edit.finding, span=(left, right))))
            for number, left, right in among
        ]

    def cuts(self, edit: Edit) -> bool:
        """Say whether an edit touches an edge of the look at which a message is cut."""
        first, last = self.places[0], self.places[-1]
        before, behind = first.at + first.start < 0, last.at + last.end > len(self.text)
        return (before and edit.span[0] == 0) or (behind and edit.span[1] == len(self.text))


def begin(text: str, place: int) -> int:
    """Return where the word begins that a place is in."""
    return max((space.end() for space in SPACE.finditer(text, 0, place)), default=0)


def finish(text: str, place: int) -> int:
    """Return where the word ends that a place is in."""
    space = SPACE.search(text, place)
    return space.start() if space else len(text)


def looks(
    texts: Sequence[str], speakers: Sequence[str], since: int = 0, horizon: Horizon | None = None
) -> list[Look]:
    """Return the looks at messages, in order.

    Each seam is seen with `horizon.before` characters before it and `horizon.after` behind it,
    where there are so many; seams within `horizon.longest` are seen at once. So a character is
    judged `1 + ceil((before + after) / longest)` times at most in each joined text: 2, 8 in all.

    Args:
        texts: Of the messages.
        speakers: Who says each.
        since: The first message that is new: its seams, and those behind it, are looked at.
        horizon: How far around a seam is looked.
    """
    spoken = [number for number, text in enumerate(texts) if text.strip()]
    own = [[n for n in spoken if speakers[n] == one] for one in dict.fromkeys(speakers)]
    found = (
        look
        for order in (spoken, *own)
        for join in JOINS
        for look in along(texts, order, join, since, horizon or Horizon())
    )
    return list(dict.fromkeys(found))


def along(
    texts: Sequence[str], order: Sequence[int], join: str, since: int, horizon: Horizon
) -> Iterator[Look]:
    """Yield the looks at messages in this order, joined so.

    White space around a message is left out: models are shown turns without it.
    """
    bare = [texts[number].strip() for number in order]
    whole = join.join(bare)
    starts = [0, *accumulate(len(text) + len(join) for text in bare)][: len(order)]
    at = max(1, bisect_left(order, since))
    while at < len(order):
        low = max(0, starts[at] - len(join) - horizon.before)
        at = bisect_right(starts, starts[at] + horizon.longest)
        high = starts[at - 1] + horizon.after
        shown = range(bisect_right(starts, low) - 1, bisect_left(starts, high))
        places = (place(texts[order[i]], order[i], starts[i] - low) for i in shown)
        yield Look(whole[low:high], tuple(places))


def place(text: str, number: int, stands: int) -> Place:
    """Return the place of a message whose text, without white space around it, stands there."""
    start = len(text) - len(text.lstrip())
    return Place(number, stands - start, start, len(text.rstrip()))


@final
class Messages:
    """The messages of a prompt, judged until nothing more of them is written over.

    Whoever judges goes on while something is asked:

        while asked := messages.asked:
            messages.take(judge(Batch(asked), "prompt"))

    Attributes:
        texts: The messages as they may be read.
        verdicts: All that was said of them and of what they are together.
        dropped: The verdict for which they may not be read; None where they may.
    """

    def __init__(
        self,
        texts: Sequence[str],
        speakers: Sequence[str],
        key: Key | None = None,
        since: int = 0,
        horizon: Horizon | None = None,
    ) -> None:
        """Begin with messages, each with its speaker.

        Args:
            texts: The messages.
            speakers: Who says each.
            key: The operators'.
            since: The first that is new; those before were judged when they were.
            horizon: How far around a seam is looked.
        """
        self.texts, self._speakers, self._key = list(texts), speakers, key
        self._since, self._horizon = since, horizon
        self.verdicts: list[Verdict] = []
        self.dropped: Verdict | None = None
        self._alone = list(range(since, len(texts)))
        self._looks: list[Look] = []
        self._looked: set[Look] = set()
        self._rounds = 0

    @property
    def verdict(self) -> Verdict:
        """What is decided: that for which they are dropped, or that on the last as it may be read.

        Raises:
            IndexError: There are no new messages, or nothing was taken yet.
        """
        last = self.verdicts[len(self.texts) - self._since - 1]
        return self.dropped or replace(last, redacted=self.texts[-1])

    @property
    def asked(self) -> list[str]:
        """What is to be judged next, each as one text; nothing when all is decided."""
        return [self.texts[number] for number in self._alone] or [look.text for look in self._looks]

    def take(self, verdicts: Sequence[Verdict]) -> None:
        """Take the verdicts on what was asked."""
        self.verdicts += verdicts
        self.dropped = next((one for one in verdicts if one.action is Action.DROP), None)
        if self.dropped:
            self._alone, self._looks = [], []
        elif self._alone:
            for number, verdict in zip(self._alone, verdicts, strict=True):
                self.texts[number] = verdict.redacted or ""
            self._alone = []
            self._look()
        else:
            self._looked.update(self._looks)
            self._write_over(self._found(verdicts))

    def _look(self) -> None:
        """Look at what has not been looked at: a look that is as it was shows what it did."""
        every = looks(self.texts, self._speakers, self._since, self._horizon)
        self._looks = [look for look in every if look not in self._looked]

    def _write_over(self, edits: Mapping[int, Sequence[Edit]]) -> None:
        """Write over what looks have found; then what has changed by that is judged once more."""
        before = list(self.texts)
        for number, some in edits.items():
            self.texts[number] = rewrite(before[number], some, self._key).text
        self._looks = []
        self._rounds += 1
        if self.texts != before and self._rounds == ROUNDS:
            self.dropped = Verdict(Action.DROP, ("unstable.redaction",), None, ())
        elif self.texts != before:
            new = range(self._since, len(before))
            self._alone = [n for n in new if self.texts[n] != before[n]]
            if not self._alone:
                self._look()

    def _found(self, verdicts: Sequence[Verdict]) -> dict[int, list[Edit]]:
        """Return what looks write over in each message.

        What lies in one message was decided by the look at that alone, unless it is one that the
        others show in another light, and stands there whole.
        """
        found: dict[int, list[Edit]] = defaultdict(list)
        for look, verdict in zip(self._looks, verdicts, strict=True):
            for edit in verdict.edits:
                parts = look.edits(edit, self.texts)
                new = bool(parts) and parts[0][0] >= self._since
                if len(parts) > 1 or (new and not look.cuts(edit)):
                    for number, part in parts:
                        found[number].append(part)
        return found
