"""The tokens of one request, as they come."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Literal, Protocol, final

from gemsieve.filters.readings import Reading
from gemsieve.model.sampling.draw import FAILED
from gemsieve.model.sampling.request import Request, Sampled

Listener = Callable[[Sampled], None]


class Worker(Protocol):
    """What a stream needs of its engine."""

    def step(self) -> bool:
        """Write some tokens."""

    def leave(self, stream: Stream, /) -> None:
        """Work no more for this stream."""


@final
class Stream(Iterator[Sampled]):
    """Yield the tokens of one request; the engine works on while one is waited for.

    Under a head each token is told when the next has been drawn, for the model reads it then: so
    one more is drawn than may be written, for the last one's sake, and thrown away.

    Attributes:
        request: What was asked for.
        left: How many tokens may still be drawn.
        read: How many tokens its row of the cache holds.
        finish_reason: `stop` where a token of `ends` was drawn, `length` where the tokens asked for
            or the context were used up, `failed` where logits were not finite; None until then,
            and if the stream was closed before.
    """

    def __init__(
        self,
        worker: Worker,
        request: Request,
        left: int,
        listener: Listener | None = None,
        *,
        read: bool = False,
    ) -> None:
        """Begin with nothing; `left` tokens may be written, each `read` by a head or not."""
        self.request = request
        self.left = left + (read and left > 0)
        self.read = len(request.whole)
        self.finish_reason: Literal["stop", "length", "failed"] | None = None if left else "length"
        self._worker = worker
        self._listener = listener
        self._ready: deque[Sampled] = deque()
        self._read = read
        self._unread: Sampled | None = None
        self._closed = False

    def __iter__(self) -> Stream:
        return self

    def __next__(self) -> Sampled:
        """Return the next token.

        Raises:
            FloatingPointError: The model's logits are not finite.
        """
        while not (self._ready or self.over):
            self._worker.step()
        if self._ready:
            return self._ready.popleft()
        if self.finish_reason == "failed":
            raise FloatingPointError(
                "the model's logits are not finite, so no token can be drawn: its parameters are"
                " damaged, or the type of its activations is too narrow"
            )
        raise StopIteration

    @property
    def over(self) -> bool:
        """Tell whether no token is to come."""
        return self._closed or self.finish_reason is not None

    def close(self) -> None:
        """Cancel the request: its row is free for another, and what waits is thrown away."""
        self._closed = True
        self._ready.clear()
        self._worker.leave(self)

    def settle(self) -> None:
        """Let go of what was read before: a row of its own holds it now."""
        whole = self.request.whole
        self.request = replace(self.request, tokens=whole, prefix=None)

    def take(self, sampled: Sampled, reading: Reading | None = None) -> None:
        """Note a drawn token, whether it is the last one, and what is said of the one before."""
        self.left -= 1
        spare = self._read and not self.left  # drawn for the sake of the one before
        if sampled.piece == FAILED:
            self.finish_reason = "failed"
            return
        if self._unread:
            self._ready.append(replace(self._unread, reading=reading))
        if sampled.piece in self.request.ends and not spare:
            self.finish_reason = "stop"
            return
        if self._read:
            self._unread = sampled
        else:
            self._ready.append(sampled)
        if not self.left:
            self.finish_reason = "length"

    def tell(self) -> None:
        """Hand what is ready to the listener, if there is one."""
        while self._listener and self._ready:
            self._listener(self._ready.popleft())
