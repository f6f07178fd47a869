"""`gemsieve annotate`: find everything in a corpus and store it beside the texts."""

from __future__ import annotations

import argparse
from functools import partial
from typing import TYPE_CHECKING

from gemsieve.cli.filter import ended, local
from gemsieve.cli.settings import add_some, settings_of

if TYPE_CHECKING:
    from gemsieve.pipeline.annotate.annotations import Annotations

PASSES_ON = True  # options it does not know are Beam's
SETTINGS = {
    *("inputs.files", "inputs.text_field", "inputs.source_field", "inputs.columns"),
    *("inputs.encoding", "inputs.by_line", "inputs.limit", "policy.file", "policy.inline"),
    *("output.folder", "run.workers", "run.seconds_per_record", "run.memory_limit", "run.beam"),
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    add_some(parser, SETTINGS)


def run(args: argparse.Namespace) -> int:
    """Run the job and print what it found."""
    from gemsieve.pipeline.annotate.job import run_annotate
    from gemsieve.pipeline.watch.progress import bar

    settings = settings_of(args, SETTINGS)
    local(settings.output)

    def work() -> int:
        """Run it and print what it comes to."""
        workers, watch = settings.values["run.workers"], partial(bar, checks=False)
        found = run_annotate(settings.job(), settings.patterns, workers, settings.beam, watch)
        print(summary(found, settings.output))
        return 0

    return ended("annotate", work)


def summary(found: Annotations, output: str) -> str:
    """Return the books in a line, who looked, and what to do next."""
    counts = found.counts
    return "\n".join(
        [
            f"{counts['in']:,} records in = {counts['annotated']:,} annotated"
            f" + {counts['unreadable']:,} unreadable",
            f"detectors: {', '.join(one.name for one in found.detectors)}",
            f"next: gemsieve decide {output} --policy FILE --output DIR",
        ]
    )
