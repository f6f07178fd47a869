from __future__ import annotations

from math import cos, pi
from pathlib import Path

import jax
import pytest
from jax.experimental.pallas import tpu

from gemsieve.model.gemma.config import named
from gemsieve.model.gemma.flops import training_flops
from gemsieve.model.training.settings import TrainSettings
from gemsieve.model.training.train import Summary
from gemsieve.model.training.watching.utilisation import PEAK_FLOPS, device_kinds, utilisation

CONFIG = named("2b")


def test_half_the_peak_is_a_half() -> None:
    """Devices that make half of their peaks' sum in the model's operations are used by half."""
    kinds = ["TPU v4", "TPU v5p"]
    speed = 0.5 * (275e12 + 459e12) / (training_flops(CONFIG, 512) / 512)
    assert utilisation(CONFIG, 512, speed, kinds) == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("speed", "kinds"), [(100.0, ["cpu"]), (100.0, ["TPU v4", "cpu"]), (0.0, ["TPU v4"])]
)
def test_what_is_not_known_is_not_told(speed: float, kinds: list[str]) -> None:
    """A device without a stated peak, even one of several, or no measurement, gives no figure."""
    assert utilisation(CONFIG, 512, speed, kinds) is None


@pytest.mark.parametrize(
    ("name", "version", "cores"),
    [
        ("TPU v4", tpu.ChipVersion.TPU_V4, 2),
        ("TPU v5 lite", tpu.ChipVersion.TPU_V5E, 1),
        ("TPU v5p", tpu.ChipVersion.TPU_V5P, 2),
        ("TPU v6e", tpu.ChipVersion.TPU_V6E, 1),
    ],
)
def test_peaks_of_chips_agree_with_jax(name: str, version: tpu.ChipVersion, cores: int) -> None:
    """JAX's own table of chips states the same peaks, to its rounding."""
    info = tpu.get_tpu_info_for_chip(version, cores)
    assert info.bf16_ops_per_second * cores == pytest.approx(PEAK_FLOPS[name], rel=0.01)


def test_a_run_tells_rates_and_norms(
    settings: TrainSettings, finished: tuple[Path, Summary]
) -> None:
    """Each line holds the rate that its step took, by the formula, and a gradient's norm.

    This machine's processor has no stated peak, so the summary tells no utilisation.
    """
    entries, told = {e["step"]: e for e in finished[1].entries}, settings.optimizer
    warm, steps, peak = told.warmup_steps, settings.train.steps, told.learning_rate
    for step, entry in entries.items():
        fraction = (step - 1 - warm) / (steps - warm)
        least = told.final_fraction
        decayed = peak * (least + (1 - least) * 0.5 * (1 + cos(pi * fraction)))
        rate = peak * (step - 1) / warm if step - 1 < warm else decayed
        assert entry["learning_rate"] == pytest.approx(rate, rel=1e-5, abs=1e-12)
        assert entry["gradient_norm"] > 0
    assert jax.default_backend() != "cpu" or finished[1].utilisation is None
    assert device_kinds([jax.numpy.ones(1)]) == [jax.devices()[0].device_kind]
