"""Teach a probe: its weights, its layer, its curves, and how well it then does."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from gemsieve.filters.ranking import auc, auc_interval, calibration_error
from gemsieve.filters.toxicity.calibration import Calibration
from gemsieve.filters.toxicity.metrics import fit
from gemsieve.model.checkpoints import once
from gemsieve.model.probe.fit import separate
from gemsieve.model.probe.parts import USES, Parts, Use, Wanted
from gemsieve.model.probe.reader import Reader, reader
from gemsieve.model.probe.rows import Row
from gemsieve.model.probe.saved import FILE, Probe, ProbeError, parsed
from gemsieve.model.probe.score import peaks, scores
from gemsieve.pipeline.storage import write_atomically

AS_IT_IS = Calibration(slope=1.0, intercept=0.0)


def teach(
    folder: Path,
    rows: Sequence[Row],
    wanted: Wanted,
    progress: Callable[[int, int], object] = lambda _, __: None,
) -> Probe:
    """Teach a probe on a model's states and write it to the model's folder.

    Args:
        folder: The model's.
        rows: Labelled texts.
        wanted: How.
        progress: Told how many texts have been read, and of how many.

    Raises:
        CheckpointError: There is no model.
        ProbeError: The texts are too few, or teach nothing, or the layer is none of the model's.
    """
    parts = Parts.of(rows, wanted)
    lesson = Lesson(reader(folder), parts, wanted, progress)
    draft, areas = lesson.draft(once.digest(folder))
    probe = replace(draft, curves=lesson.curves(draft))
    told = {"seed": wanted.seed, "held_out": wanted.held_out, "auc_by_layer": areas}
    content = replace(probe, figures=told | lesson.figures(probe)).content
    write_atomically(folder / FILE, content)
    return parsed(content)


@dataclass(eq=False)
class Lesson:
    """One probe in the making."""

    model: Reader
    parts: Parts
    wanted: Wanted
    progress: Callable[[int, int], object]
    seen: int = field(default=0, init=False)

    def draft(self, digest: str) -> tuple[Probe, dict[str, float]]:
        """Return the probe without curves, and how well each layer did.

        The weights are those of a logistic regression on the mean state of a text's tokens. The
        layer is the one whose area under the ROC curve, a mean over labels, is largest on texts
        that taught no weights.
        """
        layers = self._layers()
        taught, tried = (self._means(use, layers) for use in USES[:2])
        truths, against = (self.parts.truths(use) for use in USES[:2])
        heads, areas = [], []
        for states, others in zip(taught, tried, strict=True):
            cuts = [separate(states, truth) for truth in truths.T]
            weights, bias = (np.array(some, np.float32) for some in zip(*cuts, strict=True))
            pairs = zip(against.T, (others @ weights.T + bias).T, strict=True)
            areas.append(round(float(np.mean([auc(*pair) for pair in pairs])), 4))
            heads.append((weights, bias))
        best = int(np.argmax(areas))
        labels = self.wanted.labels
        bare = (AS_IT_IS,) * len(labels)
        probe = Probe(digest, layers[best], self.wanted.width, labels, *heads[best], bare, {})
        return probe, dict(zip(map(str, layers), areas, strict=True))

    def curves(self, draft: Probe) -> tuple[Calibration, ...]:
        """Return each label's curve, fitted to what a detector would see of texts apart."""
        said = [peaks(logits, draft.width) for logits in self.logits(draft, "curve")]
        chances = 0.5 * (1 + np.tanh(np.array(said) / 2))
        truths = self.parts.truths("curve")
        found = []
        for label, truth, some in zip(draft.labels, truths.T, chances.T, strict=True):
            try:
                found.append(fit(targets(truth), some))
            except ValueError:
                raise ProbeError(
                    f"{label}: what was learned of it does not hold for other texts: this model's"
                    " states do not tell it, or the texts are too few"
                ) from None
        return tuple(found)

    def figures(self, probe: Probe) -> dict[str, Any]:
        """Return how the finished probe does on texts that had no part in it."""
        said = np.array([scores(probe, logits) for logits in self.logits(probe, "figures")])
        counts = {use: self.parts.truths(use).sum(axis=0).tolist() for use in USES}
        labels: dict[str, Any] = {}
        columns = zip(probe.labels, self.parts.truths("figures").T, said.T, strict=True)
        for index, (label, truth, some) in enumerate(columns):
            labels[label] = {
                "true": {use: counts[use][index] for use in USES},
                "auc": round(auc(truth, some), 4),
                "interval": [round(bound, 4) for bound in auc_interval(truth, some)],
                "calibration_error": round(calibration_error(truth, some), 4),
            }
        texts = {use: len(rows) for use, rows in self.parts.rows.items()}
        return {"texts": texts, "labels": labels}

    def _layers(self) -> tuple[int, ...]:
        """Return the layers to try."""
        most, layer = self.model.model.config.num_layers, self.wanted.layer
        if layer is None:
            return tuple(range(most + 1))
        if not 0 <= layer <= most:
            raise ProbeError(f"layer {layer}: the model has 0, its embeddings, to {most}")
        return (layer,)

    def _means(self, use: Use, layers: tuple[int, ...]) -> npt.NDArray[np.float32]:
        """Return the mean state of each text of a part, [layers, texts, embed_dim]."""
        texts, width = self.parts.texts(use), self.model.model.config.embed_dim
        found = np.zeros((len(layers), len(texts), width), np.float32)
        for places, some in self.model.means(texts, layers):
            for place, one in zip(places, some, strict=True):
                found[:, place] += one
            self._read(len(places))
        return found

    def logits(self, probe: Probe, use: Use) -> list[npt.NDArray[np.float64]]:
        """Return what the probe says of a part's texts, each read as the detector reads it."""
        found = []
        for text, prompt in self.parts.texts(use):
            found.append(self.model.logits(probe, text, prompt))
            self._read(1)
        return found

    def _read(self, count: int) -> None:
        """Tell that so many texts more have been read, of which those for the curve twice."""
        self.seen += count
        most = sum(map(len, self.parts.rows.values())) + len(self.parts.rows["curve"])
        self.progress(min(self.seen, most), most)


def targets(truth: npt.NDArray[np.bool_]) -> npt.NDArray[np.float64]:
    """Return what a curve is fitted to: few texts are no proof of certainty (Platt 1999, 2.2)."""
    true, false = truth.sum(), (~truth).sum()
    found: npt.NDArray[np.float64] = np.where(truth, (true + 1) / (true + 2), 1 / (false + 2))
    return found
