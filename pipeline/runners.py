"""Which runner a job runs on: what Beam's flags may say, and what it needs to be started here."""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

from apache_beam.options.pipeline_options import (
    DirectOptions,
    GoogleCloudOptions,
    PipelineOptions,
    PortableOptions,
    StandardOptions,
    WorkerOptions,
)

from gemsieve.pipeline.job import RunnerError
from gemsieve.pipeline.reading.files import is_remote

if TYPE_CHECKING:
    from apache_beam.runners.runner import PipelineRunner

LOCAL = ("", "DirectRunner", "FnApiRunner", "BundleBasedDirectRunner")

# Its tagged outputs end up in one another and a zero-byte file is reported as done.
REFUSED = ("DaskRunner",)

# The flag that names the program behind a runner; without it Beam would download one.
PROGRAMS = {
    "PrismRunner": "prism_location",
    "FlinkRunner": "flink_job_server_jar",
    "SparkRunner": "spark_job_server_jar",
}


def check(flags: Sequence[str], output: str) -> None:
    """Refuse flags that no Beam options class knows, which Beam itself would ignore.

    Args:
        flags: Beam's.
        output: Where the outcome goes, "" where nothing is written.

    Raises:
        RunnerError: A flag is unknown, or the runner it names is refused or lacks something.
    """
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    for options in PipelineOptions.__subclasses__():
        options._add_argparse_args(parser)  # what PipelineOptions does itself
    if unknown := parser.parse_known_args(list(flags))[1]:
        raise RunnerError(f"{' '.join(unknown)}: neither an option of ours nor a flag of Beam's")
    given = PipelineOptions(list(flags))
    name = name_of(given)
    if name in REFUSED:
        raise RunnerError(f"{name} mixes up outputs; use DirectRunner, FlinkRunner or another")
    if name in PROGRAMS and not given.view_as(PortableOptions).job_endpoint:
        need_program(name, given.get_all_options().get(PROGRAMS[name]))
    if name == "DataflowRunner":
        need_image(given, output)


def need_program(name: str, path: str | None) -> None:
    """Refuse a runner whose program is not on this machine.

    Raises:
        RunnerError: It is not.
    """
    flag = f"--{PROGRAMS[name]}"
    if path is None:
        raise RunnerError(f"{name}: name its program with {flag}; Beam would download one")
    if not os.path.isfile(path):
        raise RunnerError(f"{flag} {path}: no such file")


def need_image(options: PipelineOptions, output: str) -> None:
    """Refuse Dataflow where its workers would have no gemsieve, or nowhere to write.

    Raises:
        RunnerError: That is so.
    """
    if not options.view_as(WorkerOptions).sdk_container_image:
        raise RunnerError("DataflowRunner: name an image that has gemsieve: --sdk_container_image")
    if output and not is_remote(output):
        raise RunnerError(f"{output}: workers of Dataflow cannot write there; name a bucket")


def name_of(options: PipelineOptions) -> str:
    """Return the runner's name without its module, "" for none."""
    name: str = options.view_as(StandardOptions).runner or ""
    return name.rpartition(".")[2]


def waits(flags: Sequence[str]) -> bool:
    """Say whether a job is followed to its end; a template is launched later, by others."""
    options = PipelineOptions(list(flags))
    template = options.view_as(GoogleCloudOptions).template_location
    return not (template or options.view_as(StandardOptions).no_wait_until_finish)


def runner_of(options: PipelineOptions, workers: int) -> PipelineRunner | str:
    """Return the runner to use; in this process unless the flags name another."""
    name = name_of(options)
    if name not in LOCAL:
        return name
    # Named directly: Beam's DirectRunner first tries to download another runner's binary.
    from apache_beam.runners.portability.fn_api_runner import FnApiRunner
    from apache_beam.transforms.environments import EmbeddedPythonGrpcEnvironment

    options.view_as(DirectOptions).direct_num_workers = workers
    # Threads are enough: the work is done in children, as many as there are threads.
    return FnApiRunner(EmbeddedPythonGrpcEnvironment.default() if workers > 1 else None)
