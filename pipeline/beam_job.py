"""The Beam pipeline: slices as elements; each is taken through the steps of its job."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

import apache_beam as beam
import grpc
from apache_beam.metrics import Metrics
from apache_beam.options.pipeline_options import PipelineOptions, StandardOptions

from gemsieve.pipeline.job import Job
from gemsieve.pipeline.mitigate.weights import Plan, weigh
from gemsieve.pipeline.reading.files import configure
from gemsieve.pipeline.reading.slices import Slice
from gemsieve.pipeline.runners import LOCAL, name_of, runner_of, waits
from gemsieve.pipeline.watch.seen import slice_seen
from gemsieve.pipeline.watch.spans import flush
from gemsieve.pipeline.watch.spread import Spread
from gemsieve.pipeline.workers import children
from gemsieve.pipeline.workers.children import Limits
from gemsieve.pipeline.workers.heartbeat import Beat, last_beat
from gemsieve.pipeline.workers.step import Step, take

if TYPE_CHECKING:
    from apache_beam.runners.runner import PipelineResult


class TakeSlice(beam.DoFn):  # type: ignore[misc]
    """Takes slices through the steps of a job that an earlier attempt did not finish."""

    def __init__(self, steps: Sequence[Step], limits: Limits, parent: str = "") -> None:
        self._steps, self._limits, self._parent = tuple(steps), limits, parent

    def setup(self) -> None:
        """Reach what is remote: not every runner hands its worker the flags."""
        job = self._steps[0].job
        configure([job.output], job.flags)

    def process(self, piece: Slice) -> Iterator[Slice]:
        """Take one slice through all steps and pass it on."""
        with slice_seen(piece, self._parent) as counts:
            for name, n in take(self._steps, piece, self._limits):
                Metrics.counter("gemsieve", name).inc(n)
                counts[name] += n
            if counts:
                distribute(last_beat(self._steps[0].job.heartbeats, piece))
        yield piece

    def teardown(self) -> None:
        """Send the spans that are not sent yet."""
        flush()


def distribute(beat: Beat | None) -> None:
    """Show on the runner's page how documents and batches spread; nothing of their words."""
    for name, spread in beat.spreads.items() if beat else ():
        distribution = Metrics.distribution("gemsieve", name)
        for value in Spread(**spread).values():
            distribution.update(value)


class WeighSlice(beam.DoFn):  # type: ignore[misc]
    """Writes what the records count for that slices left in `kept/`."""

    def __init__(self, job: Job, plan: Plan) -> None:
        self._job, self._plan = job, plan

    def process(self, piece: Slice) -> Iterator[Slice]:
        """Weigh one slice's kept records and pass it on."""
        configure([self._job.output], self._job.flags)
        weigh(self._job, self._plan, piece)
        yield piece


def run(
    steps: Mapping[str, beam.DoFn],
    slices: Sequence[Slice],
    workers: int,
    flags: Sequence[str],
) -> PipelineResult:
    """Run slices through each step in order to the end, with flags that `check` let pass.

    Where the flags ask not to wait, the job is submitted alone.

    Raises:
        RuntimeError: The job failed, or its runner did.
    """
    options = PipelineOptions(list(flags))
    options.view_as(StandardOptions).no_wait_until_finish = not waits(flags)
    runner = runner_of(options, workers)
    try:
        with quiet(), beam.Pipeline(runner=runner, options=options) as pipeline:
            passed = pipeline | "Slices" >> beam.Create(slices)
            # Without it a runner fuses everything onto the worker that made the list.
            passed |= "Spread" >> beam.Reshuffle()
            for name, step in steps.items():
                passed |= name >> beam.ParDo(step)
    except grpc.RpcError as error:  # its own words are a page
        code = error.code().name if isinstance(error, grpc.Call) else type(error).__name__
        raise RuntimeError(f"the runner went away or refused the job ({code})") from None
    except RuntimeError as error:
        if "KeyboardInterrupt" in str(error):  # Ctrl-C while a step was at work
            raise KeyboardInterrupt from None
        raise
    finally:
        children.close()
    return pipeline.result


def limits_of(job: Job, workers: int, flags: Sequence[str]) -> Limits:
    """Return what the children of a worker may take: a local run has one worker, for all."""
    local = name_of(PipelineOptions(list(flags))) in LOCAL
    count, processes = (workers, 1) if local else (1, 0)
    return Limits(job.seconds_per_record, job.memory_limit * 1_000_000, count, processes)


@contextmanager
def quiet() -> Iterator[None]:
    """Keep Beam's chatter about its own workings out of the user's terminal."""
    logger = logging.getLogger("apache_beam")
    level = logger.level
    logger.setLevel(logging.CRITICAL)  # an error is raised as well, and told once
    # Prism's log passes on all that workers log, whatever it quotes, and goes on after the job.
    logging.getLogger("PrismJobServer").disabled = True
    root = logging.getLogger()  # Beam logs there, and nobody else, what job servers say
    root.addFilter(unheard)
    try:
        yield
    finally:
        root.removeFilter(unheard)
        logger.setLevel(level)


def unheard(record: logging.LogRecord) -> bool:  # noqa: ARG001  # as filters are called
    """Let no record pass."""
    return False
