"""The guard: a sampler around a sampler, under the policy that also sieved the corpus."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from typing import Literal, Protocol, final

from gemsieve.filters.filter import Filter
from gemsieve.filters.finding import Batch
from gemsieve.filters.policy import Action, Decision
from gemsieve.safety.act import Screen
from gemsieve.safety.units import Cutter, Horizon


class Sampler(Protocol):
    """A prompt in, chunks of text out; the guard is one too, so guards can be stacked."""

    def __call__(self, prompt: str, /) -> Iterator[str]:
        """Return the chunks of one answer, in order; how it is cut into them is free."""


@final
class Guarded(Iterator[str]):
    """Yield what may be released of one answer, and tell afterwards how it ended.

    The guard adds no words of its own: an answer cut short is one whose `finish_reason` is
    `content_filter`.
    """

    def __init__(
        self, prompt: Decision, chunks: Iterator[str], horizon: Horizon, screen: Screen
    ) -> None:
        self._prompt = prompt
        self._chunks = chunks
        self._screen = screen
        self._released = self._screened(Cutter(horizon))
        self._ended = False

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
        inner, own = self._chunks, self._screen.decision
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

    def _screened(self, cutter: Cutter) -> Generator[str]:
        try:
            for chunk in self._chunks:
                if text := self._screen.release(cutter.feed(chunk)):
                    yield text
                if self._screen.decision.action is Action.DROP:
                    return
            if text := self._screen.release(cutter.finish()):
                yield text
            self._ended = True
        finally:
            stop(self._chunks)


def guarded(
    sampler: Sampler,
    filter: Filter,  # noqa: A002 - the field's word for it, here as everywhere
    horizon: Horizon | None = None,
) -> Callable[[str], Guarded]:
    """Return the sampler under guard; it is a sampler itself.

    The prompt is judged first, by the rules for `prompt`: dropped, nothing is sampled; redacted,
    the sampler sees the redacted one. The answer is released as `act` says, for every chunking.
    What the sampler raises is raised, and what is held back then is never released.

    Raises:
        LookupError: The policy has no rules for `prompt` or for `output`.
    """
    filter.setup("prompt")
    filter.setup("output")

    def sample(prompt: str, /) -> Guarded:
        verdict = filter(Batch([prompt]), "prompt")[0]
        passed = verdict.redacted
        chunks = iter(()) if passed is None else sampler(passed)
        decision = Decision(verdict.action, verdict.reasons)
        return Guarded(decision, chunks, horizon or Horizon(), Screen(filter, passed))

    return sample


def stop(chunks: Iterator[str]) -> None:
    """Close an iterator that can be closed, as generators can."""
    close = getattr(chunks, "close", None)
    if close is not None:
        close()


def stricter(one: Decision, other: Decision) -> Decision:
    """Return the stricter of two decisions, with the labels of both where they agree."""
    if one.action is not other.action:
        return max(one, other, key=lambda decision: decision.action)
    return Decision(one.action, tuple(sorted({*one.reasons, *other.reasons})))
