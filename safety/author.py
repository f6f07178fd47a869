"""A model that writes several answers at once, for whoever serves it; threads, and no HTTP."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, final

from gemsieve.filters.filter import UNJUDGED, Filter
from gemsieve.safety.choices import Choice, Said, released, said

if TYPE_CHECKING:
    from gemsieve.model.sampling.chat import Turn
    from gemsieve.model.sampling.engine import Engine
    from gemsieve.model.sampling.writing import Answer, Token
    from gemsieve.model.tokenizer import Tokenizer

# Seeds of one attempt lie this far from the next one's: more than there are answers to a prompt.
ATTEMPT = 1 << 16
# Of the self-tests: what is written and what is judged before anybody asks.
SENTENCE = "The weather is fine today."
# Tokens of the self-test: the first comes with the prompt, others from the engine's loop.
TRIED = 2


class BusyError(Exception):
    """As many answers wait as may."""


@dataclass(frozen=True, kw_only=True)
class Task:
    """One answer that is asked for.

    Attributes:
        pieces: The prompt's tokens, `<bos>` and all.
        temperature: As of `Drawing`.
        top_p: As of `Drawing`.
        seed: Of the random numbers; any whole number.
        max_tokens: The most tokens written.
        stop: Strings that end the answer and are not part of it.
    """

    pieces: tuple[int, ...]
    temperature: float = 1.0
    top_p: float = 1.0
    seed: int = 0
    max_tokens: int = 128
    stop: tuple[str, ...] = ()


@final
class Author:
    """Writes on the rows of one engine, a thread for each row; what finds none free waits.

    The threads share the engine: whichever waits for a token has it work a step for all.

    Attributes:
        name: What the model is called.
        longest: The most tokens of one answer.
        broken: Whether the engine has failed otherwise than on one prompt; nothing is sure then.
    """

    def __init__(
        self,
        name: str,
        load: Callable[[], tuple[Engine, Tokenizer]],
        *,
        rows: int = 8,
        waiting: int = 64,
        longest: int = 1024,
    ) -> None:
        """Name a model; `load` reads it when `prove` is called. `waiting` answers may wait."""
        self.name, self.longest = name, longest
        self._load, self._most = load, rows + waiting
        self._pool = ThreadPoolExecutor(rows, "author")
        self._under_way: set[Future[None]] = set()
        self.broken = False

    @property
    def under_way(self) -> int:
        """How many answers are being written, or wait."""
        return len(self._under_way)

    def prove(self, judge: Filter) -> None:
        """Read the model and write some tokens under guard; nothing else works before.

        Raises:
            CheckpointError: There is no model.
            RuntimeError: What it wrote could not be judged.
        """
        self._engine, self._tokenizer = self._load()
        task = Task(pieces=self.begun_by(SENTENCE), max_tokens=TRIED)
        choice: Choice[Token] = Choice(judge, SENTENCE)
        for _ in released(choice, lambda attempt: self.write(task, attempt)):
            pass
        faults = [label for label in choice.decision.reasons if label.startswith(UNJUDGED)]
        if faults:
            raise RuntimeError(f"the self-test of {self.name} ended with {faults[0]}")

    def begun_by(self, text: str) -> tuple[int, ...]:
        """Return the tokens of a text that is to be continued."""
        from gemsieve.model.tokenizer import BOS

        return (BOS, *self._tokenizer.encode(text))

    def asked_by(self, turns: Sequence[Turn]) -> tuple[int, ...]:
        """Return the tokens of a conversation whose last turn is to be answered.

        Raises:
            ValueError: It is none, or the model knows no turns.
        """
        from gemsieve.model.sampling.chat import prompt

        return tuple(prompt(self._tokenizer, turns))

    def check(self, pieces: Sequence[int]) -> None:
        """Raise ValueError for a prompt that leaves no room for an answer."""
        room = self._engine.config.max_length - 1
        if len(pieces) > room:
            raise ValueError(f"the prompt has {len(pieces)} tokens; the model reads {room}")

    def begin(self, task: Task, attempt: int) -> Answer:
        """Begin an answer; other attempts have other seeds."""
        from gemsieve.model.sampling.draw import Drawing
        from gemsieve.model.sampling.request import Request
        from gemsieve.model.sampling.writing import Answer

        request = Request(
            tokens=task.pieces,
            drawing=Drawing(temperature=task.temperature, top_p=task.top_p),
            seed=(task.seed + attempt * ATTEMPT) % (1 << 32),
            max_new_tokens=min(task.max_tokens, self.longest),
            ends=self._tokenizer.ends,
        )
        return Answer(self._tokenizer, self._engine.submit(request), task.stop)

    def write(self, task: Task, attempt: int) -> Generator[Said[Token], None, str | None]:
        """Yield an answer's chunks, unjudged, with their tokens as notes; return how it ended.

        Raises:
            FloatingPointError: The model's logits are not finite.
        """
        answer = self.begin(task, attempt)
        try:
            for chunk in answer:
                yield said(chunk)
        except FloatingPointError:
            raise
        except Exception:
            self.broken = True
            raise
        finally:
            answer.close()
        return answer.finish_reason

    def start(self, works: Sequence[Callable[[], None]]) -> None:
        """Do each of these in a thread of its own, as soon as there is a row for it.

        Raises:
            BusyError: They are too many; none is begun.
        """
        if len(self._under_way) + len(works) > self._most:
            raise BusyError
        for work in works:
            future = self._pool.submit(work)
            self._under_way.add(future)
            future.add_done_callback(self._under_way.discard)

    def close(self) -> None:
        """End the threads; whoever has begun something stops it first."""
        self._pool.shutdown(cancel_futures=True)
