"""Which probe reads along while a model writes."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from gemsieve.filters.filter import Filter
from gemsieve.model.checkpoints.forms import Trained
from gemsieve.model.probe.detector import ProbeDetector
from gemsieve.model.probe.reader import reader
from gemsieve.model.sampling.head import Head


class Along(NamedTuple):
    """A model, and the probe that reads its states.

    Attributes:
        model: The one that the detector would read other texts with: there is no second.
        head: The probe, as an engine takes it.
    """

    model: Trained
    head: Head


def along(judge: Filter, folder: Path) -> Along | None:
    """Return the model in a folder with its probe, where rules for `output` are about it.

    Raises:
        CheckpointError: There is no model.
        ProbeError: The probe is another model's.
    """
    for detector in judge.detectors.get("output", ()):
        if isinstance(detector, ProbeDetector) and detector.model is not None:
            place = Path(detector.model)
            if place.resolve() == folder.resolve():
                detector.setup()
                probe = detector.probe
                head = Head(probe.digest, probe.layer, probe.weights, probe.bias)
                return Along(reader(place).model, head)
    return None
