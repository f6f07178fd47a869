"""One answer under guard with all that belongs to its text: log probabilities, arguments of tools.

What stands beside a text says as much as the text. So each such thing is a note on a stretch of the
text, and leaves when that stretch has left as it was written, or never. An answer of several
choices has one `Choice` each, and nothing is shared between them.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Generic, TypeVar, final

from gemsieve.filters.finding import Span
from gemsieve.filters.policy import Action, Decision
from gemsieve.filters.readings import Reading
from gemsieve.safety.act import Judge, Screen
from gemsieve.safety.notes import Note
from gemsieve.safety.units import Cutter, Horizon
from gemsieve.safety.write import Written

if TYPE_CHECKING:
    from gemsieve.model.sampling.writing import Answer, Chunk, Token

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Said(Generic[T]):
    """The next piece of an answer, unjudged.

    Attributes:
        text: It.
        notes: On it; they may come before all of their text has, and in any order.
        readings: Of the tokens whose first character is in it, or of later ones, in order.
    """

    text: str
    notes: Sequence[Note[T]] = ()
    readings: Sequence[Note[Reading]] = ()


@dataclass(frozen=True, slots=True)
class Released(Generic[T]):
    """What may leave now: text, and the values of notes on text that left as it was written."""

    text: str
    values: tuple[T, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.text or self.values)


@final
class Choice(Generic[T]):
    """Take one answer as it is written, and give what may be released of it.

    Attributes:
        count: How many notes have been released: what a count of tokens may tell.
    """

    def __init__(
        self,
        filter: Judge,  # noqa: A002 - the field's word for it, here as everywhere
        prompt: str | None = None,
        horizon: Horizon | None = None,
    ) -> None:
        """Begin an answer to a prompt, which is shown to the detectors that read it.

        Raises:
            LookupError: The policy has no rules for `output`.
        """
        filter.policy.ruleset("output")
        self._filter, self._prompt, self._horizon = filter, prompt, horizon or Horizon()
        self._begin(0)

    def _begin(self, attempt: int) -> None:
        self.attempt, self.count = attempt, 0
        self._screen = Screen(self._filter, self._prompt, attempt)
        self._cutter = Cutter(self._horizon)
        self._waiting: list[Note[T]] = []
        self._hidden: list[Span] = []
        self._place = 0

    @property
    def decision(self) -> Decision:
        """What was decided so far."""
        return self._screen.decision

    @property
    def dropped(self) -> bool:
        """Whether nothing more is released."""
        return self.decision.action is Action.DROP

    @property
    def again(self) -> bool:
        """Whether the policy wants another answer in place of this one: see `restart`."""
        return self._screen.again

    def restart(self) -> None:
        """Forget the answer, of which nothing was released, and take another one."""
        self._begin(self.attempt + 1)

    def feed(self, said: Said[T]) -> Released[T]:
        """Take the next piece and return what may leave.

        Raises:
            ValueError: A reading came later than its text.
        """
        self._screen.read(said.readings)
        self._waiting += said.notes
        written = self._screen.written(self._cutter.feed(said.text))
        if written or any(note.span[1] <= self._place for note in said.notes):
            return self._release(written)
        return Released("")

    def finish(self) -> Released[T]:
        """Return what was held back, now that the answer has ended."""
        return self._release(self._screen.written(self._cutter.finish()))

    def _release(self, written: Sequence[Written]) -> Released[T]:
        """Take what leaves of the text, and let the notes go whose stretch is decided now."""
        for stretch in written:
            self._hidden += [(self._place + a, self._place + b) for a, b in stretch.hidden]
            self._place += stretch.length
        settled = [note for note in self._waiting if note.span[1] <= self._place]
        self._waiting = [note for note in self._waiting if note.span[1] > self._place]
        values = tuple(note.value for note in settled if self._stands(note.span))
        self.count += len(values)
        return Released("".join(stretch.text for stretch in written), values)

    def _stands(self, span: Span) -> bool:
        """Say whether a stretch of what was released stands as it was written."""
        at = bisect_right(self._hidden, span[0], key=lambda hidden: hidden[1])
        return at == len(self._hidden) or self._hidden[at][0] >= span[1]


def released(
    choice: Choice[T], sampler: Callable[[int], Iterator[Said[T]]]
) -> Generator[Released[T]]:
    """Yield what may leave of an answer, and ask for another where the policy wants it.

    Args:
        choice: Takes the answer; it tells afterwards what was decided.
        sampler: Begins the answer of an attempt, counted from 0; another attempt, other words.
    """
    while True:
        answer = sampler(choice.attempt)
        try:
            for said in answer:
                if out := choice.feed(said):
                    yield out
                if choice.dropped:
                    break
            else:
                if out := choice.finish():
                    yield out
        finally:
            stop(answer)
        if not choice.again:
            return
        choice.restart()


def stop(chunks: object) -> None:
    """Close an iterator that can be closed, as generators can."""
    close = getattr(chunks, "close", None)
    if close is not None:
        close()


def heard(answer: Answer) -> Iterator[Said[Token]]:
    """Yield what a model says as the guard takes it, and end the answer with the reading."""
    try:
        yield from map(said, answer)
    finally:
        answer.close()


def said(chunk: Chunk) -> Said[Token]:
    """Return a chunk of the model's with its tokens as notes.

    Tokens that the model might have written instead are not the answer's: nobody judges them, so
    they are left out, but for the one that was written.
    """
    told = list(zip(chunk.tokens, chunk.spans, strict=True))
    return Said(
        chunk.text,
        [
            Note(span, replace(token, top=tuple(t for t in token.top if t.piece == token.piece)))
            for token, span in told
        ],
        [Note(span, token.reading) for token, span in told if token.reading],
    )
