"""`gemsieve tokenize`: verified shards to ArrayRecord files of tokens."""

from __future__ import annotations

import argparse
from pathlib import Path

from gemsieve.cli import UsageError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("data", type=Path, help="a folder written by `gemsieve filter`")
    parser.add_argument("--output", type=Path, required=True, help="a new folder")
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("--tokenizer", type=Path, metavar="FILE", help="a SentencePiece model file")
    which.add_argument(
        "--vocab-size", type=int, metavar="N", help="learn a tokenizer of N pieces from the texts"
    )
    parser.add_argument(
        "--training-bytes",
        type=int,
        default=20_000_000,
        metavar="N",
        help="how much text, from its start, it is learned from (20000000)",
    )
    parser.add_argument("--workers", type=int, default=1, metavar="N", help="processes (1)")


def run(args: argparse.Namespace) -> int:
    """Tokenise and say how much came of it."""
    from rich.console import Console
    from rich.progress import Progress

    from gemsieve.model.tokenizer import Tokenizer, train_tokenizer
    from gemsieve.model.training.data.rows import read_texts
    from gemsieve.model.training.data.tokens import TokensError, write_tokens
    from gemsieve.pipeline.manifest import ManifestError, verify

    console = Console(stderr=True)
    try:
        manifest = verify(args.data)
        if args.tokenizer:
            tokenizer = Tokenizer.read(args.tokenizer)
        else:
            texts = (text for batch in read_texts(manifest.kept) for text in batch)
            tokenizer = train_tokenizer(texts, args.vocab_size, args.training_bytes)
        with Progress(console=console, disable=not console.is_terminal) as bar:
            task = bar.add_task("tokenising", total=manifest.counts["kept"])
            made = write_tokens(
                manifest, tokenizer, args.output, args.workers, lambda n: bar.advance(task, n)
            )
    except (ManifestError, TokensError, ValueError, OSError) as error:
        raise UsageError(str(error)) from None
    documents = sum(shard.documents for shard in made.shards)
    print(f"{documents:,} documents, {made.count:,} tokens in {len(made.shards):,} files")
    print(f"train on them: gemsieve train CONFIG --data {args.data} --tokens {args.output} ...")
    return 0
