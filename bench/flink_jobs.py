"""The jobs of a Flink cluster: takes them in over Beam's Job API and has Java submit them.

Beam's own server does the same, from a library that not every Maven repository has. Workers have
to be reachable from here (LOOPBACK, or a pool: EXTERNAL), with everything installed: no file of
the pipeline's is staged.
"""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import grpc
from apache_beam.portability.api import beam_job_api_pb2 as api
from apache_beam.portability.api import beam_job_api_pb2_grpc
from apache_beam.runners.portability.abstract_job_service import (
    AbstractBeamJob,
    AbstractJobServiceServicer,
)
from google.protobuf import json_format  # type: ignore[import-untyped]

LOOK = 0.2  # seconds between two looks at a job


class Job(AbstractBeamJob):  # type: ignore[misc]
    """One pipeline, and the process that submits it and waits for its end."""

    def __init__(self, command: Sequence[str], folder: Path, *given: object) -> None:
        super().__init__(*given)
        self._command, self._folder = command, folder
        self._process: subprocess.Popen[bytes] | None = None

    def prepare(self) -> None:
        """Write down what is to be submitted."""
        for environment in self._pipeline_proto.components.environments.values():
            del environment.dependencies[:]
        self._files = [self._folder / f"{self._job_id}.{end}" for end in ("pb", "json", "log")]
        self._files[0].write_bytes(self._pipeline_proto.SerializeToString())
        self._files[1].write_text(json_format.MessageToJson(self._pipeline_options))

    def run(self) -> None:
        """Submit it."""
        pipeline, options, log = self._files
        java, master = self._command[:-1], self._command[-1]
        with log.open("wb") as errors:
            self._process = subprocess.Popen(
                [*java, str(pipeline), str(options), master], stdout=errors, stderr=errors
            )

    def cancel(self) -> None:
        """Stop waiting for it; it fails in Flink when its workers are gone."""
        if self._process:
            self._process.kill()

    def artifact_staging_endpoint(self) -> None:
        """No file is staged."""

    def get_state(self) -> tuple[int, object]:
        """Return its state and since when it has it."""
        if self._process:
            status = self._process.poll()
            ended = api.JobState.FAILED if status else api.JobState.DONE
            self.set_state(api.JobState.RUNNING if status is None else ended)
        state: tuple[int, object] = super().get_state()
        return state

    def get_state_stream(self) -> Iterator[object]:
        """Yield its states until it has ended."""
        while True:
            yield self.get_state()
            if self.is_terminal_state(self.state):
                return
            time.sleep(LOOK)

    def get_message_stream(self) -> Iterator[object]:
        """Yield why it failed, if it did, and its last state."""
        for _ in self.get_state_stream():
            pass
        if self.state == api.JobState.FAILED:
            why = self._files[2].read_text()
            yield api.JobMessage(importance=api.JobMessage.JOB_MESSAGE_ERROR, message_text=why)
        yield self.get_state()


class Jobs(AbstractJobServiceServicer):  # type: ignore[misc]
    """Takes jobs in and asks after them."""

    def __init__(self, command: Sequence[str], folder: Path) -> None:
        super().__init__()
        self._command, self._folder = command, folder

    def create_beam_job(self, *given: object) -> Job:
        """Return a job as it was asked for."""
        return Job(self._command, self._folder, *given)

    def GetJobMetrics(self, *_: object) -> object:  # noqa: N802  # Beam's name
        """Return none: Flink's page shows them."""
        return api.GetJobMetricsResponse()


@contextmanager
def serving(command: Sequence[str], folder: Path) -> Iterator[str]:
    """Serve the Job API while the body runs; yield its HOST:PORT."""
    server = grpc.server(ThreadPoolExecutor())
    beam_job_api_pb2_grpc.add_JobServiceServicer_to_server(Jobs(command, folder), server)
    port = server.add_insecure_port("localhost:0")
    server.start()
    try:
        yield f"localhost:{port}"
    finally:
        server.stop(1)
