"""Which checkpoints of a run stay: the latest, and those of the lowest held-out loss."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from gemsieve.model.training.watching import metrics

if TYPE_CHECKING:
    from orbax.checkpoint import checkpoint_managers as ocm  # type: ignore[import-untyped]


@dataclass(frozen=True)
class Keep:
    """Decide which checkpoints stay, as Orbax asks when a new one is begun.

    Attributes:
        run: The run's folder, whose lines of metrics tell the losses.
        latest: How many of the latest stay.
        best: How many of the best stay, whatever their age.
    """

    run: Path
    latest: int
    best: int

    def should_preserve(
        self,
        checkpoints: Sequence[ocm.PolicyCheckpointInfo],
        *,
        context: ocm.PreservationContext,  # noqa: ARG002 - Orbax's signature
    ) -> list[bool]:
        """Tell of each checkpoint, from the first to the last, whether it stays."""
        steps = [checkpoint.step for checkpoint in checkpoints]
        stay = {*steps[-self.latest :], *best_first(self.run, steps)[: self.best]}
        return [step in stay for step in steps]


def best_first(run: Path, steps: Iterable[int]) -> list[int]:
    """Return those of these steps whose held-out loss is known, the lowest first; ties: latest."""
    losses = {e["step"]: e["held_out_loss"] for e in metrics.read(run) if "held_out_loss" in e}
    return sorted(losses.keys() & set(steps), key=lambda step: (losses[step], -step))
