"""The Beam pipeline: slices as elements; each is sieved, its output checked, its filter audited."""

from __future__ import annotations

import argparse
import logging
import shlex
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

import apache_beam as beam
from apache_beam.metrics import Metrics
from apache_beam.options.pipeline_options import (
    DirectOptions,
    PipelineOptions,
    StandardOptions,
)
from apache_beam.utils.shared import Shared

from gemsieve.pipeline.audit_slice import Auditor
from gemsieve.pipeline.audit_sums import read_swaps
from gemsieve.pipeline.job import Job, RunnerError
from gemsieve.pipeline.leak_check import Checker
from gemsieve.pipeline.leak_counts import read_leaks
from gemsieve.pipeline.receipt import read_receipt, stands
from gemsieve.pipeline.sieve import Siever
from gemsieve.pipeline.slices import Slice
from gemsieve.pipeline.weights import Plan, weigh

if TYPE_CHECKING:
    from apache_beam.runners.runner import PipelineRunner

LOCAL = ("", "DirectRunner", "FnApiRunner", "BundleBasedDirectRunner")

# Its tagged outputs end up in one another and a zero-byte file is reported as done.
REFUSED = ("DaskRunner",)


class SieveSlice(beam.DoFn):  # type: ignore[misc]
    """Sieves slices; the filter is loaded once a process and shared by its threads."""

    def __init__(self, job: Job, digest: str, pieces: int) -> None:
        self._make = (job, digest, pieces)
        self._shared = Shared()

    def process(self, piece: Slice) -> Iterator[Slice]:
        """Sieve one slice, unless an earlier attempt did, and pass it on."""
        job, digest, _ = self._make
        receipt = read_receipt(job.receipts, piece.number, digest)
        if receipt is None or not stands(receipt, job.folder):
            siever: Siever = self._shared.acquire(lambda: Siever(*self._make))
            receipt = siever.sieve(piece)
            for outcome, n in receipt.tally.by_outcome().items():
                Metrics.counter("gemsieve", outcome).inc(n)
        yield piece


class CheckSlice(beam.DoFn):  # type: ignore[misc]
    """Checks what slices left in `kept/`; the checks are loaded once a process.

    `quotas` are how many records of each slice of the plan are sampled.
    """

    def __init__(self, job: Job, digest: str, pieces: int, quotas: Sequence[int | None]) -> None:
        self._make = (job, digest, pieces)
        self._quotas = tuple(quotas)
        self._shared = Shared()

    def process(self, piece: Slice) -> Iterator[Slice]:
        """Check one slice's kept records, unless an earlier attempt did, and pass it on."""
        job, digest, _ = self._make
        if read_leaks(job.leaks, piece.number, digest) is None:
            checker: Checker = self._shared.acquire(lambda: Checker(*self._make))
            leaks = checker.check(piece, self._quotas[piece.number])
            Metrics.counter("gemsieve", "proven leaks").inc(leaks.proven.total())
        yield piece


class AuditSlice(beam.DoFn):  # type: ignore[misc]
    """Audits the filter on slices that it sieved; its models are loaded once a process.

    `quotas` are how many sentences of each slice of the plan are swapped, for each axis.
    """

    def __init__(self, job: Job, digest: str, pieces: int, quotas: Sequence[int]) -> None:
        self._make = (job, digest, pieces)
        self._quotas = tuple(quotas)
        self._shared = Shared()

    def process(self, piece: Slice) -> Iterator[Slice]:
        """Audit one slice, unless an earlier attempt did, and pass it on."""
        job, digest, _ = self._make
        if read_swaps(job.audits, piece.number, digest) is None:
            auditor: Auditor = self._shared.acquire(lambda: Auditor(*self._make))
            swaps = auditor.audit(piece, self._quotas[piece.number])
            Metrics.counter("gemsieve", "counterfactual swaps").inc(swaps.trials.total())
        yield piece


class WeighSlice(beam.DoFn):  # type: ignore[misc]
    """Writes what the records count for that slices left in `kept/`."""

    def __init__(self, job: Job, plan: Plan) -> None:
        self._job, self._plan = job, plan

    def process(self, piece: Slice) -> Iterator[Slice]:
        """Weigh one slice's kept records and pass it on."""
        weigh(self._job, self._plan, piece)
        yield piece


def check(flags: Sequence[str]) -> None:
    """Refuse flags that no Beam options class knows, which Beam itself would ignore.

    Raises:
        RunnerError: A flag is unknown, or it names a runner that is refused.
    """
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    for options in PipelineOptions.__subclasses__():
        options._add_argparse_args(parser)  # what PipelineOptions does itself
    if unknown := parser.parse_known_args(list(flags))[1]:
        raise RunnerError(f"{' '.join(unknown)}: neither an option of ours nor a flag of Beam's")
    name = PipelineOptions(list(flags)).view_as(StandardOptions).runner
    if name in REFUSED:
        raise RunnerError(f"{name} mixes up outputs; use DirectRunner, FlinkRunner or another")


def runner_of(options: PipelineOptions, workers: int) -> PipelineRunner | str:
    """Return the runner to use; in this process or its children unless the flags name another."""
    name: str = options.view_as(StandardOptions).runner or ""
    if name not in LOCAL:
        return name
    # Named directly: Beam's DirectRunner first tries to download another runner's binary.
    from apache_beam.runners.portability.fn_api_runner import FnApiRunner
    from apache_beam.transforms.environments import SubprocessSDKEnvironment

    options.view_as(DirectOptions).direct_num_workers = workers
    if workers == 1:
        return FnApiRunner()
    command = f"{shlex.quote(sys.executable)} -m gemsieve.pipeline.worker"
    return FnApiRunner(SubprocessSDKEnvironment.from_command_string(command))


def run(
    steps: Mapping[str, beam.DoFn],
    slices: Sequence[Slice],
    workers: int,
    flags: Sequence[str],
) -> None:
    """Run slices through each step in order to the end, with flags that `check` let pass."""
    options = PipelineOptions(list(flags))
    runner = runner_of(options, workers)
    with quiet(), beam.Pipeline(runner=runner, options=options) as pipeline:
        passed = pipeline | "Slices" >> beam.Create(slices)
        # Without it a runner fuses everything onto the worker that made the list.
        passed |= "Spread" >> beam.Reshuffle()
        for name, step in steps.items():
            passed |= name >> beam.ParDo(step)


@contextmanager
def quiet() -> Iterator[None]:
    """Keep Beam's chatter about its own workings out of the user's terminal."""
    logger = logging.getLogger("apache_beam")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(level)
