"""`gemsieve bias`: measure what a corpus says of groups, before and after a filter."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from gemsieve.cli import UsageError, add_policy

if TYPE_CHECKING:
    from gemsieve.filters.bias.measure_scores import Judge
    from gemsieve.pipeline.bias.report import Measured


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "before",
        nargs="+",
        metavar="BEFORE",
        help="JSONL (.gz, .zst) or Parquet files; patterns in quotes",
    )
    parser.add_argument(
        "--after", metavar="OUT", help="the folder of a job that filtered these very files"
    )
    parser.add_argument("--output", default="bias", metavar="DIR", help="folder (default bias)")
    add_policy(parser)
    parser.add_argument("--text-field", metavar="NAME", help="default: text, or as the job had it")
    parser.add_argument("--source-field", metavar="NAME", help="field that names a record's source")
    parser.add_argument("--limit", type=int, default=0, metavar="N", help="first records only")
    parser.add_argument("--seed", type=int, default=0, metavar="S", help="of blocks and samples")


def run(args: argparse.Namespace) -> int:
    """Measure, write the figures and the page, and print the largest changes."""
    from gemsieve.filters.policy_error import PolicyError
    from gemsieve.pipeline.bias.report import write
    from gemsieve.pipeline.manifest import ManifestError
    from gemsieve.pipeline.reading.slices import InputError

    if args.limit < 0:
        raise UsageError("--limit: must not be negative")
    try:
        measured = measure(args)
        path = write(measured, Path(args.output))
    except (PolicyError, InputError, ManifestError) as error:
        raise UsageError(str(error)) from None
    except ModuleNotFoundError as error:
        raise UsageError(f"{error}; pip install 'gemsieve[pipeline]'") from None
    print(summary(measured, path))
    return 0


def measure(args: argparse.Namespace) -> Measured:
    """Read and count everything that the arguments name."""
    from gemsieve.filters.bias.measure_scores import score
    from gemsieve.pipeline.bias import bias
    from gemsieve.pipeline.bias.report import Measured
    from gemsieve.pipeline.reading.slices import plan

    books = bias.finished(Path(args.after), args.before) if args.after else None
    settings = books.settings if books else {}
    how = bias.Reading(
        text_field=args.text_field or settings.get("text_field") or "text",
        source_field=args.source_field or settings.get("source_field") or "",
        limit=min(filter(None, (args.limit, settings.get("limit"))), default=0),
        seed=args.seed,
    )
    judge, second = judge_of(args.policy), None
    with bar("before", sum(piece.size for piece in plan(args.before))) as watch:
        first = bias.before(args.before, how, watch)
    if books:
        with bar("after", sum(path.stat().st_size for path in books.kept)) as watch:
            second = bias.after(books, first, how, watch)
    score([(c.counts, c.sample) for c in (first, second) if c], judge)
    return Measured(how, judge, first, second, books)


def judge_of(policy: str | None) -> Judge:
    """Return the detector of toxicity that a policy uses for a corpus, and its limit.

    Raises:
        PolicyError: The policy sets no limit on toxicity, so there is none to measure by.
    """
    from gemsieve.filters import load_filter
    from gemsieve.filters.bias.measure_scores import TOXICITY, Judge
    from gemsieve.filters.policy_error import PolicyError

    chosen = load_filter(policy)
    rules = chosen.policy.ruleset("corpus")
    above = [rules.rules[i].above for i in rules.about(TOXICITY)]
    limits = [limit for limit in above if limit is not None]
    found = [d for d in chosen.detectors["corpus"] if TOXICITY in d.labels.measures]
    if not limits or not found:
        raise PolicyError(f"{policy or 'default.toml'}: corpus: no rule on {TOXICITY} has `above`")
    return Judge(found[0], min(limits))


@contextmanager
def bar(what: str, size: int) -> Iterator[Callable[[int, int], None]]:
    """Give a function that shows progress on a terminal's standard error, and nothing elsewhere."""
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        Progress,
        TaskProgressColumn,
        TextColumn,
        TimeRemainingColumn,
    )

    console = Console(file=sys.stderr)
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn())
    counts = TextColumn("{task.fields[records]:,} records")
    progress = Progress(
        *columns, counts, TimeRemainingColumn(), console=console, disable=not console.is_terminal
    )
    with progress:
        task = progress.add_task(what, total=size, records=0)
        yield lambda done, records: progress.update(task, completed=done, records=records)


def summary(measured: Measured, path: Path) -> str:
    """Return how much was measured, the largest changes, and where the page is."""
    from gemsieve.filters.bias.measure_changes import largest, sure
    from gemsieve.pipeline.bias.report import totals
    from gemsieve.pipeline.bias.words import sentence

    lines = []
    for name, corpus in (("before", measured.before), ("after", measured.after)):
        if corpus:
            sums = totals(corpus)
            lines.append(
                f"{name:<6} {sums['measured']:,} documents in English of {sums['records']:,}"
                f" records, {sums['words']:,} words"
            )
    if measured.after:
        found = measured.figures()
        lines.append(f"{len(sure(found)):,} figures changed by more than chance; the largest:")
        lines += [f"  {sentence(figure)}" for figure in largest(found, each=1)]
    return "\n".join([*lines, f"page: {path}"])
