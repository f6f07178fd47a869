"""`gemsieve filter`: submit a Beam job that sieves a corpus."""

from __future__ import annotations

import argparse
import logging
import sys
from typing import TYPE_CHECKING

from gemsieve.cli import UsageError, add_policy

if TYPE_CHECKING:
    from gemsieve.pipeline.manifest import Manifest

PASSES_ON = True  # options it does not know are Beam's


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "--input",
        action="append",
        nargs="+",
        required=True,
        metavar="PATTERN",
        help="JSONL (.gz, .zst) or Parquet files; a pattern in quotes, several, or again",
    )
    parser.add_argument("--output", required=True, metavar="DIR", help="a new or unfinished folder")
    add_policy(parser)
    parser.add_argument(
        "--workers", type=int, default=1, metavar="N", help="processes of a local run (default 1)"
    )
    parser.add_argument("--text-field", default="text", metavar="NAME", help="default: text")
    parser.add_argument(
        "--source-field", default="", metavar="NAME", help="field that names a record's source"
    )
    parser.add_argument(
        "--columns",
        default="",
        metavar="A,B",
        help="fields that pass into the kept shards, each value sieved",
    )
    parser.add_argument(
        "--planted",
        default="",
        metavar="FILE",
        help="values, one a line, that must not be in the output; any that is fails the job",
    )
    parser.epilog = "Any other option goes to Beam, as in --runner FlinkRunner."


def run(args: argparse.Namespace) -> int:
    """Run the job and print where the outcome is."""
    from gemsieve.filters.catalogue import policy_text
    from gemsieve.filters.policy_file import PolicyError
    from gemsieve.pipeline.job import Job, RunnerError
    from gemsieve.pipeline.manifest import ManifestError
    from gemsieve.pipeline.progress import bar
    from gemsieve.pipeline.run import Outcome, OutputError, run_job
    from gemsieve.pipeline.slices import InputError

    # Libraries tell of their optional parts on the root logger; ours is the line at the end.
    logging.basicConfig(level=logging.ERROR, format="%(message)s")
    if args.workers < 1:
        raise UsageError("--workers: must be at least 1")
    if "://" in args.output:
        raise UsageError(f"--output {args.output}: give a local or mounted folder")
    patterns = [pattern for group in args.input for pattern in group]
    try:
        policy, name = policy_text(args.policy)
        job = Job(
            output=args.output,
            policy=policy,
            policy_name=name,
            text_field=args.text_field,
            source_field=args.source_field,
            columns=tuple(filter(None, args.columns.split(","))),
            planted=args.planted,
        )
        outcome: Outcome = run_job(job, patterns, args.workers, args.rest, bar)
    except (PolicyError, InputError, OutputError, RunnerError) as error:
        raise UsageError(str(error)) from None
    except ManifestError as error:
        print(f"gemsieve filter: {error}", file=sys.stderr)
        return 1
    except RuntimeError as error:
        return failed(error)
    print(summary(outcome.manifest, args.output))
    return 0


def failed(error: RuntimeError) -> int:
    """Tell of a job that a worker's error ended; the cause's last line says what it was."""
    lines = [line for line in str(error).splitlines() if line.strip()]
    print(f"gemsieve filter: the job failed and wrote no manifest: {lines[-1]}", file=sys.stderr)
    print("gemsieve filter: mend the cause and run the same command to resume", file=sys.stderr)
    return 1


def summary(books: Manifest, output: str) -> str:
    """Return the books in a line, what was found and done, and where the report is."""
    from gemsieve.filters.audit.verdict import line_for_people
    from gemsieve.pipeline.mitigation_told import lines_for_people

    counts, check = books.counts, books.leak_check
    lines = [
        f"{counts['in']:,} records in = {counts['kept']:,} kept + {counts['dropped']:,} dropped"
        f" + {counts['quarantined']:,} quarantined",
        f"leak check: {check['proven_values']:,} proven values remain in"
        f" {check['records']:,} records, {check['suspected_values']:,} are suspected in a sample"
        f" of {check['sample']['records']:,}",
        line_for_people(books.audit),
    ]
    if planted := check["planted"]:
        lines.append(f"planted values: {planted['values']:,}, remaining: {planted['remaining']:,}")
    lines += lines_for_people(books.mitigation)
    return "\n".join([*lines, f"report: {output}/report/index.html"])
