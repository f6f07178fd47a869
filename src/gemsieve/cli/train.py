"""`gemsieve train`: a tokenizer and a Gemma 2 model, from verified shards."""

from __future__ import annotations

import argparse
import math
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING

from gemsieve.cli import UsageError, processes, run_inputs
from gemsieve.cli.noted import noted

if TYPE_CHECKING:
    from gemsieve.model.training.settings import TrainSettings
    from gemsieve.model.training.train import Summary
    from gemsieve.model.training.watching.clock import Progress
    from gemsieve.model.training.watching.goodput import Spent


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    run_inputs.add_arguments(parser)
    parser.add_argument(
        "--output", type=Path, required=True, help="the run's folder; resumes what is there"
    )
    parser.add_argument(
        "--init", type=Path, metavar="MODEL", help="start from a run, or a model from elsewhere"
    )
    parser.add_argument(
        "--teacher",
        type=Path,
        metavar="MODEL",
        help="learn from a model, or from what `gemsieve teach` wrote of one",
    )
    parser.add_argument(
        "--signed-by",
        type=Path,
        metavar="FILE",
        help="public Ed25519 key (PEM) that must have signed the data's manifest",
    )
    parser.add_argument(
        "--profile", type=Path, metavar="DIR", help="trace a few steps into this folder"
    )
    parser.add_argument(
        "--tensorboard", type=Path, metavar="DIR", help="write TensorBoard's event files there"
    )
    parser.add_argument(
        "--wandb", metavar="PROJECT", help="tell Weights & Biases; offline by WANDB_MODE=offline"
    )
    processes.add_arguments(parser)


def run(args: argparse.Namespace) -> int:
    """Train and print a summary."""
    for place in args.data if args.signed_by else ():
        refuse_unsigned(place, args.signed_by)
    from gemsieve.model.checkpoints.forms import open_model
    from gemsieve.model.training.settings import read_settings
    from gemsieve.model.training.train import train

    inputs = run_inputs.inputs_of(args)
    if args.unverified:
        print("gemsieve train: --unverified: nothing need vouch for the data", file=sys.stderr)
    speaks = processes.join(args)
    with run_inputs.mistakes_told():
        model = open_model(args.init).stored.config if args.init else None
        settings = read_settings(args.config, args.set, model)
        with _watching(args, settings) as watch, _told_to_end() as stop:
            summary = train(settings, inputs, args.output, watch, stop=stop, profile=args.profile)
    if summary.about.warning:
        print(f"gemsieve train: {args.output}: {summary.about.warning}", file=sys.stderr)
    if speaks:
        _write_page(summary, args.data, args.output)
        print(_report(summary, args.output))
    planned = summary.about.settings["train"]["steps"]
    if summary.steps < planned:
        print(
            f"gemsieve train: told to end after step {summary.steps} of {planned};"
            " the same command goes on from there",
            file=sys.stderr,
        )
        return 128 + signal.SIGTERM
    return 0


def refuse_unsigned(data: Path, key: Path) -> None:
    """Refuse data whose manifest the owner of a key did not sign.

    Raises:
        UsageError: It is not signed so, or the file holds no such key.
    """
    from gemsieve.pipeline.manifest import ManifestError
    from gemsieve.pipeline.signature import KeyFileError, check, public_key

    try:
        check(data, public_key(key))
    except (KeyFileError, ManifestError) as error:
        raise UsageError(str(error)) from None
    except ModuleNotFoundError as error:
        raise UsageError(f"{error}; pip install 'gemsieve[detect]'") from None


@contextmanager
def _told_to_end() -> Iterator[Callable[[], bool]]:
    """Give a function that tells whether SIGTERM has come; a second one ends the process at once.

    Schedulers send it some time before they take a machine away.
    """
    told = Event()
    with noted(signal.SIGTERM, told):
        yield told.is_set


