"""A pre-trained encoder in miniature, random, in the files that the recipe reads."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from safetensors.numpy import save_file

from gemsieve.model.toxicity.encoder import Shape
from gemsieve.model.toxicity.minilm import LAYER, NORMS

LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789.,!?'\"@-:;()*$"
PIECES = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", *LETTERS, *(f"##{letter}" for letter in LETTERS))
TINY = Shape(vocabulary=len(PIECES), width=16, layers=2, heads=2, hidden=24)


def write(folder: Path) -> Path:
    """Write weights and vocabulary."""
    rng = np.random.default_rng(0)
    width = TINY.width

    def matrix(*shape: int) -> np.ndarray:
        return rng.normal(0, 0.3, shape).astype(np.float32)

    def norm(name: str) -> dict[str, np.ndarray]:
        return {f"{name}.weight": 1 + matrix(width), f"{name}.bias": matrix(width)}

    stored = {
        "embeddings.word_embeddings.weight": matrix(TINY.vocabulary, width),
        "embeddings.position_embeddings.weight": matrix(TINY.positions, width),
        "embeddings.token_type_embeddings.weight": matrix(2, width),
        **norm("embeddings.LayerNorm"),
    }
    sizes = {"up": (TINY.hidden, width), "down": (width, TINY.hidden)}
    for layer in range(TINY.layers):
        prefix = f"encoder.layer.{layer}."
        for ours, theirs in LAYER.items():
            out, inner = sizes.get(ours, (width, width))
            stored[f"{prefix}{theirs}.weight"] = matrix(out, inner)
            stored[f"{prefix}{theirs}.bias"] = matrix(out)
        for theirs in NORMS.values():
            stored |= norm(prefix + theirs)
    folder.mkdir(exist_ok=True)
    save_file(stored, folder / "model.safetensors")
    (folder / "vocab.txt").write_text("".join(f"{piece}\n" for piece in PIECES), "utf-8")
    return folder
