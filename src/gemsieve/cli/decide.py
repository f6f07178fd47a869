"""`gemsieve decide`: sieve a corpus by what `gemsieve annotate` found in it."""

from __future__ import annotations

import argparse
from functools import partial
from typing import TYPE_CHECKING

from gemsieve.cli import UsageError
from gemsieve.cli.filter import add_dry_run, dry, ended, summary
from gemsieve.cli.settings import DEFAULT, Settings, add_some, settings_of

if TYPE_CHECKING:
    from gemsieve.pipeline.job import Job

PASSES_ON = True  # options it does not know are Beam's
SETTINGS = {
    *("inputs.columns", "policy.file", "policy.inline", "output.folder", "output.planted"),
    *("output.jsonl", "output.title", "output.license", "output.sign_key"),
    *("run.workers", "run.seconds_per_record", "run.memory_limit", "run.beam"),
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("annotations", metavar="ANN", help="what `gemsieve annotate` wrote")
    add_some(parser, SETTINGS)
    add_dry_run(parser)


def run(args: argparse.Namespace) -> int:
    """Run the job, or say what it would do, and return the exit status."""
    settings = settings_of(args, SETTINGS)
    work = tried if dry(args) else done
    return ended("decide", partial(work, settings, args))


def done(settings: Settings, args: argparse.Namespace) -> int:
    """Run the job and print where the outcome is."""
    from gemsieve.pipeline.run import run_job
    from gemsieve.pipeline.signature import sign
    from gemsieve.pipeline.watch.progress import bar

    signer = settings.signer()
    job = remembering(settings, settings.job(), args.annotations)
    outcome = run_job(job, [], settings.values["run.workers"], settings.beam, bar)
    if signer:
        sign(outcome.manifest.folder, signer)
    print(summary(outcome.manifest, settings.output))
    return 0


def tried(settings: Settings, args: argparse.Namespace) -> int:
    """Print what the job would do."""
    from gemsieve.cli.filter_dry import tell
    from gemsieve.pipeline.run import prepared

    job = remembering(settings, settings.job(output=""), args.annotations)
    return tell(prepared(job, [], settings.beam), verbose=args.verbose)


def remembering(settings: Settings, job: Job, annotations: str) -> Job:
    """Return a job that decides by annotations.

    Raises:
        UsageError: There are none, or not such columns.
    """
    from gemsieve.pipeline.annotate.recall import deciding
    from gemsieve.pipeline.manifest import ManifestError

    key = "inputs.columns"
    columns = None if settings.origins[key] == DEFAULT else settings.values[key]
    try:
        return deciding(job, annotations, columns)
    except ManifestError as error:
        raise UsageError(str(error)) from None
