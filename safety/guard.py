"""A sampler under guard: the prompt is judged before it is sampled, the answer while it is."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from typing import Any, Literal, Protocol, final

from gemsieve.filters.filter import Filter
from gemsieve.filters.finding import Batch
from gemsieve.filters.policy import Action, Decision
from gemsieve.filters.remedy import strictest
from gemsieve.safety.choices import Choice, Said, released, stop
from gemsieve.safety.units import Horizon


class Sampler(Protocol):
    """A prompt in, chunks of text out; the guard is one too, so guards can be stacked.

    A chunk may be `Said`, with notes and readings.
    """

    def __call__(self, prompt: str, /) -> Iterator[str | Said[Any]]:
        """Return the chunks of one answer, in order; how it is cut into them is free."""


class Resampler(Protocol):
    """A prompt and a number in, chunks of another answer to it out: that of this attempt."""

    def __call__(self, prompt: str, attempt: int, /) -> Iterator[str | Said[Any]]:
        """Return the chunks of the answer of an attempt from 1 on; equal numbers, equal answers."""


@final
class Guarded(Iterator[str]):
    """Yield what may be released of one answer, and tell afterwards how it ended.

    The guard adds no words of its own but the policy's message: an answer cut short is one whose
    `finish_reason` is `content_filter`.

    Attributes:
        attempts: How many answers were begun.
        values: Of the notes that were released.
    """

    def __init__(
        self,
        prompt: Decision,
        chunks: Iterator[str | Said[Any]],
        again: Callable[[int], Iterator[str | Said[Any]]],
        choice: Choice[Any],
    ) -> None:
        self._prompt = prompt
        self._chunks = chunks
        self._again = again
        self._choice = choice
        self._released = self._screened()
        self._ended = False
        self.attempts = 0
        self.values: list[Any] = []

    def __iter__(self) -> Guarded:
        return self

    def __next__(self) -> str:
        return next(self._released)

    def close(self) -> None:
        """Stop the sampler; what is held back is never released."""
        self._released.close()
        stop(self._chunks)

    @property
    def prompt(self) -> Decision:
        """What was decided about the prompt, by this guard or by one inside it."""
        inner = self._chunks
        return stricter(self._prompt, inner.prompt) if isinstance(inner, Guarded) else self._prompt

    @property
    def output(self) -> Decision:
        """What was decided about the answer so far, by this guard or by one inside it."""
        inner, own = self._chunks, self._choice.decision
        return stricter(own, inner.output) if isinstance(inner, Guarded) else own

    @property
    def finish_reason(self) -> Literal["stop", "content_filter"] | None:
        """How the answer ended, in OpenAI's words; None until it has, or if the sampler failed."""
        if Action.DROP in (self.prompt.action, self.output.action):
            return "content_filter"
        return "stop" if self._ended else None

    @property
    def reasons(self) -> tuple[str, ...]:
        """The labels for which the answer was ended or refused, sorted; none if it was not."""
        if self.finish_reason != "content_filter":
            return ()
        return tuple(sorted({*self.prompt.reasons, *self.output.reasons}))

    def _screened(self) -> Generator[str]:
        if self._prompt.action is Action.DROP:
            if message := self._prompt.remedy.message:
                yield message
            return
        for part in released(self._choice, self._attempt):
            self.values += part.values
            if part.text:
                yield part.text
        self._ended = True

    def _attempt(self, number: int) -> Generator[Said[Any]]:
        self.attempts += 1
        if number:
            self._chunks = self._again(number)
        try:
            for chunk in self._chunks:
                yield Said(chunk) if isinstance(chunk, str) else chunk
        finally:
            stop(self._chunks)


def guarded(
    sampler: Sampler,
    filter: Filter,  # noqa: A002 - the field's word for it, here as everywhere
    horizon: Horizon | None = None,
    again: Resampler | None = None,
) -> Callable[[str], Guarded]:
    """Return the sampler under guard; it is a sampler itself.

    The prompt is judged first, by the rules for `prompt`: dropped, nothing is sampled; redacted,
    the sampler sees the redacted one. The answer is released as `act` says, for every chunking.
    What the sampler raises is raised, and what is held back then is never released.

    Args:
        sampler: Gives the first answer to a prompt.
        filter: Its policy has rules for `prompt` and for `output`.
        horizon: How answers are cut, and how far around a unit the guard looks.
        again: Gives others, where the policy says `regenerate`.

    Raises:
        LookupError: The policy has no rules for `prompt` or for `output`.
        ValueError: It says `regenerate`, and there is no `again`.
    """
    filter.setup("prompt")
    filter.setup("output")
    regenerate = again or never(filter)

    def sample(prompt: str, /) -> Guarded:
        verdict = filter(Batch([prompt]), "prompt")[0]
        passed = verdict.redacted
        chunks = iter(()) if passed is None else sampler(passed)
        decision = Decision(
            verdict.action, verdict.reasons, flags=verdict.flags, remedy=verdict.remedy
        )
        choice: Choice[Any] = Choice(filter, passed, horizon)
        return Guarded(decision, chunks, lambda attempt: regenerate(passed or "", attempt), choice)

    return sample


def never(filter: Filter) -> Resampler:  # noqa: A002
    """Return what stands for a resampler where the policy asks for none.

    Raises:
        ValueError: It asks for one.
    """
    for number, rule in enumerate(filter.policy.ruleset("output").rules, 1):
        if rule.remedy.attempts:
            raise ValueError(
                f'policy {filter.policy.name!r}: output[{number}] says then = "regenerate", and the'
                " sampler gives one answer only: pass again=, which gives others"
            )
    return lambda prompt, attempt: iter(())  # noqa: ARG005


def stricter(one: Decision, other: Decision) -> Decision:
    """Return the stricter of two decisions, with the labels of both where they agree."""
    flags = tuple(sorted({*one.flags, *other.flags}))
    if one.action is not other.action:
        strict = max(one, other, key=lambda decision: decision.action)
        return Decision(strict.action, strict.reasons, flags=flags, remedy=strict.remedy)
    reasons = tuple(sorted({*one.reasons, *other.reasons}))
    return Decision(one.action, reasons, flags=flags, remedy=strictest([one.remedy, other.remedy]))
