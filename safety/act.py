"""What a policy makes of a text that is released piece by piece: the definition of the guard.

A text is cut into units (`units.py`). Each is judged, as one text, together with what stands
around it, by the policy's rules for `output`. Units are released in order, redacted where the
policy says so, up to the first whose window is dropped; nothing after it is. A stream gives the
same units, hence the same answer.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from gemsieve.filters.filter import Filter, Verdict
from gemsieve.filters.finding import Batch, Span
from gemsieve.filters.operators.key import Key
from gemsieve.filters.operators.operator import Edit, placeholder
from gemsieve.filters.policy import Action, Decision
from gemsieve.filters.redact import merge
from gemsieve.safety.units import Horizon, Unit, units

SPACE = re.compile(r"\s")


@dataclass(frozen=True, slots=True)
class Answer:
    """What may be released of a text, and what was decided on the way."""

    text: str
    decision: Decision


def act(
    text: str,
    filter: Filter,  # noqa: A002 - the field's word for it, here as everywhere
    horizon: Horizon | None = None,
    prompt: str | None = None,
) -> Answer:
    """Return what the policy releases of a whole text: what the guard streams, for every chunking.

    `prompt` is shown to the detectors that read the column of that name.
    """
    screen = Screen(filter, prompt)
    released = screen.release(list(units(text, horizon or Horizon())))
    return Answer(released, screen.decision)


@dataclass(frozen=True, slots=True)
class Mask:
    """What earlier units hide of the one that comes.

    Attributes:
        length: So many of its first characters are redacted; their placeholder has been written.
        open: The redaction goes on behind them, up to the next white space.
    """

    length: int = 0
    open: bool = False


@dataclass
class Screen:
    """Judges units in order and says what is released of them; one for each answer.

    Attributes:
        decision: The strictest action so far and its labels; under DROP nothing more is released.
    """

    filter: Filter
    prompt: str | None = None
    decision: Decision = field(default=Decision(Action.KEEP), init=False)
    _mask: Mask = field(default=Mask(), init=False)

    def release(self, units: Sequence[Unit]) -> str:
        """Return what is released of the next units."""
        if self.decision.action is Action.DROP or not units:
            return ""
        released: list[str] = []
        verdicts = self._judge([unit.window for unit in units])
        for unit, verdict in zip(units, verdicts, strict=True):
            if verdict.action is Action.DROP:
                self.decision = Decision(Action.DROP, verdict.reasons)
                break
            edits = [edit for edit in merge(verdict.edits) if touches(unit, edit.span)]
            text, self._mask = write(unit, edits, self._mask, self.filter.key("output"))
            released.append(text)
            if edits:
                hits = [e for e in verdict.edits if touches(unit, e.span)]
                reasons = {*self.decision.reasons, *(e.finding.label for e in hits)}
                self.decision = Decision(Action.REDACT, tuple(sorted(reasons)))
        return "".join(released)

    def _judge(self, windows: Sequence[str]) -> list[Verdict]:
        """Judge each window as one text; findings are in its own offsets."""
        columns = {} if self.prompt is None else {"prompt": [self.prompt] * len(windows)}
        return self.filter(Batch(windows, columns), "output")


def touches(unit: Unit, span: Span) -> bool:
    """Say whether a span of the window covers a character of the unit itself."""
    start, end = span
    return end > len(unit.before) and start < len(unit.before) + len(unit.text)


def write(unit: Unit, edits: Sequence[Edit], mask: Mask, key: Key | None) -> tuple[str, Mask]:
    """Return the unit with what is edited in it written over, and what that hides of the next.

    A stretch that earlier units began is removed silently, for what stands for it is there
    already; one that overlaps it goes the same way. A redaction that touches the horizon's edge
    may go on behind it: patterns without a bound (e-mail, URL, IPv6) never cross white space, so
    everything up to the next white space is hidden with it.

    Args:
        unit: The unit.
        edits: Those of its window that touch it, disjoint and in order.
        mask: What earlier units hide of it.
        key: The operators' key.
    """
    offset, size, edge = len(unit.before), len(unit.text), len(unit.text) + len(unit.after)
    hidden, is_open = mask.length, mask.open
    if is_open and hidden <= size:
        space = SPACE.search(unit.text, hidden)
        hidden, is_open = (space.start(), False) if space else (size, True)
    pieces: list[str] = []
    for edit in edits:
        start, end = edit.span[0] - offset, edit.span[1] - offset
        if start >= hidden or not hidden:
            # Of a value that is not all here, an operator would make something of its own.
            whole = start >= 0 and (end < edge or not unit.open)
            new = edit.written(unit.window, key) if whole else placeholder(edit.entity)
            pieces += [unit.text[hidden : max(start, 0)], new]
        hidden, is_open = max(hidden, end), is_open or end == edge
    pieces.append(unit.text[hidden:])
    return "".join(pieces), Mask(max(0, hidden - size), is_open)
