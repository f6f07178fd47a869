"""What may be asked of the service: sizes, times and numbers, each with a default that is safe."""

from __future__ import annotations

from dataclasses import dataclass

# The contracts name it, so that it is one number for every server.
MAX_INPUTS = 1024


@dataclass(frozen=True)
class Limits:
    """The limits of one server.

    Attributes:
        body_bytes: A body, as sent and as unpacked.
        header_seconds: From a connection's, or request's, first byte to the end of its header.
        body_seconds: From there to the end of its body.
        write_seconds: For a client to take what it is sent.
        answer_seconds: For the judging, the wait for its turn included.
        beat_seconds: Of silence, after which a stream shows that it goes on.
        connections: Open at a time; more are told to come back.
        requests: That are answered at a time; more are told to come back, unread.
        waiting: Characters that wait to be judged; a text counts for `TEXT` more than it has.
        threads: That judge at a time.
    """

    body_bytes: int = 4_000_000
    header_seconds: float = 10.0
    body_seconds: float = 20.0
    write_seconds: float = 30.0
    answer_seconds: float = 30.0
    beat_seconds: float = 5.0
    connections: int = 1000
    requests: int = 128
    waiting: int = 8_000_000
    threads: int = 2
