"""The fast tier's weights: a table for each family of features, eight bits a number."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import IO

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]

FAMILIES = ("words", "groups", "pairs")
BITS = (20, 21, 19)  # of the rows of each family's table
STEPS, RARITIES = 127, 255  # of a weight, each way; of a rarity's square
NEVER = (1980, 1, 1, 0, 0, 0)  # the time of every file in the archive


@dataclass(frozen=True)
class Family:
    """What the features of one family say.

    Attributes:
        weights: int8 [rows, labels]: signed roots, so that small weights are told apart.
        scale: float32 [labels]: the weight that 127 stands for.
        squares: uint8 [rows]: the square of a feature's rarity.
        top: The square that 255 stands for.
    """

    weights: npt.NDArray[np.int8]
    scale: Floats
    squares: npt.NDArray[np.uint8]
    top: float

    def says(self, rows: npt.NDArray[np.int64], labels: slice = slice(None)) -> Floats:
        """Return, float32 [rows, labels], what some features add before scaling."""
        root = self.weights[rows, labels].astype(np.float32) / STEPS
        return np.asarray(root * np.abs(root) * self.scale[labels], np.float32)

    def rare(self, rows: npt.NDArray[np.int64] | slice) -> Floats:
        """Return, float32 [rows], what some features add to the square of the scale."""
        return self.squares[rows].astype(np.float32) * np.float32(self.top / RARITIES)


def family(weights: Floats, squares: Floats) -> Family:
    """Return weights and squares in eight bits each."""
    scale = np.maximum(np.abs(weights).max(axis=0), np.float32(1e-9))
    roots = np.sign(weights) * np.sqrt(np.abs(weights) / scale)
    top = max(float(squares.max()), 1e-9)
    return Family(
        np.round(roots * STEPS).astype(np.int8),
        scale.astype(np.float32),
        np.round(squares / top * RARITIES).astype(np.uint8),
        top,
    )


@dataclass(frozen=True)
class Tables:
    """All that was learned.

    Attributes:
        labels: `toxicity` first, then the kinds.
        families: Words, groups of letters, pairs of words.
        slopes, shifts: float64 [labels]: the curve from a score to a probability (Platt 1999).
        gate: Below this probability of toxicity kinds are not computed;
        outside: float64 [labels]: they are that probability times this instead.
    """

    labels: tuple[str, ...]
    families: tuple[Family, ...]
    slopes: npt.NDArray[np.float64]
    shifts: npt.NDArray[np.float64]
    gate: float
    outside: npt.NDArray[np.float64]

    def dump(self) -> bytes:
        """Return the file: the same tables are the same bytes."""
        arrays: dict[str, npt.NDArray[np.generic]] = {
            "labels": np.array(self.labels),
            "slopes": self.slopes,
            "shifts": self.shifts,
            "gate": np.array(self.gate),
            "outside": self.outside,
        }
        for name, one in zip(FAMILIES, self.families, strict=True):
            arrays |= {f"{name}.weights": one.weights.T, f"{name}.scale": one.scale}
            arrays |= {f"{name}.squares": one.squares, f"{name}.top": np.array(one.top)}
        return archived(arrays)


def archived(arrays: Mapping[str, npt.NDArray[np.generic]]) -> bytes:
    """Return arrays as a NumPy archive without times, so that its bytes can be compared."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, array in arrays.items():
            body = io.BytesIO()
            np.lib.format.write_array(body, np.asarray(array, order="C"), allow_pickle=False)
            entry = zipfile.ZipInfo(f"{name}.npy", NEVER)
            archive.writestr(entry, body.getvalue(), zipfile.ZIP_DEFLATED, compresslevel=9)
    return buffer.getvalue()


def load(file: IO[bytes]) -> Tables:
    """Read what `Tables.dump` wrote.

    Raises:
        ValueError: The tables are not of the sizes that this code looks rows up in.
    """
    with np.load(file, allow_pickle=False) as found:
        arrays = {name: found[name] for name in found.files}
    for name, bits in zip(FAMILIES, BITS, strict=True):
        if len(arrays[f"{name}.squares"]) != 1 << bits:  # compiled code would read beyond its end
            raise ValueError(f"the toxicity model's {name} are not those of this version's code")
    families = tuple(
        Family(
            np.ascontiguousarray(arrays[f"{name}.weights"].T),
            arrays[f"{name}.scale"],
            arrays[f"{name}.squares"],
            arrays[f"{name}.top"].item(),
        )
        for name in FAMILIES
    )
    return Tables(
        tuple(map(str, arrays["labels"])),
        families,
        arrays["slopes"],
        arrays["shifts"],
        arrays["gate"].item(),
        arrays["outside"],
    )


def uncalibrated(labels: Sequence[str], families: Sequence[Family]) -> Tables:
    """Return tables whose probabilities are those of the bare scores, kinds always computed."""
    count = len(labels)
    return Tables(
        tuple(labels), tuple(families), np.ones(count), np.zeros(count), 0.0, np.zeros(count)
    )
