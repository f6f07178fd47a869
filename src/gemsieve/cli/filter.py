"""`gemsieve filter`: submit a Beam job that sieves a corpus."""

from __future__ import annotations

import argparse
import logging
import re
import sys
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from gemsieve.cli import UsageError
from gemsieve.cli.log import show
from gemsieve.cli.settings import add_settings, settings_of

if TYPE_CHECKING:
    from gemsieve.cli.settings import Settings
    from gemsieve.pipeline.manifest import Manifest

PASSES_ON = True  # options it does not know are Beam's

# What Beam and Java put around an error's message: the classes of it and of its causes, and where
# it was.
WRAPPED = re.compile(
    r"^(?:Caused by: )?(?:[\w.]*(?:Error|Exception): )+|\s\[while running '[^']*'\]$"
)
FRAME = "\t"  # begins a line of a trace of Java's that tells where, and not why


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    add_settings(parser)
    add_dry_run(parser)


def add_dry_run(parser: argparse.ArgumentParser) -> None:
    """Declare `--dry-run` and what goes with it."""
    parser.add_argument(
        "--dry-run", action="store_true", help="say what would be done, and write nothing"
    )
    parser.add_argument(
        "--verbose", action="store_true", help="of a dry run: what would be done with each record"
    )


def run(args: argparse.Namespace) -> int:
    """Run the job, or say what it would do, and return the exit status."""
    settings = settings_of(args)
    return ended("filter", partial(tried, settings, args) if dry(args) else partial(done, settings))


def dry(args: argparse.Namespace) -> bool:
    """Say whether nothing is to be written.

    Raises:
        UsageError: What is for a dry run alone was asked of another.
    """
    if args.verbose and not args.dry_run:
        raise UsageError("--verbose: is for a --dry-run; a job's records stand in its shards")
    return bool(args.dry_run)


def ended(command: str, work: Callable[[], int]) -> int:
    """Do a command's work, say why where it comes to nothing, and return the exit status.

    Raises:
        UsageError: The caller must change something.
    """
    from gemsieve.filters.policy_file import PolicyError
    from gemsieve.pipeline.job import RunnerError, Submitted
    from gemsieve.pipeline.manifest import ManifestError
    from gemsieve.pipeline.reading.slices import InputError
    from gemsieve.pipeline.run import OutputError
    from gemsieve.pipeline.signature import KeyFileError

    # Libraries tell of their optional parts on the root logger; ours is the line at the end.
    logging.basicConfig(level=logging.ERROR, format="%(message)s")
    try:
        return work()
    except (PolicyError, InputError, OutputError, RunnerError, KeyFileError) as error:
        raise UsageError(str(error)) from None
    except Submitted as told:
        print(f"gemsieve {command}: {told}")
        return 0
    except ManifestError as error:
        print(f"gemsieve {command}: {error}", file=sys.stderr)
        return 1
    except (RuntimeError, OSError) as error:
        return failed(command, error)


def done(settings: Settings) -> int:
    """Run the job and print where the outcome is."""
    from gemsieve.cli.hints import of_fields, watched
    from gemsieve.pipeline.run import Outcome, run_job
    from gemsieve.pipeline.signature import sign

    signer = settings.signer()
    show(settings.values["run.log_format"])
    job = settings.job()
    outcome: Outcome = run_job(
        job, settings.patterns, settings.values["run.workers"], settings.beam, watched
    )
    if signer:
        sign(outcome.manifest.folder, signer)
    print(summary(outcome.manifest, settings.output))
    for line in of_fields(outcome.tally, outcome.manifest.counts["in"], job.text_field):
        print(f"gemsieve filter: {line}", file=sys.stderr)
    return 0


def local(output: str) -> None:
    """Refuse an output folder that is no local or mounted one.

    Raises:
        UsageError: It is not; names it.
    """
    if "://" in output:
        raise UsageError(f"--output {output}: give a local or mounted folder")


def tried(settings: Settings, args: argparse.Namespace) -> int:
    """Print what the job would do."""
    from gemsieve.cli.filter_dry import tell
    from gemsieve.pipeline.run import prepared

    job = settings.job(output="")
    return tell(prepared(job, settings.patterns, settings.beam), verbose=args.verbose)


def failed(command: str, error: RuntimeError | OSError) -> int:
    """Tell of a job that an error ended; of a worker's, the cause's last line says what it was."""
    if isinstance(error, OSError) and error.filename:
        told = f"{error.filename}: {error.strerror}"
    else:
        every = (line for line in str(error).splitlines() if line.strip())
        lines = [line for line in every if not line.startswith(FRAME)]
        told = WRAPPED.sub("", lines[-1] if lines else type(error).__name__)
    name = f"gemsieve {command}"
    print(f"{name}: the job failed and wrote no manifest: {told}", file=sys.stderr)
    print(f"{name}: mend the cause and run the same command to resume", file=sys.stderr)
    return 1


def summary(books: Manifest, output: str) -> str:
    """Return the books in a line, what was found and done, and where the report is."""
    from gemsieve.filters.audit.verdict import line_for_people
    from gemsieve.pipeline.mitigate.told import lines_for_people

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
