"""Model FLOPs utilisation: the share of the devices' peak that the model's own operations make."""

from __future__ import annotations

from collections.abc import Collection
from types import MappingProxyType

import jax

from gemsieve.model.gemma.config import GemmaConfig
from gemsieve.model.gemma.flops import training_flops

# Dense bfloat16 operations a second of one JAX device, by its `device_kind`, as its maker states:
# Cloud TPU's pages of each version (docs.cloud.google.com/tpu/docs) and NVIDIA's data sheets, whose
# figures with sparsity are halved. T4 and V100 have no bfloat16: theirs are of float16.
PEAK_FLOPS = MappingProxyType(
    {
        "TPU v4": 275e12,
        "TPU v5 lite": 197e12,
        "TPU v5e": 197e12,
        "TPU v5": 459e12,
        "TPU v5p": 459e12,
        "TPU v6 lite": 918e12,
        "TPU v6e": 918e12,
        "NVIDIA A100-SXM4-40GB": 312e12,
        "NVIDIA A100-SXM4-80GB": 312e12,
        "NVIDIA A100-PCIE-40GB": 312e12,
        "NVIDIA A100 80GB PCIe": 312e12,
        "NVIDIA H100 80GB HBM3": 989.5e12,
        "NVIDIA H100 PCIe": 756.5e12,
        "NVIDIA H200": 989.5e12,
        "NVIDIA L4": 121e12,
        "Tesla T4": 65e12,
        "Tesla V100-SXM2-16GB": 125e12,
    }
)


def utilisation(
    config: GemmaConfig, length: int, tokens_per_second: float, kinds: Collection[str]
) -> float | None:
    """Return tokens a second x operations a token / the devices' peak together, in 0..1.

    Operations a token are `training_flops` of a row of `length` tokens over its length (PaLM,
    arXiv 2204.02311, appendix B). The peak is that of bfloat16, whatever the run computes in. None
    where a device's peak is not known, as of any CPU, or nothing was measured.

    Args:
        config: The model.
        length: Tokens of a row.
        tokens_per_second: Of all devices together, padding included.
        kinds: Each device's `device_kind`.
    """
    peaks = [PEAK_FLOPS.get(kind) for kind in kinds]
    known = [peak for peak in peaks if peak is not None]
    if not known or len(known) < len(peaks) or not tokens_per_second:
        return None
    return tokens_per_second * training_flops(config, length) / length / sum(known)


def device_kinds(tree: object) -> list[str]:
    """Return the kind of each device that holds a part of a tree's first array."""
    leaf = next(leaf for leaf in jax.tree.leaves(tree) if isinstance(leaf, jax.Array))
    return sorted(device.device_kind for device in leaf.devices())
