"""Take a slice through the steps of a job, in a child; find and set aside what ends children.

Which record is to blame is found by judging those that the child was at one by one. It is set
aside, and the slice is begun anew without it: every other record is judged just as ever, in the
same batches, so that their verdicts and bytes are those of a corpus in which it could not be read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

from gemsieve.pipeline.job import Job
from gemsieve.pipeline.reading.slices import Slice
from gemsieve.pipeline.watch.spans import span
from gemsieve.pipeline.workers.aside import read_aside, write_aside
from gemsieve.pipeline.workers.children import Fallen, Limits, children
from gemsieve.pipeline.workers.place import IDLE, Place

MOST_ASIDE = 32  # of one slice: more are no accidents of single documents
MOST_FALLS = 3  # of a slice, that no record is to blame for
WORDS = {
    "timed_out": "took too long",
    "out_of_memory": "took too much memory",
    "crashed": "crashed",
}


class StepError(RuntimeError):
    """A slice cannot be worked on; names it, says why and what to do, and holds no words."""


class Step(Protocol):
    """One step of a job; plain values, so that it travels. Its models load in the child."""

    @property
    def job(self) -> Job:
        """The job."""

    @property
    def name(self) -> str:
        """A word for it, in messages."""

    def done(self, piece: Slice) -> bool:
        """Say whether this slice was finished, by this attempt or an earlier one."""

    def forget(self, piece: Slice) -> None:
        """Have this slice begun anew."""

    def work(self, piece: Slice, place: Place) -> object:
        """Work on all that is not set aside, mark each place, and note last what `done` finds."""

    def probe(self, piece: Slice, place: Place, first: int, last: int) -> object:
        """Judge these records, if no others, one at a time and without an outcome."""

    def counts(self, piece: Slice) -> Mapping[str, int]:
        """Return what came of a slice that is done, for those who watch."""


def take(steps: Sequence[Step], piece: Slice, limits: Limits) -> Iterator[tuple[str, int]]:
    """Take one slice through steps, and yield what is to be counted.

    Raises:
        StepError: A child ends again and again.
        FailedError: The work cannot be done.
    """
    falls = 0
    while left := [step for step in steps if not step.done(piece)]:
        for step in left:
            try:
                with span(step.name, slice=piece.number):
                    children(limits).ask(step, "work", piece)
                yield from step.counts(piece).items()
            except Fallen as fall:
                if named(step, piece, fall, limits):
                    for each in steps:
                        each.forget(piece)
                elif (falls := falls + 1) >= MOST_FALLS:
                    raise StepError(puzzling(step, piece, fall)) from None
                break
        else:  # whatever is missing after all did their work, the books will miss
            return


def named(step: Step, piece: Slice, fall: Fallen, limits: Limits) -> bool:
    """Set aside the records that end children at the place of a fall; False if none does.

    Raises:
        StepError: One cannot even be read, or there are too many.
    """
    aside, doubted, found = read_aside(step.job.aside, piece.number), set[int](), False
    while fall.spot.phase != IDLE:
        try:
            children(limits).ask(step, "probe", piece, fall.spot.first, fall.spot.last)
            break
        except Fallen as again:
            record = again.spot.first
            if again.spot.phase == IDLE:
                break
            if again.outside and record not in doubted:
                doubted.add(record)  # somebody may have ended just this child: ask once more
                continue
            if record in aside:  # its reader has to look into it, to find the next one
                del aside[record]
                write_aside(step.job.aside, piece.number, aside)
                raise StepError(
                    f"{piece.source}:{record}: {WORDS[again.reason]} while it was read; take this"
                    " record out of the input"
                ) from None
            if len(aside) == MOST_ASIDE:
                raise StepError(
                    f"{piece.source}:{record}: {WORDS[again.reason]} in the {step.name}, as"
                    f" {MOST_ASIDE} records of slice {piece.number} did before; mend the detector"
                    " at fault, or switch it off in the policy"
                ) from None
            aside[record], found = again.reason, True
            write_aside(step.job.aside, piece.number, aside)
    return found


def puzzling(step: Step, piece: Slice, fall: Fallen) -> str:
    """Say that no record is to blame for the falls of a slice."""
    spot = fall.spot
    where = (
        "beside its records" if spot.phase == IDLE else f"at records {spot.first} to {spot.last}"
    )
    return (
        f"{piece.source}: slice {piece.number}: the {step.name} {WORDS[fall.reason]} {where},"
        f" {MOST_FALLS} times, and no single record is to blame; give it more memory or time"
    )
