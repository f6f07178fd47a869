"""What is seen of a server from outside: metrics, spans and lines, none with a word of a text."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from prometheus_client.parser import text_string_to_metric_families
from tests.safety.api.serving import ask, serving, until_ready

from gemsieve.filters import Filter
from gemsieve.safety.api import create_app

TEXTS = ["zanzibar", "Write to zanzibar@example.com.", "bad zanzibar", "bad", "fine"]
PARENT = "4bf92f3577b34da6a3ce929d0e0e4736"


@pytest.fixture(scope="module")
def url(plain_filter: Filter) -> Iterator[str]:
    """A server that redacts addresses and drops `bad`."""
    with serving(create_app(plain_filter)) as (url, _):
        until_ready(url)
        yield url


def metrics(url: str) -> dict[tuple[str, ...], float]:
    """Return each sample by its name and its labels' values, in the order of their names."""
    text = ask(f"{url}/metrics").body.decode()
    return {
        (sample.name, *(value for _, value in sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_metrics_count_what_was_asked_and_decided(url: str) -> None:
    """Answers by endpoint and status, texts by action, reasons by label; odd paths as one."""
    before = metrics(url)
    ask(f"{url}/v1/check", {"input": TEXTS})
    ask(f"{url}/v1/check", {"input": TEXTS, "use": "prompt"})
    ask(f"{url}/v1/check", {"zanzibar": 1})
    ask(f"{url}/zanzibar")
    after = metrics(url)
    grown = {key: value - before.get(key, 0) for key, value in after.items()}
    assert grown["gemsieve_answers_total", "/v1/check", "200"] == 2
    assert grown["gemsieve_answers_total", "/v1/check", "400"] == 1
    assert grown["gemsieve_answers_total", "other", "404"] == 1
    assert grown["gemsieve_answer_seconds_count", "/v1/check"] == 3
    for use in ("output", "prompt"):
        actions = [grown["gemsieve_verdicts_total", a, use] for a in ("keep", "redact", "drop")]
        assert actions == [2, 1, 2]
        assert grown["gemsieve_reasons_total", "toxicity.insult", use] == 2
        assert grown["gemsieve_reasons_total", "pii.email_address", use] == 1
    assert after["gemsieve_waiting_characters",] == 0
    assert not any("zanzibar" in part for key in after for part in key)


def test_spans_and_lines_name_the_request(url: str, caplog: pytest.LogCaptureFixture) -> None:
    """A request has a span under the client's own and a line, both with its identifier."""
    if not isinstance(trace.get_tracer_provider(), TracerProvider):
        trace.set_tracer_provider(TracerProvider())  # there can be one in a process
    exporter = InMemorySpanExporter()
    trace.get_tracer_provider().add_span_processor(SimpleSpanProcessor(exporter))  # type: ignore[attr-defined]
    caplog.set_level(logging.INFO, "gemsieve.safety")
    parent = {"traceparent": f"00-{PARENT}-00f067aa0ba902b7-01"}
    answer = ask(f"{url}/v1/check", {"input": TEXTS}, parent)
    ask(f"{url}/v2/health/live")
    spans = [s for s in exporter.get_finished_spans() if s.context.trace_id == int(PARENT, 16)]
    exporter.shutdown()
    (span,) = [s for s in spans if s.name == "request"]
    line = next(r for r in caplog.records if "/v1/check" in r.getMessage())
    told = vars(line)["told"]
    assert span.attributes
    assert span.attributes["gemsieve.request"] == answer.headers["x-request-id"] == told["request"]
    assert span.attributes["gemsieve.endpoint"] == told["endpoint"] == "/v1/check"
    assert span.attributes["gemsieve.status"] == told["status"] == 200
    assert "zanzibar" not in f"{[s.to_json() for s in spans]}{caplog.text}{told}"
