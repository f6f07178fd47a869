"""How fast a run goes, and how far it is."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any

from gemsieve.model.training.settings import TrainSettings
from gemsieve.model.training.watching.utilisation import utilisation


@dataclass(frozen=True)
class Progress:
    """Tell how far a run is; losses are in nats a token, the held-out one as last measured.

    `utilisation` is that of model FLOPs, None where a device's peak is not known; `entry` the line
    of metrics.
    """

    step: int
    steps: int
    loss: float
    held_out_loss: float | None
    tokens_per_second: float
    seconds_left: float
    utilisation: float | None = None
    entry: dict[str, Any] = field(default_factory=dict)


class Clock:
    """Measure speed from the first step's end on: that step compiles."""

    def __init__(self, settings: TrainSettings, kinds: list[str]) -> None:
        """Begin; `kinds` are those of the devices, as `device_kinds` gives them."""
        self._settings, self._kinds = settings, kinds
        self._ticks = 0
        self._started = self._now = 0.0
        self._held_out_loss: float | None = None

    def tick(self) -> None:
        """Count a step."""
        self._now = time.monotonic()
        self._started = self._started or self._now
        self._ticks += 1

    @property
    def tokens_per_second(self) -> float:
        """Tokens read a second, padding included; 0 before the second step."""
        elapsed = self._now - self._started
        tokens = (self._ticks - 1) * self._settings.tokens_a_step
        return tokens / elapsed if elapsed else 0.0

    @property
    def utilisation(self) -> float | None:
        """Model FLOPs utilisation of the devices, where it is known."""
        length = self._settings.data.sequence_length
        return utilisation(self._settings.model, length, self.tokens_per_second, self._kinds)

    def progress(self, entry: dict[str, Any]) -> Progress:
        """Sum up a recorded step."""
        self._held_out_loss = entry.get("held_out_loss", self._held_out_loss)
        steps, step = self._settings.train.steps, entry["step"]
        pace = (self._now - self._started) / max(1, self._ticks - 1)
        left = (steps - step) * pace
        speed, used = self.tokens_per_second, self.utilisation
        return Progress(step, steps, entry["loss"], self._held_out_loss, speed, left, used, entry)
