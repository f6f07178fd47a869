"""What is seen of a job while it runs: lines, numbers on the runner, spans; never words."""

import json
import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import nullcontext
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.pipeline.beam_warnings import BEAM_WARNINGS
from tests.pipeline.short_policy import SHORT

from gemsieve.cli.log import FORMATS, show
from gemsieve.pipeline.job import Job
from gemsieve.pipeline.reading.slices import Slice
from gemsieve.pipeline.run import run_job
from gemsieve.pipeline.watch.progress import line
from gemsieve.pipeline.watch.seen import LOGGER, slice_seen
from gemsieve.pipeline.watch.spread import Spread
from gemsieve.pipeline.workers.heartbeat import Beat

pytestmark = BEAM_WARNINGS
TEXTS = ["zebra", "some zebra words of a text", "more zebra words"]
PIECE = Slice(3, "in/a.jsonl", "a.jsonl", "jsonl", 0, None, 1, 100)


@pytest.fixture
def job(tmp_path: Path) -> tuple[Job, str]:
    """A job over one file with two faults, and its pattern."""
    lines = [*(json.dumps({"text": text}) for text in TEXTS), "{zebra", ""]
    (tmp_path / "a.jsonl").write_text("\n".join([*lines, "\n"]))
    return Job(str(tmp_path / "out"), SHORT, "short.toml"), str(tmp_path / "a.jsonl")


@pytest.fixture
def spans() -> Iterator[Any]:
    """What OpenTelemetry's own exporter in memory is sent."""
    from opentelemetry import trace
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import SimpleSpanProcessor
    from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

    if not isinstance(trace.get_tracer_provider(), TracerProvider):
        trace.set_tracer_provider(TracerProvider())  # there can be one in a process
    exporter = InMemorySpanExporter()
    trace.get_tracer_provider().add_span_processor(SimpleSpanProcessor(exporter))  # type: ignore[attr-defined]
    yield exporter
    exporter.shutdown()


