"""What a runner must be given, and that the same bytes come out of each that is at hand."""

import json
import logging
import shutil
import subprocess
import sys
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest
from tests.pipeline.beam_warnings import BEAM_WARNINGS
from tests.pipeline.short_policy import SHORT

from gemsieve.pipeline.job import Job, RunnerError, Submitted
from gemsieve.pipeline.manifest import NAME, verify
from gemsieve.pipeline.run import run_job
from gemsieve.pipeline.runners import check, waits
from gemsieve.pipeline.watch.seen import LOGGER

pytestmark = BEAM_WARNINGS
ROOT = Path(__file__).parents[2]
TOOLS = ROOT / "build" / "tools"
DATAFLOW = [
    "--runner=DataflowRunner",
    "--project=some-project",
    "--region=us-central1",
    "--temp_location=gs://bucket/temp",
    "--sdk_container_image=some/image:1",
    "--max_num_workers=100",
    "--machine_type=n2-standard-4",
    "--no_auth",
    "--dry_run=true",
]


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two files, one with a fault."""
    folder = tmp_path_factory.mktemp("corpus")
    for name in ("a", "b"):
        lines = [json.dumps({"text": f"number {i} of {name}" if i % 3 else "no"}) for i in range(9)]
        (folder / f"{name}.jsonl").write_text("\n".join([*lines, "{"]))
    return folder


@pytest.mark.parametrize(
    ("flags", "reason"),
    [
        (["--no_such_flag=1"], "--no_such_flag=1: neither"),
        (["--runner=DaskRunner"], "DaskRunner mixes up"),
        (["--runner=PrismRunner"], "--prism_location; Beam would download"),
        (["--runner=PrismRunner", "--prism_location=absent"], "absent: no such file"),
        (["--runner=FlinkRunner"], "--flink_job_server_jar; Beam would download"),
        (["--runner=SparkRunner"], "--spark_job_server_jar; Beam would download"),
        (["--runner=DataflowRunner"], "--sdk_container_image"),
        (DATAFLOW, "out: workers of Dataflow cannot write there"),
    ],
)
def test_a_runner_is_refused_that_cannot_do_the_job(flags: list[str], reason: str) -> None:
    """Nothing is downloaded, guessed or begun: a line says what is missing."""
    with pytest.raises(RunnerError, match=reason):
        check(flags, "out")


def test_a_runner_that_has_all_it_needs_passes() -> None:
    """A job server elsewhere needs no program here, nor does a plain local run."""
    check([], "out")
    check(["--runner=DirectRunner"], "out")
    check(["--runner=FlinkRunner", "--job_endpoint=host:8099"], "out")
    check(DATAFLOW, "gs://bucket/out")
    check(DATAFLOW, "")  # a dry run


def test_a_job_that_is_not_followed_is_finished_by_the_same_command(
    corpus: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Submitting writes no manifest; the same job again judges nothing and writes it."""
    flags = ["--no_wait_until_finish"]
    assert not waits(flags)
    assert not waits(["--template_location=gs://bucket/template"])
    job = Job(str(tmp_path / "out"), SHORT, "short.toml")
    with pytest.raises(Submitted, match="run the same command again"):
        run_job(job, [f"{corpus}/*"], 1, flags, lambda *_: nullcontext())
    assert not (tmp_path / "out" / NAME).exists()
    caplog.set_level(logging.INFO, LOGGER)
    assert run_job(job, [f"{corpus}/*"], 1, flags, lambda *_: nullcontext()).resumed == 2
    assert [record.told["event"] for record in caplog.records] == ["resumed"] * 2  # type: ignore[attr-defined]
    assert verify(tmp_path / "out").counts["in"] == 20


