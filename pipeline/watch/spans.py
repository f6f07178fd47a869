"""OpenTelemetry spans of a job: where an endpoint is named, or whoever calls us measures already.

The standard variables decide, `OTEL_EXPORTER_OTLP_ENDPOINT` above all; the extra `otel` brings the
library. Without both nothing is imported. Spans hold numbers and names of files, no words.
"""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from opentelemetry.trace import Tracer

ENDPOINTS = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
NAME = "gemsieve"


def tracer() -> Tracer | None:
    """Return what makes spans, None where nobody asks for any."""
    if any(os.environ.get(name) for name in ENDPOINTS):
        return started()
    if "opentelemetry.sdk.trace" not in sys.modules:
        return None
    from opentelemetry import trace
    from opentelemetry.sdk.trace import TracerProvider

    arranged = isinstance(trace.get_tracer_provider(), TracerProvider)
    return trace.get_tracer(NAME) if arranged else None


@cache
def started() -> Tracer | None:
    """Begin to send spans, once a process, unless somebody has arranged for them."""
    try:
        from opentelemetry import trace
        from opentelemetry.sdk.trace import TracerProvider
    except ImportError:
        logging.getLogger(__name__).warning("no spans are sent: install gemsieve[otel]")
        return None
    if not isinstance(trace.get_tracer_provider(), TracerProvider):
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.trace.export import BatchSpanProcessor

        provider = TracerProvider()
        provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
        trace.set_tracer_provider(provider)
    return trace.get_tracer(NAME)


@contextmanager
def span(name: str, parent: str = "", **attributes: str | int | float) -> Iterator[None]:
    """Make a span of what happens in here.

    Args:
        name: What it is.
        parent: `here()` of the span that it belongs to, "" for the one around this call.
        attributes: What else to tell of it.
    """
    maker = tracer()
    if maker is None:
        yield
        return
    from opentelemetry.trace import Status, StatusCode
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    context = TraceContextTextMapPropagator().extract({"traceparent": parent}) if parent else None
    told = {f"gemsieve.{key}": value for key, value in attributes.items()}
    with maker.start_as_current_span(
        name, context, attributes=told, record_exception=False, set_status_on_exception=False
    ) as made:
        try:
            yield
        except BaseException as error:  # its kind alone: a library's message may quote a text
            made.set_status(Status(StatusCode.ERROR, type(error).__name__))
            raise


def attach(**attributes: str | int | float) -> None:
    """Tell more of the span around this call."""
    if tracer() is not None:
        from opentelemetry.trace import get_current_span

        get_current_span().set_attributes({f"gemsieve.{k}": v for k, v in attributes.items()})


def here() -> str:
    """Return what names the span around this call in another process (W3C `traceparent`)."""
    if tracer() is None:
        return ""
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    carrier: dict[str, str] = {}
    TraceContextTextMapPropagator().inject(carrier)
    return carrier.get("traceparent", "")


def flush() -> None:
    """Send what is not sent yet: a worker may be ended without a word."""
    if tracer() is not None:
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.trace import get_tracer_provider

        provider = get_tracer_provider()
        if isinstance(provider, TracerProvider):
            provider.force_flush()
