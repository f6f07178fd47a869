"""`gemsieve demo`: the whole thread on this machine, from raw text to a guarded answer."""

from __future__ import annotations

import argparse
import json
import os
import shlex
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from gemsieve.cli import UsageError, main

if TYPE_CHECKING:
    from rich.console import Console

    from gemsieve.cli.demo_corpus import Truth

MARK = "demo.json"
FEWEST = 100  # real records: with less, there is too little text for a tokenizer


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "--output", type=Path, default=Path("out/demo"), metavar="DIR", help="default: out/demo"
    )
    parser.add_argument(
        "--records", type=int, default=3500, metavar="N", help="real documents (default 3500)"
    )
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="of all that is random")
    parser.add_argument(
        "--steps", type=int, default=200, metavar="N", help="of training (default 200)"
    )
    parser.add_argument(
        "--workers",
        type=int,
        default=min(2, os.cpu_count() or 1),
        metavar="N",
        help="processes of the filter job (default 2, or the cores if fewer)",
    )
    parser.add_argument("--fresh", action="store_true", help="remove an earlier demo's folder")


def run(args: argparse.Namespace) -> int:
    """Run each stage, resuming what an earlier demo left, and print what came of it."""
    from rich.console import Console

    from gemsieve.cli.demo_guard import ask_all
    from gemsieve.cli.demo_score import score
    from gemsieve.cli.demo_summary import Demo, show
    from gemsieve.model.training.watching import metrics
    from gemsieve.pipeline.manifest import read

    check(args)
    claim(args)
    console, seconds = Console(highlight=False), dict[str, float]()
    with stage(console, "corpus", seconds):
        truth = corpus(args, console)
    for name, command in commands(args).items():
        with stage(console, name, seconds):
            console.print(f"  $ gemsieve {shlex.join(command)}", style="dim", soft_wrap=True)
            if status := main(command):
                console.print("  the same command resumes; with --fresh it starts anew")
                return status
    with stage(console, "guard", seconds):
        guarded = ask_all(args.output / "model", args.seed)
    books = read(args.output / "sieved")
    shards = [args.output / "sieved" / shard.path for shard in books.shards]
    found = score(args.output / "corpus", truth, shards)
    entries = metrics.read(args.output / "model")
    show(console, Demo(args.output, books.counts, truth, found, entries, guarded, seconds))
    return 0


def check(args: argparse.Namespace) -> None:
    """Check the numbers.

    Raises:
        UsageError: One is too small.
    """
    for name, least in (("records", FEWEST), ("steps", 1), ("workers", 1)):
        if getattr(args, name) < least:
            raise UsageError(f"--{name}: must be at least {least}")


def claim(args: argparse.Namespace) -> None:
    """Make the output folder this demo's own, or find that it is.

    Raises:
        UsageError: It holds something else; only a demo's folder is ever removed.
    """
    from gemsieve.pipeline.storage import write_atomically

    mark, said = args.output / MARK, {"records": args.records, "seed": args.seed}
    if mark.exists() and args.fresh:
        shutil.rmtree(args.output)
    if mark.exists():
        if json.loads(mark.read_bytes()) != said:
            raise UsageError(
                f"{args.output}: holds a demo with other --records or --seed;"
                " add --fresh to replace it, or name another --output"
            )
    elif args.output.exists() and any(args.output.iterdir()):
        raise UsageError(f"{args.output}: not empty, and no demo; name another --output")
    write_atomically(mark, json.dumps(said).encode())


@contextmanager
def stage(console: Console, name: str, seconds: dict[str, float]) -> Iterator[None]:
    """Announce a stage and take its time."""
    console.print(f"[bold]{name}[/bold]")
    begun = time.perf_counter()
    yield
    seconds[name] = time.perf_counter() - begun


def corpus(args: argparse.Namespace, console: Console) -> Truth:
    """Write the corpus, unless it is there."""
    from gemsieve.cli.demo_corpus import TRUTH, read_truth, write_corpus

    truth = read_truth(args.output / TRUTH)
    if truth is None:
        console.print("  reading the documentation of the packages installed here", style="dim")
        truth = write_corpus(args.output, args.records, args.seed)
    console.print(f"  {sum(truth.files.values()):,} records in {len(truth.files)} files")
    return truth


def commands(args: argparse.Namespace) -> dict[str, list[str]]:
    """Return the stages that are commands of ours, as anybody could type them."""
    from importlib import resources

    out = args.output
    settings = os.path.relpath(str(resources.files("gemsieve.configs") / "train" / "tiny.toml"))
    sieve = ["--input", f"{out}/corpus/*", "--output", f"{out}/sieved", "--source-field", "source"]
    # Small batches learn more from the same tokens here, and tokens are what the time goes to.
    steps = ["--set", "train.batch_size=4", "--set", f"train.steps={args.steps}"]
    return {
        "filter": ["filter", *sieve, "--workers", str(args.workers)],
        "train": ["train", settings, "--data", f"{out}/sieved", "--output", f"{out}/model", *steps],
    }
