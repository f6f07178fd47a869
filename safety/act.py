"""What a policy makes of a text that is released piece by piece: the definition of the guard.

A text is cut into units (`units.py`). Each is judged, as one text, together with what stands
around it, by the policy's rules for `output`. Units are released in order, redacted where the
policy says so, up to the first whose window is dropped; nothing after it is. A stream gives the
same units, hence the same answer.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from gemsieve.filters.filter import Filter, Verdict
from gemsieve.filters.finding import Batch
from gemsieve.filters.operators.key import Key
from gemsieve.filters.policy import Action, Decision, Policy, Use
from gemsieve.filters.readings import COLUMN, Reading
from gemsieve.filters.redact import merge
from gemsieve.safety.notes import Note, Readings
from gemsieve.safety.units import Horizon, Unit, units
from gemsieve.safety.write import Mask, Written, touches, write

# Units judged at once: behind one that is dropped, no more than this many are judged in vain.
TOGETHER = 64


class Judge(Protocol):
    """What judges an answer's windows: a filter, or whoever asks one on the answer's behalf."""

    @property
    def policy(self) -> Policy:
        """By which policy."""

    def key(self, use: Use, /) -> Key | None:
        """Return the key that the rules of a use need."""

    def __call__(self, batch: Batch, use: Use, /) -> list[Verdict]:
        """Return a verdict for each text."""


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
    readings: Sequence[Note[Reading]] = (),
) -> Answer:
    """Return what the policy releases of a whole text: what the guard streams, for every chunking.

    `prompt` is shown to the detectors that read the column of that name, as are `readings` of the
    text's tokens, in order. No other text can be asked for: of several attempts, this is what
    becomes of the last.
    """
    screen = Screen(filter, prompt)
    screen.read(readings)
    released = screen.release(list(units(text, horizon or Horizon())))
    return Answer(released, screen.decision)


@dataclass
class Screen:
    """Judges units in order and says what is released of them; one for each answer.

    Attributes:
        attempt: How many answers were given up before this one; None where it is the last.
        decision: The strictest action so far, its labels, and flags of what was released; under
            DROP nothing more is.
        again: Whether the answer is given up for another: its first unit was dropped, and the
            policy allows one more attempt. Nothing of it has been released then.
    """

    filter: Judge
    prompt: str | None = None
    attempt: int | None = None
    decision: Decision = field(default=Decision(Action.KEEP), init=False)
    again: bool = field(default=False, init=False)
    _mask: Mask = field(default=Mask(), init=False)
    _begun: bool = field(default=False, init=False)
    _readings: Readings = field(default_factory=Readings, init=False)
    _place: int = field(default=0, init=False)

    def read(self, readings: Sequence[Note[Reading]]) -> None:
        """Take the readings of the next tokens.

        Raises:
            ValueError: They should have come before.
        """
        self._readings.add(readings)

    def release(self, units: Sequence[Unit]) -> str:
        """Return what is released of the next units."""
        return "".join(written.text for written in self.written(units))

    def written(self, units: Sequence[Unit]) -> list[Written]:
        """Return what is released of the next units, one by one, and the message that ends them."""
        released: list[Written] = []
        for unit, verdict in self._judged(units):
            if verdict.action is Action.DROP:
                return [*released, *self._dropped(verdict)]
            released.append(self._passed(unit, verdict))
        return released

    def _judged(self, units: Sequence[Unit]) -> Iterator[tuple[Unit, Verdict]]:
        """Judge each window as one text, until one is dropped; findings are in its own offsets."""
        for start in range(0, len(units), TOGETHER):
            if self.decision.action is Action.DROP:
                return
            some = units[start : start + TOGETHER]
            batch = Batch([unit.window for unit in some], self._columns(some))
            yield from zip(some, self.filter(batch, "output"), strict=True)

    def _columns(self, units: Sequence[Unit]) -> dict[str, list[str | None]]:
        """Return what is shown beside the windows of the next units."""
        read = [self._read(unit) for unit in units]
        columns: dict[str, list[str | None]] = {COLUMN: read} if self._readings.given else {}
        if self.prompt is not None:
            columns["prompt"] = [self.prompt] * len(units)
        return columns

    def _read(self, unit: Unit) -> str | None:
        """Return the readings of the next unit's window, if there are any."""
        start, self._place = self._place, self._place + len(unit.text)
        window = start - len(unit.before), self._place + len(unit.after)
        return self._readings.column(*window, last=not unit.open)

    def _passed(self, unit: Unit, verdict: Verdict) -> Written:
        edits = [edit for edit in merge(verdict.edits) if touches(unit, edit.span)]
        written, self._mask = write(unit, edits, self._mask, self.filter.key("output"))
        hits = [edit.finding.label for edit in verdict.edits if touches(unit, edit.span)]
        self.decision = Decision(
            Action.REDACT if edits else self.decision.action,
            tuple(sorted({*self.decision.reasons, *hits})),
            flags=tuple(sorted({*self.decision.flags, *verdict.flags})),
        )
        self._begun = True
        return written

    def _dropped(self, verdict: Verdict) -> list[Written]:
        remedy = verdict.remedy
        self.decision = Decision(
            Action.DROP, verdict.reasons, flags=self.decision.flags, remedy=remedy
        )
        left = 0 if self.attempt is None else remedy.attempts - self.attempt
        self.again = left > 0 and not self._begun
        return [] if self.again or not remedy.message else [Written(remedy.message, 0)]