def test_the_graph_for_dataflow_is_built_offline() -> None:
    """The job that would be sent: a batch, our image alone, workers by need, slices spread."""
    pytest.importorskip("google.cloud.dataflow", reason="the extra gcs is not installed")
    from apache_beam.internal import pickler
    from apache_beam.portability.api import beam_runner_api_pb2
    from apache_beam.runners.dataflow.internal import apiclient

    from gemsieve.pipeline.beam_job import TakeSlice, limits_of, run
    from gemsieve.pipeline.reading.slices import Slice
    from gemsieve.pipeline.sieve import Siever

    job = Job("gs://bucket/out", SHORT, "short.toml", flags=tuple(DATAFLOW))
    pieces = [
        Slice(i, f"gs://bucket/{i}.jsonl", f"{i}.jsonl", "jsonl", 0, None, 1, 9) for i in (0, 1)
    ]
    take = TakeSlice((Siever(job, "digest", 2),), limits_of(job, 1, DATAFLOW))
    sent: Any = run({"Judge": take}, pieces, 1, DATAFLOW)
    proto = sent.job.proto_pipeline
    assert json.loads(sent.job.json())["type"] == "JOB_TYPE_BATCH"
    images = {
        beam_runner_api_pb2.DockerPayload.FromString(one.payload).container_image
        for one in proto.components.environments.values()
    }
    assert images == {"some/image:1"}
    environment = apiclient.Environment(
        proto_pipeline_staged_url="gs://bucket/pipeline.pb",
        packages=[],
        options=sent.job.options,
        environment_version="1",
        proto_pipeline=proto,
    ).proto
    (pool,) = environment.worker_pools
    assert pool.autoscaling_settings.max_num_workers == 100
    assert pool.machine_type == "n2-standard-4"
    assert not pool.packages
    steps = {one.unique_name: one for one in proto.components.transforms.values()}
    assert {"Slices", "Spread", "Judge"} <= {name.split("/")[0] for name in steps}
    payload = beam_runner_api_pb2.ParDoPayload.FromString(steps["Judge"].spec.payload)
    sent_step = pickler.loads(payload.do_fn.payload)[0]
    assert sent_step._steps[0].job == job


def sieve(corpus: Path, output: Path, flags: list[str]) -> str:
    """Sieve the corpus as a user would; return the manifest's digest, which holds all others."""
    policy = output.with_suffix(".toml")
    policy.write_text(SHORT)
    command = [sys.executable, "-m", "gemsieve.cli", "filter", "--input", f"{corpus}/*"]
    command += ["--policy", str(policy), "--output", str(output), *flags]
    subprocess.run(command, check=True, capture_output=True, timeout=600)
    return verify(output).digest


def tool(name: str) -> Path | None:
    """Return what a make target fetched, or a program of that name on the path."""
    found = shutil.which(name)
    fetched = TOOLS / name
    return fetched if fetched.exists() else Path(found) if found else None


@pytest.mark.slow
def test_prism_writes_the_same_bytes(corpus: Path, tmp_path: Path) -> None:
    """Beam's Go runner, with workers of its own choosing, gives what a run in memory gives."""
    prism = tool("prism")
    if prism is None:
        pytest.skip("no prism; `make prism` builds it where Go is installed")
    flags = ["--runner=PrismRunner", f"--prism_location={prism}"]
    expected = sieve(corpus, tmp_path / "memory", ["--runner=FnApiRunner"])
    assert sieve(corpus, tmp_path / "prism", flags) == expected


@pytest.mark.slow
def test_flink_writes_the_same_bytes(corpus: Path, tmp_path: Path) -> None:
    """A local Flink cluster with its workers gives what a run in memory gives."""
    if not (TOOLS / "flink").exists() or shutil.which("java") is None:
        pytest.skip("no Flink; `make flink` fetches it where Maven and Java are installed")
    expected = sieve(corpus, tmp_path / "memory", ["--runner=FnApiRunner"])
    bench = [sys.executable, str(ROOT / "bench" / "flink_cluster.py"), "--tools", str(TOOLS)]
    with subprocess.Popen(bench, stdout=subprocess.PIPE, text=True) as cluster:
        try:
            assert cluster.stdout
            flags = cluster.stdout.readline().split()
            assert flags[:2] == ["--runner", "FlinkRunner"]
            assert sieve(corpus, tmp_path / "flink", flags) == expected
        finally:
            cluster.terminate()
