"""What Prometheus is told: counts and times by endpoint, status, action and label; no words."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector

from gemsieve.filters import Action
from gemsieve.safety.api.service import Answered, Judged

SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
ACTIONS = {action: action.name.lower() for action in Action}


class Metrics:
    """The counters of one application."""

    def __init__(self, waiting: Callable[[], float]) -> None:
        self.registry = registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        answers = Counter("gemsieve_answers", "Answers", ["endpoint", "status"], registry=registry)
        seconds = Histogram(
            "gemsieve_answer_seconds",
            "From the end of a request's header to the end of its answer",
            ["endpoint"],
            buckets=SECONDS,
            registry=registry,
        )
        verdicts = Counter(
            "gemsieve_verdicts", "Texts judged", ["use", "action"], registry=registry
        )
        reasons = Counter(
            "gemsieve_reasons", "Labels that caused an action", ["use", "label"], registry=registry
        )
        # To look a counter up by its labels costs several times what counting does.
        self._answers, self._seconds = cache(answers.labels), cache(seconds.labels)
        self._verdicts, self._reasons = cache(verdicts.labels), cache(reasons.labels)
        self.shed = Counter(
            "gemsieve_shed", "Requests told to come back, unread", registry=registry
        ).inc
        self.watch("gemsieve_waiting_characters", "Characters that wait to be judged", waiting)

    def watch(self, name: str, what: str, value: Callable[[], float]) -> None:
        """Tell also of a number that goes up and down."""
        Gauge(name, what, registry=self.registry).set_function(value)

    def answered(self, endpoint: str, status: int, seconds: float) -> None:
        """Count an answer."""
        self._answers(endpoint, status).inc()
        self._seconds(endpoint).observe(seconds)

    async def judged(self, judged: Judged | Answered) -> None:
        """Count what was decided; answers about texts decide nothing of themselves."""
        if isinstance(judged, Answered):
            return
        for verdict in judged.verdicts:
            self._verdicts(judged.use, ACTIONS[verdict.action]).inc()
            for label in verdict.reasons:
                self._reasons(judged.use, label).inc()
