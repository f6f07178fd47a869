"""`gemsieve convert`: a model from one form of checkpoint to another."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from gemsieve.cli import UsageError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    parser.add_argument(
        "source", type=Path, help="a run, a Hugging Face folder, or Kaggle's for Flax"
    )
    parser.add_argument("target", type=Path, help="a new folder; for GGUF a new file")
    parser.add_argument(
        "--to",
        required=True,
        choices=("hf", "orbax", "gguf", "peft"),
        help="Hugging Face's form, a run's, llama.cpp's, or PEFT's for adapters alone",
    )
    parser.add_argument(
        "--dtype",
        choices=("float32", "bfloat16", "float16"),
        help="of the parameters; else as they are; float16 for GGUF only",
    )
    parser.add_argument(
        "--quantise", choices=("int8", "int4"), help="whole numbers, in a run or in GGUF"
    )
    parser.add_argument(
        "--group",
        type=int,
        metavar="N",
        help="inputs that share a scale; else 32 in int4, all in int8",
    )
    parser.add_argument(
        "--vocab", type=int, metavar="N", help="rows of the embedding, e.g. 256000; else as it is"
    )
    parser.add_argument(
        "--tokenizer", type=Path, metavar="FILE", help="tokenizer.model, if it is not beside it"
    )
    parser.add_argument(
        "--checkpoint", default="last", metavar="STEP", help="of a run: last, best, or a step"
    )
    parser.add_argument(
        "--adapters", type=Path, metavar="DIR", help="PEFT's, to be added to the weights"
    )
    parser.add_argument("--size", metavar="NAME", help="of Kaggle's, if its shapes do not tell")


def run(args: argparse.Namespace) -> int:
    """Convert, and say what was written."""
    from gemsieve.model.checkpoints.about import CheckpointError
    from gemsieve.model.checkpoints.convert import Wanted, convert
    from gemsieve.model.gemma.quantise import FORMS

    if args.vocab is not None and args.vocab < 1:
        raise UsageError(f"--vocab must be at least 1, not {args.vocab}")
    if args.group is not None and (args.quantise is None or args.to == "gguf"):
        raise UsageError("--group is of --quantise, and GGUF has its own: leave it out")
    if args.dtype == "float16" and args.to != "gguf":
        raise UsageError("--dtype float16 is for GGUF only: bfloat16 has a model's range")
    bits, group = FORMS[args.quantise] if args.quantise else (None, None)
    wanted = Wanted(
        to=args.to,
        dtype=args.dtype,
        bits=bits,
        group=group if args.group is None else args.group,
        vocab=args.vocab,
        tokenizer=args.tokenizer,
        size=args.size,
        at=args.checkpoint,
        adapters=args.adapters,
    )
    try:
        made = convert(args.source, args.target, wanted)
    except (CheckpointError, ValueError, OSError) as error:
        raise UsageError(str(error)) from None
    except ModuleNotFoundError as error:
        raise UsageError(f"{error}; pip install 'gemsieve[gguf]'") from None
    print(
        f"{made.parameters:,} parameters, {made.dtype}, {made.config.vocab_size:,} rows"
        f" -> {args.target}"
    )
    if made.about.warning:
        print(f"gemsieve convert: {made.about.warning}", file=sys.stderr)
    return 0
