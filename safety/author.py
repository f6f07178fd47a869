"""A model that writes several answers at once, for whoever serves it; threads, and no HTTP."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING, final

from gemsieve.filters.filter import UNJUDGED, Filter
from gemsieve.safety.choices import Choice, Said, released, said

if TYPE_CHECKING:
    from gemsieve.model.sampling.chat import Turn
    from gemsieve.model.sampling.engine import Engine
    from gemsieve.model.sampling.request import Prefix
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


@final
class Prompt:
    """A prompt that is read once, when the first of its answers begins, for all of them."""

    def __init__(self, pieces: Sequence[int]) -> None:
        """Take its tokens, `<bos>` and all."""
        self._pieces = pieces
        self._read: Prefix | None = None
        self._lock = Lock()

    def read(self, engine: Engine) -> Prefix:
        """Return what answers go on from."""
        with self._lock:
            if self._read is None:
                self._read = engine.prefix(self._pieces)
            return self._read


@dataclass(frozen=True, kw_only=True)
class Task:
    """One answer that is asked for.

    Attributes:
        prompt: What is to be answered; answers with one prompt share what is read of it.
        temperature: As of `Drawing`.
        top_p: As of `Drawing`.
        seed: Of the random numbers; any whole number.
        max_tokens: The most tokens written.
        stop: Strings that end the answer and are not part of it.
    """

    prompt: Prompt
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

    def __init__(  # noqa: PLR0913 - each but the first two can be left out
        self,
        name: str,
        load: Callable[[], tuple[Engine, Tokenizer]],
        *,
        rows: int = 8,
        waiting: int = 64,
        longest: int = 1024,
        warm: int = 2048,
    ) -> None:
        """Name a model; `load` reads it when `prove` is called.

        Args:
            name: What it is called.
            load: Reads it.
            rows: How many answers are written at once.
            waiting: How many may wait.
            longest: The most tokens of one.
            warm: Prompts of up to so many tokens wait for no compiler.
        """
        self.name, self.longest = name, longest
        self._load, self._most, self._warm = load, rows + waiting, warm
        self._pool = ThreadPoolExecutor(rows, "author")
        self._under_way: set[Future[None]] = set()
        self.broken = False

    @property
    def under_way(self) -> int:
        """How many answers are being written, or wait."""
        return len(self._under_way)

    def prove(self, judge: Filter) -> None:
        """Read the model and write some tokens under guard; nothing else works before.

        A program is compiled for each length that prompts are padded to, and all answers would wait
        for it: so prompts of all these lengths are tried.

        Raises:
            CheckpointError: There is no model.
            RuntimeError: What it wrote could not be judged.
        """
        self._engine, self._tokenizer = self._load()
        task = Task(prompt=Prompt(self.begun_by(SENTENCE)), max_tokens=TRIED)
        choice: Choice[Token] = Choice(judge, SENTENCE)
        for _ in released(choice, lambda attempt: self.write(task, attempt)):
            pass
        faults = [label for label in choice.decision.reasons if label.startswith(UNJUDGED)]
        if faults:
            raise RuntimeError(f"the self-test of {self.name} ended with {faults[0]}")
        self._try_lengths()

    def _try_lengths(self) -> None:
        for length in lengths(min(self._warm, self._engine.config.max_length - 1)):
            prompt = Prompt(self.begun_by("")[:1] * length)
            for _ in self.write(Task(prompt=prompt, max_tokens=TRIED), 0):
                pass

    @property
    def knows_turns(self) -> bool:
        """Whether it can be asked with a conversation: its tokenizer has marks of turns."""
        return self._tokenizer.turns is not None

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
            tokens=(),
            prefix=task.prompt.read(self._engine),
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
        try:
            with closing(self.begin(task, attempt)) as answer:
                for chunk in answer:
                    yield said(chunk)
        except (FloatingPointError, ValueError):
            raise  # of this request alone
        except Exception:
            self.broken = True
            raise
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


def lengths(most: int) -> Iterator[int]:
    """Yield a length for each program that a prompt of up to so many tokens may need, ascending."""
    from gemsieve.model.sampling.engine import bucket

    size = bucket(1)
    while size < most:
        yield size
        size = bucket(size + 1)
    yield most
