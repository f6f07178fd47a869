"""A conversation: turns that a model answers, each under guard."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from gemsieve.filters.filter import Filter
from gemsieve.model.sampling.chat import Turn
from gemsieve.safety.choices import Said, stop
from gemsieve.safety.guard import Guarded, guarded


class Conversation:
    """Remember what was asked and answered, and ask again.

    The model remembers no more than it heard and the guard released: a message that the guard
    redacts is remembered redacted, one that it drops not at all, an answer as far as it came out.
    Each message is judged alone, not with those before it.

    Attributes:
        turns: What was said so far.
        reasons: The labels for which the guard ended the last answer; none if it did not.
    """

    def __init__(
        self,
        write: Callable[[Sequence[Turn], int], Iterator[str | Said[Any]]],
        filter: Filter | None = None,  # noqa: A002 - the field's word for it, here as everywhere
        system: str = "",
    ) -> None:
        """Talk with what `write` answers to turns, under a filter's rules or unguarded.

        It is told how many answers to these turns the guard has given up for another.

        Raises:
            LookupError: The policy has no rules for `prompt` or for `output`.
        """
        if filter:
            filter.setup("prompt")
            filter.setup("output")
        self._write = write
        self._filter = filter
        self._opening = (Turn("system", system),) if system else ()
        self.turns: tuple[Turn, ...] = self._opening
        self.reasons: tuple[str, ...] = ()

    def reset(self) -> None:
        """Forget all but what the system said."""
        self.turns, self.reasons = self._opening, ()

    def ask(self, text: str) -> Iterator[str]:
        """Yield the answer to a message as it may be released.

        What `write` raises is raised, and nothing of the message is remembered then.
        """
        heard: list[Turn] = []

        def listen(message: str, attempt: int = 0) -> Iterator[str | Said[Any]]:
            chunks = self._write([*self.turns, Turn("user", message)], attempt)
            heard[:] = [Turn("user", message)]
            return chunks

        self.reasons = ()
        judge = self._filter
        guard = guarded(listen, judge, again=listen) if judge else listen
        answer = guard(text)
        said: list[str] = []
        try:
            for chunk in answer:
                said.append(chunk if isinstance(chunk, str) else chunk.text)
                yield said[-1]
        except Exception:
            heard.clear()
            raise
        finally:
            stop(answer)
            if heard:
                self.turns = (*self.turns, *heard, Turn("model", "".join(said)))
            if isinstance(answer, Guarded):
                self.reasons = answer.reasons
