"""What to do about a loss that jumps: stop, or go back and take other batches.

A spike is a loss above the mean of the losses before it by so many of their standard deviations.
Going back to the last checkpoint and past the batches since, up to the one that spiked, is what
PaLM did by hand (arXiv 2204.02311, section 5.1): spikes there came of some batches at some state
of the parameters, and not again when the same batches were read later.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import fmean, pstdev
from typing import Any

import jax

from gemsieve.model.training.settings import LoopSettings
from gemsieve.model.training.watching.record import TrainingError


@dataclass(frozen=True)
class Spike:
    """Tell of a step whose loss, in nats, was beyond a limit; None stands for no finite number."""

    step: int
    loss: float | None
    limit: float | None

    def __str__(self) -> str:
        """Say what happened."""
        if self.loss is None or self.limit is None:
            return f"step {self.step}: the loss or the gradient is not finite"
        return f"step {self.step}: the loss ({self.loss:.3f}) is above {self.limit:.3f}"


class Rewind(Exception):  # noqa: N818 - a way to go on is no error
    """Ask for the way back to the last checkpoint; carries the spike, and what was known."""

    def __init__(self, spike: Spike, vigil: Vigil) -> None:
        super().__init__(str(spike))
        self.spike, self.vigil = spike, vigil


@dataclass(frozen=True)
class Vigil:
    """Hold what is known of a run's losses; a checkpoint keeps it, so that resumed runs agree.

    Attributes:
        window: The last losses, at most `spike_window`.
        passed: How many batches were passed over: the step behind n reads batch n + passed.
        rewinds: Each with `from`, the step that spiked, `to`, its `loss` and the `limit`.
        told: How many of these stand in a line of metrics.
    """

    window: tuple[float, ...] = ()
    passed: int = 0
    rewinds: tuple[dict[str, Any], ...] = ()
    told: int = 0

    def look(
        self,
        settings: LoopSettings,
        step: int,
        losses: Sequence[float | jax.Array],
        norm: float | jax.Array,
    ) -> Vigil:
        """Look at the losses of the steps up to this one, and at its gradient's norm.

        Raises:
            Rewind: There is a spike, and settings say to go back.
            TrainingError: There is one, and they say to stop, or the run went back often enough.
        """
        if settings.on_spike == "ignore" and settings.on_nan != "rewind":
            return self
        window, first = list(self.window), step - len(losses) + 1
        for number, loss in enumerate(map(float, losses), first):
            if not (math.isfinite(loss) and (number < step or math.isfinite(norm))):
                if settings.on_nan == "rewind":
                    self._answer(settings, Spike(number, None, None), "rewind")
                continue  # skipped, or the end of the run
            limit = self._limit(window, settings)
            if settings.on_spike != "ignore" and loss > limit:
                self._answer(settings, Spike(number, loss, limit), settings.on_spike)
            window = [*window, loss][-settings.spike_window :]
        return replace(self, window=tuple(window))

    def after(self, rewind: Rewind, step: int) -> Vigil:
        """Return what is known once a run is back at this step, whose vigil this is.

        The batches that were read since are passed over, to the one that spiked.
        """
        spike, known = rewind.spike, rewind.vigil
        told = {"from": spike.step, "to": step, "loss": spike.loss, "limit": spike.limit}
        passed = known.passed + spike.step - step
        return replace(self, passed=passed, rewinds=(*known.rewinds, told))

    def tell(self, entry: dict[str, Any]) -> Vigil:
        """Put what no line of metrics told yet into this one."""
        if self.rewinds[self.told :]:
            entry["rewinds"] = list(self.rewinds[self.told :])
        return replace(self, told=len(self.rewinds))

    def _answer(self, settings: LoopSettings, spike: Spike, policy: str) -> None:
        """Do what settings say about a spike."""
        if policy == "rewind" and len(self.rewinds) < settings.most_rewinds:
            raise Rewind(spike, self)
        again = f", after {len(self.rewinds)} rewinds" if policy == "rewind" else ""
        raise TrainingError(
            f"{spike}{again}: lower optimizer.learning_rate, raise optimizer.warmup_steps,"
            " or look at the data of these steps"
        )

    @staticmethod
    def _limit(window: Sequence[float], settings: LoopSettings) -> float:
        """Return the largest loss that is no spike; there is none before the window is full."""
        if len(window) < settings.spike_window:
            return math.inf
        return fmean(window) + settings.spike_deviations * pstdev(window)


NEW = Vigil()


def read_vigil(told: Mapping[str, Any]) -> Vigil:
    """Return the vigil that a checkpoint keeps (`asdict`); a new one if it keeps none."""
    fields = dict(told)
    return Vigil(**fields | {key: tuple(fields.get(key, ())) for key in ("window", "rewinds")})
