"""What a detector was asked to look for, checked and in a form that can be compared and cached."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import gemsieve.filters.pii.custom as own
from gemsieve.filters.pii import ours
from gemsieve.filters.pii.entities import COUNTRIES, PREDEFINED, chosen
from gemsieve.filters.policy_file import nearest

MODES = ("default", "stock")
MATCHES = ("exact", "regex")


@dataclass(frozen=True)
class Choice:
    """Recognizers by name or by definition, and what is done with their hits.

    Attributes:
        mode: "default" or "stock".
        entities: Those whose recognizers come with the package, sorted.
        custom: Recognizers of the user's own, as canonical JSON.
        allow_list: Words, or expressions, that are never findings.
        allow_list_match: "exact" or "regex".
        lemmas: A spaCy package, or None for no lemmas.
    """

    mode: str
    entities: tuple[str, ...]
    custom: str | None
    allow_list: tuple[str, ...]
    allow_list_match: str
    lemmas: str | None

    @property
    def found(self) -> tuple[str, ...]:
        """Every entity that may be found, sorted."""
        mine = own.entities(json.loads(self.custom)) if self.custom else ()
        return tuple(sorted({*self.entities, *mine}))

    @property
    def fingerprint(self) -> str:
        """Digest (hex) of what the user defined, "" for nothing."""
        return sha256(self.custom.encode()).hexdigest()[:16] if self.custom else ""


def choice(  # noqa: PLR0913 (the detector's options, one by one)
    *,
    mode: str,
    entities: Sequence[str] | None,
    countries: Sequence[str] | None,
    recognizers: str | Sequence[Mapping[str, Any]] | None,
    allow_list: Sequence[str],
    allow_list_match: str,
    lemmas: str | None,
) -> Choice:
    """Check a detector's options, as `PiiDetector` describes them.

    Raises:
        TypeError: An option is of the wrong type.
        ValueError: An option names what is not known; names the nearest that is.
    """
    one_of("mode", mode, MODES)
    one_of("allow_list_match", allow_list_match, MATCHES)
    if isinstance(allow_list, str) or not all(isinstance(word, str) for word in allow_list):
        raise TypeError("allow_list: must be an array of strings")
    if lemmas is not None and mode != "stock":
        raise ValueError('lemmas: belongs to mode = "stock"; the default mode reads words itself')
    body = None if recognizers is None else own.body(recognizers)
    if body is not None:
        own.entities(body)
    if body is not None and own.is_registry(body):
        if entities is not None or countries is not None:
            raise ValueError("recognizers: a whole registry leaves no room for entities, countries")
        wanted: tuple[str, ...] = ()
    else:
        known, default = COUNTRIES, PREDEFINED
        if mode == "default":
            known, default = COUNTRIES | ours.COUNTRIES, ours.DEFAULT
        wanted = chosen(entities, countries, known, default)
    return Choice(
        mode=mode,
        entities=wanted,
        custom=None if body is None else json.dumps(body, sort_keys=True),
        allow_list=tuple(allow_list),
        allow_list_match=allow_list_match,
        lemmas=lemmas,
    )


def one_of(option: str, value: object, valid: tuple[str, ...]) -> None:
    """Raise a ValueError, with the nearest valid word, unless a value is one of them."""
    if value not in valid:
        raise ValueError(f"{option}: no {value!r}{nearest(str(value), valid)}")
