"""`gemsieve chat`: a conversation with a trained checkpoint, through the guard."""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from threading import Event
from typing import TYPE_CHECKING, TypeVar

from gemsieve.cli import UsageError
from gemsieve.cli.noted import noted
from gemsieve.cli.sampling import add_sampling, filter_from, write, writer_from

if TYPE_CHECKING:
    from gemsieve.safety.conversation import Conversation

T = TypeVar("T")
_HELP = "/reset forgets what was said, /exit (or the end of the input) ends the conversation"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    add_sampling(parser)
    parser.add_argument("--system", default="", metavar="TEXT", help="said before all else")


def run(args: argparse.Namespace) -> int:
    """Answer each line of standard input, until it ends."""
    from gemsieve.filters.policy_file import PolicyError
    from gemsieve.model.checkpoints.about import CheckpointError
    from gemsieve.model.sampling.chat import marks
    from gemsieve.safety.choices import heard
    from gemsieve.safety.conversation import Conversation

    interrupted = Event()
    if sys.stdin.isatty():
        print(f"gemsieve chat: {_HELP}", file=sys.stderr)
    try:
        judge = filter_from(args)
        writer = writer_from(args, judge)
        marks(writer.tokenizer)  # refuses one that has none before anything is asked
        talk = Conversation(
            lambda turns, attempt: until(interrupted, heard(writer.reply(turns, attempt))),
            judge,
            args.system,
        )
        for line in lines():
            if line == "/exit":
                break
            if line == "/reset":
                talk.reset()
            elif line:
                answer(talk, line, interrupted)
    except (CheckpointError, PolicyError, LookupError, ValueError, ArithmeticError) as error:
        raise UsageError(str(error)) from None
    return 0


def lines() -> Iterator[str]:
    """Yield the lines of standard input without the space around them; a terminal is asked."""
    asked = sys.stdin.isatty()
    if asked:
        import readline  # noqa: F401 - lets a line be edited, and earlier ones be called back
    while True:
        try:
            yield input("> " if asked else "").strip()
        except EOFError:
            if asked:
                print()
            return


def answer(talk: Conversation, text: str, interrupted: Event) -> None:
    """Write the answer to a message as it comes; Ctrl-C on a terminal ends it, and no more."""
    from gemsieve.model.sampling.request import PromptTooLong

    try:
        with noting(interrupted):
            write(talk.ask(text))
    except PromptTooLong as error:
        print(f"gemsieve chat: {error}, or /reset", file=sys.stderr)
    if talk.reasons:
        print(f"gemsieve chat: ended by the guard: {', '.join(talk.reasons)}", file=sys.stderr)


@contextmanager
def noting(interrupted: Event) -> Iterator[None]:
    """Have the first Ctrl-C on a terminal only noted; a second one interrupts as usual.

    So it cannot come between the model and its caches. Nobody sits at a pipe to go on.
    """
    interrupted.clear()
    with noted(signal.SIGINT, interrupted) if sys.stdin.isatty() else nullcontext():
        yield


def until(event: Event, chunks: Iterator[T]) -> Iterator[T]:
    """Yield chunks until something has happened; the source is closed then."""
    from gemsieve.safety.choices import stop

    try:
        for chunk in chunks:
            yield chunk
            if event.is_set():
                return
    finally:
        stop(chunks)
