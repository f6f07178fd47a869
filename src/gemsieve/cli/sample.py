"""`gemsieve sample`: text from a trained checkpoint, through the guard."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gemsieve.cli import UsageError
from gemsieve.cli.sampling import Writer, add_sampling, filter_from, write, writer_from

if TYPE_CHECKING:
    from gemsieve.filters import Filter
    from gemsieve.model.sampling.writing import Answer, Token

_MOST_ROWS = 8
_MOST_LOGPROBS = 20  # as in OpenAI's interface


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    add_sampling(parser)
    parser.add_argument(
        "--prompt", action="append", default=[], metavar="TEXT", help="the text to continue"
    )
    parser.add_argument(
        "--prompt-file", action="append", default=[], type=Path, metavar="FILE", help="or a file's"
    )
    parser.add_argument("--n", type=int, default=1, help="answers to each prompt")
    parser.add_argument("--jsonl", action="store_true", help="an answer a line, as JSON")
    parser.add_argument(
        "--logprobs",
        type=int,
        metavar="N",
        help="with each token, and the N likeliest at its place",
    )
    parser.add_argument(
        "--profile", type=Path, metavar="DIR", help="trace a second writing into this folder"
    )


@dataclass
class Text:
    """One answer: what may be read of it, and then how it came about.

    Attributes:
        chunks: To be read first.
        answer: What the model wrote; None where the guard refused the prompt.
        tokens: The model's, of the chunks read so far; under guard those that were released.
    """

    chunks: Iterator[str] = field(default_factory=lambda: iter(()))
    answer: Answer | None = None
    tokens: list[Token] = field(default_factory=list)

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why the guard ended the text; none if it did not."""
        from gemsieve.safety.guard import Guarded

        return self.chunks.reasons if isinstance(self.chunks, Guarded) else ()

    @property
    def finish_reason(self) -> str | None:
        """How the text ended, in OpenAI's words."""
        if self.reasons or self.answer is None:
            return "content_filter"
        return self.answer.finish_reason


def run(args: argparse.Namespace) -> int:
    """Write the continuations to standard output, the first as it comes."""
    from gemsieve.filters.policy_file import PolicyError
    from gemsieve.model.checkpoints.about import CheckpointError

    check(args)
    try:
        judge, prompts = filter_from(args), prompts_of(args)
        count = len(prompts) * args.n
        writer = writer_from(args, judge, min(count, _MOST_ROWS), args.logprobs or 0)
        with traced(args.profile, writer, prompts, args.n):
            tell(args, writer, judge, prompts)
    except (CheckpointError, PolicyError, LookupError, ValueError, ArithmeticError) as error:
        raise UsageError(str(error)) from None
    return 0


def tell(
    args: argparse.Namespace, writer: Writer, judge: Filter | None, prompts: list[str]
) -> None:
    """Write the answers to all prompts, begun together."""
    texts = [
        (place, number, begin(writer, judge, prompt, number))
        for place, prompt in enumerate(prompts)
        for number in range(args.n)
    ]
    for place, number, text in texts:
        if args.jsonl:
            print(json.dumps(record(place, number, text, args.logprobs)), flush=True)
            continue
        if len(texts) > 1:
            print(f"--- prompt {place + 1}, answer {number + 1}")
        write(text.chunks)
        if text.reasons:
            reasons = ", ".join(text.reasons)
            print(f"gemsieve sample: ended by the guard: {reasons}", file=sys.stderr)


@contextmanager
def traced(folder: Path | None, writer: Writer, prompts: list[str], count: int) -> Iterator[None]:
    """Trace what is written while this is open; before, it is written once unseen, to compile."""
    if folder is None:
        yield
        return
    from gemsieve.model.profile import trace
    from gemsieve.model.sampling.writing import texts

    answers = [writer.go_on(prompt, number) for prompt in prompts for number in range(count)]
    for answer in answers:
        for _ in texts(answer):
            pass
    writer.known = None  # or the prompt would not be read again
    with trace(folder):
        yield


def check(args: argparse.Namespace) -> None:
    """Refuse options that do not go together or are out of range."""
    if args.n < 1:
        raise UsageError(f"--n must be 1 or more, not {args.n}")
    if args.logprobs is None:
        return
    if not 0 <= args.logprobs <= _MOST_LOGPROBS:
        raise UsageError(f"--logprobs must be from 0 to {_MOST_LOGPROBS}, not {args.logprobs}")
    if not args.jsonl:
        raise UsageError("--logprobs are told in JSON: add --jsonl")


def prompts_of(args: argparse.Namespace) -> list[str]:
    """Return the texts to continue; one of nothing where none is given."""
    return [*args.prompt, *map(content, args.prompt_file)] or [""]


def content(path: Path) -> str:
    """Return a file's text."""
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        what = "not UTF-8" if isinstance(error, ValueError) else error.strerror
        raise UsageError(f"{path}: {what}") from None


def begin(writer: Writer, judge: Filter | None, prompt: str, number: int) -> Text:
    """Begin an answer, guarded by a filter if there is one."""
    from gemsieve.model.sampling.writing import texts
    from gemsieve.safety.choices import Said, heard
    from gemsieve.safety.guard import guarded

    text = Text()

    def sampler(passed: str, attempt: int = 0) -> Iterator[Said[Token]]:
        text.answer = writer.go_on(passed, number, attempt)
        return heard(text.answer)

    if judge:
        chunks = guarded(sampler, judge, again=sampler)(prompt)
        text.chunks, text.tokens = chunks, chunks.values
    else:
        text.answer = writer.go_on(prompt, number)
        text.chunks = texts(text.answer, text.tokens)
    return text


def record(place: int, number: int, text: Text, logprobs: int | None) -> dict[str, Any]:
    """Return an answer as JSON, in the words of OpenAI's interface."""
    written = "".join(text.chunks)
    told: dict[str, Any] = {"prompt": place, "index": number, "text": written}
    told["finish_reason"] = text.finish_reason
    if text.reasons:
        told["reasons"] = text.reasons
    if logprobs is not None:
        told["logprobs"] = {
            "content": [
                {**one(token), "top_logprobs": [one(likely) for likely in token.top]}
                for token in text.tokens
            ]
        }
    return told


def one(token: Token) -> dict[str, Any]:
    """Return a token as JSON."""
    return {"token": token.text, "logprob": token.logprob, "bytes": list(token.data)}
