"""A probe, and its file `probe.json` in the folder of the model whose states it reads."""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from gemsieve.filters.toxicity.calibration import Calibration

FILE = "probe.json"
NAME = re.compile(r"[a-z][a-z0-9_]*")

Floats = npt.NDArray[np.float32]


class ProbeError(ValueError):
    """There is no probe, or it is not as it should be; names the file and the key."""


@dataclass(frozen=True, eq=False)
class Probe:
    """A linear classifier of the states after one block (Alain and Bengio, arXiv 1610.01644).

    Attributes:
        model: SHA-256 of the model's parameters and tokenizer, as `once.digest` has it.
        layer: After which block it reads; 0 reads the embeddings.
        width: Of how many tokens in a row the highest mean counts.
        labels: What it tells, in order.
        weights: [labels, embed_dim].
        bias: [labels].
        curves: From log-odds to a probability, of each label.
        figures: What was measured when it was made; read by people alone.
        digest: SHA-256 (hex) of its file, which names the model too.
    """

    model: str
    layer: int
    width: int
    labels: tuple[str, ...]
    weights: Floats
    bias: Floats
    curves: tuple[Calibration, ...]
    figures: Mapping[str, Any]
    digest: str = ""

    @property
    def content(self) -> bytes:
        """Its file's."""
        told = {
            label: {
                "slope": curve.slope,
                "intercept": curve.intercept,
                "bias": float(bias),
                "weights": [float(weight) for weight in weights],
            }
            for label, curve, bias, weights in zip(
                self.labels, self.curves, self.bias, self.weights, strict=True
            )
        }
        body = {"model": self.model, "layer": self.layer, "width": self.width, "labels": told}
        return (json.dumps(body | {"figures": self.figures}, allow_nan=False) + "\n").encode()


def read(folder: Path) -> Probe:
    """Read the probe of the model in a folder.

    Raises:
        ProbeError: There is none, or a key is missing, unknown or malformed; names it.
    """
    path = folder / FILE
    try:
        return parsed(path.read_bytes())
    except OSError as error:
        raise ProbeError(
            f"{path}: cannot read the probe: {error.strerror}; `gemsieve probe` makes one"
        ) from None
    except ProbeError as error:
        raise ProbeError(f"{path}: {error}") from None


def parsed(content: bytes) -> Probe:
    """Return the probe of a file's content; raises as `read` does, without the file's name."""
    try:
        body = json.loads(content.decode())
    except (ValueError, RecursionError):
        raise ProbeError("not JSON in UTF-8") from None
    model, layer, width, labels, figures = _values(
        body, "", ("model", "layer", "width", "labels", "figures")
    )
    if not isinstance(model, str) or not re.fullmatch("[0-9a-f]{64}", model):
        raise ProbeError("model: must be a SHA-256, in hex")
    for key, value, least in (("layer", layer, 0), ("width", width, 1)):
        if type(value) is not int or value < least:
            raise ProbeError(f"{key}: must be a whole number, {least} or more")
    if not isinstance(labels, dict) or not labels or not all(map(NAME.fullmatch, labels)):
        raise ProbeError("labels: needs a table of names of small letters, such as insult")
    told = [_label(f"labels.{name}", label) for name, label in labels.items()]
    weights, biases, curves = zip(*told, strict=True)
    if len({len(one) for one in weights}) > 1:
        raise ProbeError("labels: their weights differ in number")
    digest = hashlib.sha256(content).hexdigest()
    shapes = np.stack(weights), np.array(biases, np.float32)
    return Probe(model, layer, width, tuple(labels), *shapes, curves, figures, digest)


def _label(key: str, given: object) -> tuple[Floats, np.float32, Calibration]:
    """Return the weights, the bias and the curve of one label."""
    slope, intercept, bias, weights = _values(given, key, ("slope", "intercept", "bias", "weights"))
    if not isinstance(weights, list) or not weights:
        raise ProbeError(f"{key}.weights: needs an array of numbers")
    try:
        curve = Calibration(*_numbers(f"{key}.slope, {key}.intercept", [slope, intercept]).tolist())
    except ProbeError:
        raise
    except ValueError as error:
        raise ProbeError(f"{key}: {error}") from None
    with np.errstate(over="ignore"):  # what is too large becomes infinite, and is refused
        narrow = _numbers(f"{key}.weights", weights).astype(np.float32)
        (offset,) = _numbers(f"{key}.bias", [bias]).astype(np.float32)
    if not (np.isfinite(narrow).all() and np.isfinite(offset)):
        raise ProbeError(f"{key}: a weight or the bias is too large")
    return narrow, offset, curve


def _values(given: object, place: str, keys: Sequence[str]) -> list[Any]:
    """Return the values of a table that has these keys and no others."""
    if not isinstance(given, dict):
        raise ProbeError(f"{place or 'the file'}: must be a table")
    prefix = f"{place}." if place else ""
    for key in keys:
        if key not in given:
            raise ProbeError(f"{prefix}{key}: missing")
    for key in given:
        if key not in keys:
            raise ProbeError(f"{prefix}{key}: unknown; known are {', '.join(keys)}")
    return [given[key] for key in keys]


def _numbers(key: str, given: Sequence[object]) -> npt.NDArray[np.float64]:
    """Return finite numbers as they are."""
    for value in given:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise ProbeError(f"{key}: must be numbers")
        if abs(value) > 1e300 or math.isnan(value):
            raise ProbeError(f"{key}: must be finite numbers")
    return np.array(given, np.float64)
