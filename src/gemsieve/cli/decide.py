"""`gemsieve decide`: sieve a corpus by what `gemsieve annotate` found in it."""

from __future__ import annotations

import argparse

from gemsieve.cli import UsageError
from gemsieve.cli.filter import ended, summary
from gemsieve.cli.settings import add_some, settings_of

PASSES_ON = True  # options it does not know are Beam's
SETTINGS = {
    *("inputs.columns", "policy.file", "output.folder", "output.planted", "output.title"),
    *(
        "output.jsonl",
        "output.license",
        "run.workers",
        "run.seconds_per_record",
        "run.memory_limit",
    ),
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("annotations", metavar="ANN", help="what `gemsieve annotate` wrote")
    add_some(parser, SETTINGS)


def run(args: argparse.Namespace) -> int:
    """Run the job and print where the outcome is."""
    from gemsieve.pipeline.annotate.recall import deciding
    from gemsieve.pipeline.manifest import ManifestError
    from gemsieve.pipeline.run import run_job
    from gemsieve.pipeline.watch.progress import bar

    settings = settings_of(args)
    columns = getattr(args, "inputs.columns")

    def work() -> int:
        """Run it and print where the outcome is."""
        try:
            job = deciding(settings.job(), args.annotations, columns)
        except ManifestError as error:
            raise UsageError(str(error)) from None
        outcome = run_job(job, [], settings.values["run.workers"], settings.beam, bar)
        print(summary(outcome.manifest, settings.output))
        return 0

    return ended("decide", work)
