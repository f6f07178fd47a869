"""A conversation: turns that a model answers, each under guard."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from gemsieve.filters.filter import Filter
from gemsieve.filters.finding import Batch
from gemsieve.filters.policy import Action, Decision
from gemsieve.model.sampling.chat import Turn
from gemsieve.safety.choices import Choice, Said, stop
from gemsieve.safety.guard import Guarded
from gemsieve.safety.prompts import Messages

KEPT = Decision(Action.KEEP)


class Conversation:
    """Remember what was asked and answered, and ask again.

    The model remembers no more than it heard and the guard released: a message that the guard
    redacts is remembered redacted, one that it drops not at all, an answer as far as it came out.
    A message is judged alone and together with those before it (`prompts.py`): of a value that is
    spread over several each part is written over.

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
        self.reasons, turns = (), self.turns
        if self._filter:
            messages = self._judged(self._filter, text)
            if messages.dropped:
                self.reasons = messages.dropped.reasons
                yield from filter(None, [messages.dropped.remedy.message])
                return
            *passed, text = messages.texts
            turns = tuple(Turn(turn.role, said) for turn, said in zip(turns, passed, strict=True))
        heard: list[Turn] = []

        def listen(attempt: int) -> Iterator[str | Said[Any]]:
            chunks = self._write([*turns, Turn("user", text)], attempt)
            heard[:] = [Turn("user", text)]
            return chunks

        answer = listen(0)
        if self._filter:  # the message itself is judged by now
            answer = Guarded(KEPT, answer, listen, Choice(self._filter, text))
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
                self.turns = (*turns, *heard, Turn("model", "".join(said)))
            if isinstance(answer, Guarded):
                self.reasons = answer.reasons

    def _judged(self, judge: Filter, text: str) -> Messages:
        """Return what may be read of the conversation with a message more."""
        turns, since = (*self.turns, Turn("user", text)), len(self.turns)
        said, speakers = [turn.text for turn in turns], [turn.role for turn in turns]
        messages = Messages(said, speakers, judge.key("prompt"), since)
        while asked := messages.asked:
            messages.take(judge(Batch(asked), "prompt"))
        return messages
