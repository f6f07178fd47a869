"""What `gemsieve sample` and `gemsieve chat` share: a model, how to draw from it, and the guard."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from gemsieve.cli import UsageError

if TYPE_CHECKING:
    from gemsieve.filters import Filter
    from gemsieve.model.gemma.transformer import Params
    from gemsieve.model.sampling.chat import Turn
    from gemsieve.model.sampling.draw import Drawing
    from gemsieve.model.sampling.engine import Engine
    from gemsieve.model.sampling.request import Prefix
    from gemsieve.model.sampling.writing import Answer
    from gemsieve.model.tokenizer import Tokenizer

# Control characters, which could steer a terminal; line ends and tabs among them are text.
_STEERING = {
    code: "\ufffd" for code in (*range(32), *range(127, 160)) if chr(code) not in "\n\t"
} | {ord("\r"): ""}


def add_sampling(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("model", type=Path, metavar="MODEL", help="the folder of a trained model")
    add_form(parser)
    parser.add_argument("--policy", type=Path, help="the guard's policy; the default one if absent")
    parser.add_argument("--unguarded", action="store_true", help="without any filter: raw text")
    parser.add_argument("--max-tokens", type=int, default=128, help="the most tokens written")
    parser.add_argument("--temperature", type=float, default=0.8, help="0: the likeliest always")
    parser.add_argument("--top-k", type=int, default=0, help="the k likeliest only; 0: all")
    parser.add_argument("--top-p", type=float, default=1.0, help="share of probability drawn from")
    parser.add_argument("--min-p", type=float, default=0.0, help="of the likeliest's probability")
    parser.add_argument(
        "--repetition-penalty", type=float, default=1.0, help="above 1: less of what was there"
    )
    parser.add_argument(
        "--stop", action="append", default=[], metavar="TEXT", help="end before it; repeatable"
    )
    parser.add_argument("--seed", type=int, default=0, help="of the random numbers")


def add_form(parser: argparse._ActionsContainer) -> None:
    """Declare the options for what is read of a model, and in which form."""
    parser.add_argument(
        "--checkpoint", default="last", metavar="STEP", help="of a run: last, best, or a step"
    )
    parser.add_argument("--dtype", choices=("float32", "bfloat16"), help="else as stored")
    parser.add_argument("--quantise", choices=("int8", "int4"), help="round weights when read")


@dataclass
class Writer:
    """A model, and how it is to write.

    What was read last is kept: other answers to it read nothing, a longer text only what follows.
    """

    engine: Engine
    tokenizer: Tokenizer
    drawing: Drawing
    seed: int
    max_tokens: int
    stop: tuple[str, ...]
    known: Prefix | None = None

    def go_on(self, prompt: str, number: int = 0, attempt: int = 0) -> Answer:
        """Begin the continuation of a text; other numbers and attempts have other seeds."""
        from gemsieve.model.tokenizer import BOS

        return self._write([BOS, *self.tokenizer.encode(prompt)], number, attempt)

    def reply(self, turns: Sequence[Turn], attempt: int = 0) -> Answer:
        """Begin the answer to a conversation's last turn; other attempts have other seeds."""
        from gemsieve.model.sampling.chat import prompt

        return self._write(prompt(self.tokenizer, turns), 0, attempt)

    def _write(self, pieces: list[int], number: int, attempt: int) -> Answer:
        from gemsieve.model.sampling.request import Request
        from gemsieve.model.sampling.writing import Answer
        from gemsieve.safety.author import ATTEMPT

        begins = self.known and tuple(pieces[: len(self.known.tokens)]) == self.known.tokens
        known = self.known if begins else None
        rest = pieces[len(known.tokens) :] if known else pieces
        self.known = self.engine.prefix(rest, known)
        seed = self.seed + number
        if attempt:
            seed = (seed + attempt * ATTEMPT) % (1 << 32)
        request = Request(
            tokens=(),
            prefix=self.known,
            drawing=self.drawing,
            seed=seed,
            max_new_tokens=self.max_tokens,
            ends=self.tokenizer.ends,
        )
        return Answer(self.tokenizer, self.engine.submit(request), self.stop)


def writer_from(
    args: argparse.Namespace, judge: Filter | None, rows: int = 1, alternatives: int = 0
) -> Writer:
    """Read the model and say how it is to write, on so many rows at once, for this guard.

    A model that nothing vouches for is read with a word on standard error.

    Raises:
        CheckpointError: The folder holds no model.
        ValueError: A value is out of its range.
    """
    from gemsieve.model.sampling.draw import Drawing
    from gemsieve.model.sampling.stop import Stop

    drawing = Drawing(
        temperature=args.temperature,
        top_k=args.top_k,
        top_p=args.top_p,
        min_p=args.min_p,
        repetition_penalty=args.repetition_penalty,
    )
    Stop(args.stop)  # refuses an empty one before a model is read
    engine, tokenizer = engine_from(args, judge, rows, alternatives)
    return Writer(engine, tokenizer, drawing, args.seed, args.max_tokens, tuple(args.stop))


def engine_from(
    args: argparse.Namespace, judge: Filter | None, rows: int, alternatives: int = 0
) -> tuple[Engine, Tokenizer]:
    """Read the model that `model`, `checkpoint`, `dtype` and `quantise` name.

    Where the guard's rules are about a probe of just that model, it reads along.

    Raises:
        CheckpointError: The folder holds no model.
        ValueError: It cannot be rounded so, or the probe is another model's.
    """
    from gemsieve.model.checkpoints.forms import load
    from gemsieve.model.probe.along import along
    from gemsieve.model.sampling.engine import Engine
    from gemsieve.model.sampling.writing import drawable

    # A probe knows the model as it is stored; another form of it does not read along.
    stored = args.checkpoint == "last" and not (args.dtype or args.quantise)
    probed = along(judge, args.model) if judge and stored else None
    model = probed.model if probed else load(args.model, args.dtype, args.checkpoint)
    if model.about.warning:
        print(f"gemsieve: {args.model}: {model.about.warning}", file=sys.stderr)
    engine = Engine(
        params=rounded(model.params, args.quantise),
        config=model.config,
        rows=rows,
        dtype=args.dtype or str(model.params["embedding"].dtype),
        allowed=drawable(model.tokenizer, model.config.vocab_size),
        alternatives=alternatives,
        head=probed.head if probed else None,
    )
    return engine, model.tokenizer


def rounded(params: Params, form: str | None) -> Params:
    """Return parameters in 8 or 4 bits; in none of these forms, as they are.

    Raises:
        ValueError: They are in fewer bits already.
    """
    from gemsieve.model.gemma.quantise import FORMS, quantise
    from gemsieve.model.gemma.quantised import Quantised

    if form is None:
        return params
    if isinstance(params["embedding"], Quantised):
        raise ValueError("the model is quantised already: leave --quantise out")
    return quantise(params, *FORMS[form])


def filter_from(args: argparse.Namespace) -> Filter | None:
    """Return the guard's filter, or None where no guard is wanted."""
    from gemsieve.filters import load_filter

    if args.unguarded and args.policy:
        raise UsageError("--unguarded uses no policy: leave one of the two out")
    return None if args.unguarded else load_filter(args.policy)


def write(chunks: Iterator[str]) -> None:
    """Write chunks as they come, and end the line, even if they are broken off."""
    shown = sys.stdout.isatty()
    try:
        for chunk in chunks:
            sys.stdout.write(chunk.translate(_STEERING) if shown else chunk)
            sys.stdout.flush()
    finally:
        print(flush=True)
