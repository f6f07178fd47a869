"""Which size is sampled and trained on which slice of TPUs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Plan:
    """Say what runs where.

    Attributes:
        size: A named size.
        work: `decode` (one token a row), `prefill` (a prompt) or `train` (a step).
        topology: As `libtpu` names it, e.g. `v5e:2x2`.
        mesh: Devices along `data`, `fsdp` and `tensor`; fewer than the topology has will do.
        batch: Rows, all devices together.
        length: Tokens a row: that the cache has room for, in the prompt, or trained on.
    """

    size: str
    work: str
    topology: str
    mesh: tuple[int, int, int]
    batch: int
    length: int

    @property
    def name(self) -> str:
        """All of it in one line."""
        mesh = "x".join(map(str, self.mesh))
        return f"{self.size} {self.work} {self.topology} {mesh} {self.batch} {self.length}"


# For each size and generation, the chips that sample it and the chips that train it.
SAMPLING = {
    "2b": {"v5e:2x2": 1, "v4:2x2x1": 1, "v5p:2x2x1": 1},
    "9b": {"v5e:2x2": 4, "v4:2x2x1": 1, "v5p:2x2x1": 1},
    "27b": {"v5e:2x4": 8, "v4:2x2x1": 4, "v5p:2x2x1": 1},
}
TRAINING = {
    "2b": {"v5e:4x4": (16, 1), "v4:2x2x4": (16, 1), "v5p:2x2x1": (4, 1)},
    "9b": {"v5e:8x8": (16, 4), "v4:2x4x4": (8, 4), "v5p:2x2x4": (4, 4)},
    "27b": {"v5e:16x16": (32, 8), "v4:4x4x8": (16, 8), "v5p:4x4x4": (8, 8)},
}


def plans() -> Iterator[Plan]:
    """Yield every plan, those that tell most first."""
    for batch in (1, 32, 8):
        for size, slices in SAMPLING.items():
            for topology, tensor in slices.items():
                yield Plan(size, "decode", topology, (1, 1, tensor), batch, 8192)
                if batch == 1:
                    yield Plan(size, "prefill", topology, (1, 1, tensor), 1, 4096)
    for size, meshes in TRAINING.items():
        for topology, (fsdp, tensor) in meshes.items():
            yield Plan(size, "train", topology, (1, fsdp, tensor), fsdp, 8192)