def test_a_job_tells_its_slices_and_spans_without_words(
    job: tuple[Job, str], spans: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """A line when a slice begins and ends; a span for the job, its slices and their stages."""
    caplog.set_level(logging.INFO, LOGGER)
    run_job(job[0], [job[1]], 1, [], lambda *_: nullcontext())
    told: list[dict[str, Any]] = [
        record.told for record in caplog.records if hasattr(record, "told")
    ]
    assert [line["event"] for line in told] == ["begun", "finished"]
    expected = {"kept": 2, "dropped": 1, "quarantined": 3}
    faults = {"quarantined.malformed_json": 1, "quarantined.blank_line": 2}
    assert told[1].items() >= ({"slice": 0, "source": "a.jsonl"} | expected | faults).items()
    made = {span.name: span for span in spans.get_finished_spans()}
    names = {made[name].context.span_id: name for name in made}
    parents = {
        name: names.get(one.parent.span_id) if one.parent else None for name, one in made.items()
    }
    steps = dict.fromkeys(("sieve", "leak check", "audit"), "slice")
    assert parents == {"job": None, "plan": "job", "slice": "job", "finish": "job", **steps}
    assert (
        made["slice"].attributes.items()
        >= {f"gemsieve.{k}": n for k, n in expected.items()}.items()
    )
    assert "zebra" not in caplog.text
    assert not any("zebra" in one.to_json() for one in made.values())


def test_a_failure_is_told_by_its_kind(caplog: pytest.LogCaptureFixture, spans: Any) -> None:
    """A line says that a slice failed, and nothing of the error's own words leaves."""
    caplog.set_level(logging.INFO, LOGGER)
    with pytest.raises(ValueError, match="zebra"), slice_seen(PIECE):
        raise ValueError("zebra")
    assert [record.told["event"] for record in caplog.records] == ["begun", "failed"]  # type: ignore[attr-defined]
    assert caplog.records[1].told["error"] == "ValueError"  # type: ignore[attr-defined]
    (span,) = spans.get_finished_spans()
    assert (span.status.status_code.name, span.status.description) == ("ERROR", "ValueError")
    assert "zebra" not in caplog.text + span.to_json()


def test_spans_are_sent_where_the_environment_says() -> None:
    """With an endpoint in the environment a process sends its spans there, as OTLP over HTTP."""
    pytest.importorskip("opentelemetry.exporter.otlp.proto.http", reason="no extra otel")
    from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

    bodies: list[bytes] = []

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:  # its name in http.server
            bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    program = (
        "from gemsieve.pipeline.watch.spans import flush, here, span\n"
        "with span('job', slices=3):\n"
        "    parent = here()\n"
        "with span('slice', parent): pass\n"
        "flush()"
    )
    with HTTPServer(("127.0.0.1", 0), Receiver) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        endpoint = f"http://127.0.0.1:{server.server_port}"
        environment = os.environ | {"OTEL_EXPORTER_OTLP_ENDPOINT": endpoint}
        environment["OTEL_EXPORTER_OTLP_COMPRESSION"] = "none"
        subprocess.run([sys.executable, "-c", program], check=True, env=environment, timeout=120)
        server.shutdown()
    sent = [
        one
        for body in bodies
        for resource in ExportTraceServiceRequest.FromString(body).resource_spans
        for scope in resource.scope_spans
        for one in scope.spans
    ]
    spans = {one.name: one for one in sent}
    assert set(spans) == {"job", "slice"}
    assert spans["slice"].parent_span_id == spans["job"].span_id
    assert [(a.key, a.value.int_value) for a in spans["job"].attributes] == [("gemsieve.slices", 3)]


def test_a_runner_shows_counters_and_distributions(job: tuple[Job, str]) -> None:
    """Beam's own metrics hold a counter for each outcome and fault, and how documents spread."""
    from gemsieve.pipeline.beam_job import TakeSlice, limits_of, run
    from gemsieve.pipeline.run import claim, prepared
    from gemsieve.pipeline.sieve import Siever

    ready = prepared(job[0], [job[1]], [])
    claim(ready.job, ready.digest, ready.slices)
    take = TakeSlice((Siever(ready.job, ready.digest, 1),), limits_of(ready.job, 1, []))
    found = run({"Judge": take}, ready.slices, 1, []).metrics().query()
    counters = {one.key.metric.name: one.committed for one in found["counters"]}
    assert counters["kept"] == 2
    assert counters["dropped"] == 1
    assert counters["quarantined"] == 3
    assert counters["quarantined.blank_line"] == 2
    spread = {one.key.metric.name: one.committed for one in found["distributions"]}
    sizes, batches = spread["document_characters"], spread["batch_milliseconds"]
    lengths = [len(text) for text in TEXTS]
    assert (sizes.count, sizes.sum) == (3, sum(lengths))
    assert (sizes.min, sizes.max) == (min(lengths), max(lengths))
    assert batches.count == 1


@given(st.lists(st.lists(st.integers(0, 10**9), max_size=9), max_size=5))
def test_a_spread_stands_for_its_numbers(parts: list[list[int]]) -> None:
    """However numbers come, what Beam is given has their count, sum, least and most."""
    spread = Spread()
    for part in parts:
        spread.add(part)
    numbers = [number for part in parts for number in part]
    given_ = [*spread.values()]
    assert (len(given_), sum(given_)) == (len(numbers), sum(numbers))
    assert (min(given_, default=0), max(given_, default=0)) == (
        min(numbers, default=0),
        max(numbers, default=0),
    )


@pytest.mark.parametrize("kind", FORMATS)
def test_lines_go_to_stderr_in_the_format_asked_for(
    kind: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """JSON has the numbers as they are; text is for people; without a format nothing is said."""
    show(kind)
    try:
        with slice_seen(PIECE) as counts:
            counts["kept"] += 7
    finally:
        show(None)
    with slice_seen(PIECE):
        pass
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 2
    if kind == "json":
        finished = json.loads(lines[1])
        assert finished["time"].endswith("+00:00")
        assert (finished["event"], finished["slice"], finished["kept"]) == ("finished", 3, 7)
    else:
        assert lines[0].endswith("begun slice=3 source=a.jsonl bytes=100")
        assert lines[1].endswith("kept=7")


def test_the_bar_tells_counts_and_the_speed_of_this_run() -> None:
    """Outcomes of all, and records and characters a second beyond an earlier run's."""
    beats = [
        Beat({"kept": 20, "dropped": 8}, 3_000_000, 50, 1.5),
        Beat({"kept": 10, "redacted": 1, "quarantined": 2}, 1_000_000, 50, 1.5),
    ]
    told = "31 kept, 8 dropped, 2 quarantined"
    assert line(beats, [], 2.0) == f"{told}, 20 records/s, 2.0 MB/s"
    assert line(beats, beats[1:], 2.0) == f"{told}, 14 records/s, 1.5 MB/s"
    assert line(beats, beats, 2.0) == f"{told}, 0 records/s, 0.0 MB/s"
