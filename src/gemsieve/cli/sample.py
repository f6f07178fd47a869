"""`gemsieve sample`: text from a trained checkpoint, through the guard."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from gemsieve.cli import UsageError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    parser.add_argument("run", type=Path, help="the folder of a run of `gemsieve train`")
    parser.add_argument("--prompt", default="", help="the text to continue")
    parser.add_argument("--policy", type=Path, help="the guard's policy; the default one if absent")
    parser.add_argument("--max-tokens", type=int, default=128, help="the most tokens written")
    parser.add_argument("--temperature", type=float, default=0.8, help="0: the likeliest always")
    parser.add_argument("--top-k", type=int, default=0, help="the k likeliest only; 0: all")
    parser.add_argument("--top-p", type=float, default=1.0, help="share of probability drawn from")
    parser.add_argument("--seed", type=int, default=0, help="of the random numbers")
    parser.add_argument("--unguarded", action="store_true", help="without any filter: raw text")


def run(args: argparse.Namespace) -> int:
    """Write the continuation to standard output as it comes."""
    from gemsieve.filters.policy_file import PolicyError
    from gemsieve.model.checkpoint import CheckpointError, load
    from gemsieve.model.sampler import Sampler

    if args.unguarded and args.policy:
        raise UsageError("--unguarded uses no policy: leave one of the two out")
    try:
        trained = load(args.run)
        sampler = Sampler(
            params=trained.params,
            config=trained.config,
            tokenizer=trained.tokenizer,
            temperature=args.temperature,
            top_k=args.top_k,
            top_p=args.top_p,
            seed=args.seed,
            max_new_tokens=args.max_tokens,
        )
        if args.unguarded:
            write(sampler(args.prompt))
        else:
            write_guarded(sampler, args.policy, args.prompt)
    except (CheckpointError, PolicyError, LookupError, ValueError) as error:
        raise UsageError(str(error)) from None
    return 0


def write(chunks: Iterator[str]) -> None:
    """Write chunks as they come, and end the line."""
    for chunk in chunks:
        sys.stdout.write(chunk)
        sys.stdout.flush()
    print()


def write_guarded(
    sampler: Callable[[str], Iterator[str]], policy: Path | None, prompt: str
) -> None:
    """Write what the guard releases, and say on standard error when it ended the text."""
    from gemsieve.filters import load_filter
    from gemsieve.safety.guard import guarded

    answer = guarded(sampler, load_filter(policy))(prompt)
    write(answer)
    if answer.finish_reason == "content_filter":
        reasons = ", ".join(sorted({*answer.prompt.reasons, *answer.output.reasons}))
        print(f"gemsieve sample: ended by the guard: {reasons}", file=sys.stderr)