@contextmanager
def _watching(
    args: argparse.Namespace, settings: TrainSettings
) -> Iterator[Callable[[Progress], None]]:
    """Give a function that shows progress and, if asked to, tells TensorBoard and W&B.

    Raises:
        UsageError: What tells them is not installed.
    """
    from gemsieve.model.training.watching.board import event_file
    from gemsieve.model.training.watching.wandb_run import wandb_run

    told = [("tensorboard", event_file(args.tensorboard))] if args.tensorboard else []
    if args.wandb:
        told += [("wandb", wandb_run(args.wandb, args.output, asdict(settings)))]
    with ExitStack() as stack:
        watchers = [stack.enter_context(_progress_line())]
        for extra, watcher in told:
            try:
                watchers.append(stack.enter_context(watcher))
            except ModuleNotFoundError as error:
                raise UsageError(f"{error}; pip install 'gemsieve[{extra}]'") from None

        def watch(progress: Progress) -> None:
            for tell in watchers:
                tell(progress)

        yield watch


@contextmanager
def _progress_line() -> Iterator[Callable[[Progress], None]]:
    """Give a function that shows progress on a terminal's standard error, and nothing elsewhere."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn
    from rich.progress import Progress as Bar

    console = Console(file=sys.stderr)
    line = Bar(
        TextColumn("step"),
        MofNCompleteColumn(),
        BarColumn(),
        TextColumn("{task.description}"),
        console=console,
        disable=not console.is_terminal,
    )
    with line:
        task = line.add_task("reading", total=None)

        def watch(progress: Progress) -> None:
            held_out = progress.held_out_loss
            description = f"loss {progress.loss:.3f}"
            description += "" if held_out is None else f" · held out {held_out:.3f}"
            description += f" · {progress.tokens_per_second:,.0f} tokens/s"
            if progress.utilisation is not None:
                description += f" · MFU {progress.utilisation:.1%}"
            description += f" · {_duration(progress.seconds_left)} left"
            line.update(
                task, completed=progress.step, total=progress.steps, description=description
            )

        yield watch


def _write_page(summary: Summary, data: Sequence[Path], output: Path) -> None:
    """Write the run's page; where no step was taken an earlier one stays, with its speed."""
    from gemsieve.model.training.watching.page import NAME, Speed, write_page
    from gemsieve.pipeline.manifest import read

    taken = summary.steps > summary.resumed_from
    if summary.entries and (taken or not (output / NAME).exists()):
        speed = Speed(summary.tokens_per_second, summary.utilisation, summary.spent)
        books = [read(place) for place in data] if summary.about.manifest else []
        write_page(output, summary.about, books, summary.entries, speed)


def _told(spent: Spent) -> str:
    """Return where a run's time went, over all its processes."""
    others = {name: value for name, value in spent.seconds.items() if name != "step"}
    others["lost steps"] = spent.lost
    shares = {name: value / spent.total for name, value in others.items()}
    rest = ", ".join(f"{name} {share:.1%}" for name, share in shares.items() if share >= 0.0005)
    return f"{_duration(spent.total)}, {spent.goodput:.1%} in steps that count ({rest})"


def _duration(seconds: float) -> str:
    """Return a time such as `4:07` or `1:02:03`."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def _report(summary: Summary, output: Path) -> str:
    """Return what a person wants to know of a finished run."""
    losses = [entry["loss"] for entry in summary.entries]
    held_out = [e["held_out_loss"] for e in summary.entries if "held_out_loss" in e]
    policy = summary.about.policy
    read = {name: f"{epochs:,.2f} times" for name, epochs in summary.epochs.items()}
    lines = [
        f"model      {summary.parameters:,} parameters, {summary.steps} steps"
        + (f" (resumed from {summary.resumed_from})" if summary.resumed_from else ""),
        f"data       manifest {summary.about.manifest[:12]},"
        f" policy {policy.get('name', '?')} {policy.get('sha256', '')[:12]}"
        if summary.about.manifest
        else "data       unverified",
        "read       " + ", ".join(f"{n} {name}".strip() for name, n in read.items()),
    ]
    if losses:
        lines.append(f"loss       {losses[0]:.3f} -> {losses[-1]:.3f} nats a token")
    if held_out:
        lines.append(f"held out   {held_out[-1]:.3f} (perplexity {math.exp(held_out[-1]):.1f})")
    if summary.tokens_per_second:
        used = summary.utilisation
        share = "" if used is None else f", MFU {used:.1%}"
        lines.append(f"speed      {summary.tokens_per_second:,.0f} tokens/s{share}")
    if summary.spent.total:
        lines.append(f"time       {_told(summary.spent)}")
    lines.append(f"written    {output}")
    return "\n".join(lines)
