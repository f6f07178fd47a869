"""Build the recognizers that a detector names: Presidio's, ours, and those of its users."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from gemsieve.filters.pii.entities import STOCK

if TYPE_CHECKING:
    from presidio_analyzer import EntityRecognizer


def predefined(entities: Iterable[str]) -> list[EntityRecognizer]:
    """Return presidio-analyzer's own recognizers of some entities."""
    from presidio_analyzer import predefined_recognizers

    return [getattr(predefined_recognizers, STOCK[entity])() for entity in entities]
