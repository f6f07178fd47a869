"""What Prometheus is told: counts and times by endpoint, status, action and label; no words."""

from __future__ import annotations

from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector

from gemsieve.safety.api.service import Judged

SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)


class Metrics:
    """The counters of one application."""

    def __init__(self, waiting: Callable[[], float]) -> None:
        self.registry = registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        self._answers = Counter(
            "gemsieve_answers", "Answers", ["endpoint", "status"], registry=registry
        )
        self._seconds = Histogram(
            "gemsieve_answer_seconds",
            "From the end of a request's header to the end of its answer",
            ["endpoint"],
            buckets=SECONDS,
            registry=registry,
        )
        self._verdicts = Counter(
            "gemsieve_verdicts", "Texts judged", ["use", "action"], registry=registry
        )
        self._reasons = Counter(
            "gemsieve_reasons", "Labels that caused an action", ["use", "label"], registry=registry
        )
        self.shed = Counter(
            "gemsieve_shed", "Requests told to come back, unread", registry=registry
        ).inc
        self.watch("gemsieve_waiting_characters", "Characters that wait to be judged", waiting)

    def watch(self, name: str, what: str, value: Callable[[], float]) -> None:
        """Tell also of a number that goes up and down."""
        Gauge(name, what, registry=self.registry).set_function(value)

    def answered(self, endpoint: str, status: int, seconds: float) -> None:
        """Count an answer."""
        self._answers.labels(endpoint, str(status)).inc()
        self._seconds.labels(endpoint).observe(seconds)

    async def judged(self, judged: Judged) -> None:
        """Count what was decided."""
        for verdict in judged.verdicts:
            self._verdicts.labels(judged.use, verdict.action.name.lower()).inc()
            for label in verdict.reasons:
                self._reasons.labels(judged.use, label).inc()
