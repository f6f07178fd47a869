"""The templates of our pages and cards, and the words in which they say numbers and names."""

from __future__ import annotations

import re
from base64 import b64encode
from functools import cache
from hashlib import sha256
from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jinja2 import Environment

NAME_CHARACTERS = 80  # of a source's or an input's name
SPECIAL = re.compile(r"([\\`*_\[\]|~$#])")  # to Markdown


@cache
def environment(*packages: str) -> Environment:
    """Return these packages' templates and then ours, with words for numbers and names.

    What they say is escaped in pages; what is no HTML escapes in its own way.
    """
    from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined, select_autoescape

    places = (*packages, "gemsieve.pipeline")
    found = Environment(
        loader=ChoiceLoader([PackageLoader(package, "templates") for package in places]),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.filters |= {"n": number, "percent": percent, "name": shown, "seconds": seconds}
    found.filters |= {"times": times, "md": markdown}
    found.globals["fence"] = fence
    return found


def fence(script: str) -> str:
    """Return the content security policy of a page: nothing is fetched, only this script runs."""
    allowed = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
    if not script:
        return allowed
    return f"{allowed}; script-src 'sha256-{b64encode(sha256(script.encode()).digest()).decode()}'"


def number(n: int) -> str:
    """Return a count with its thousands apart."""
    return f"{n:,}"


def percent(part: float, whole: float) -> str:
    """Return a share in percent; never 0 of something nor 100 of less than everything."""
    if not whole:
        return "–"
    share = 100 * part / whole
    if 0 < share < 0.05:
        return "<0.1 %"
    if 99.95 <= share < 100:
        return ">99.9 %"
    return f"{share:.1f} %"


def times(value: float | None) -> str:
    """Return a ratio; an unbounded one, and one of nothing, is a sign."""
    return "∞" if value is None else f"{value:.2f}"


def shown(name: str) -> str:
    """Return a name that users chose, fit to be shown: bounded, and nothing invisible in it."""
    plain = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in name)
    return plain if len(plain) <= NAME_CHARACTERS else plain[: NAME_CHARACTERS - 1] + "…"


def seconds(value: float) -> str:
    """Return a duration as people say it."""
    if value < 100:
        return f"{value:.1f} s"
    minutes = round(value / 60)
    return f"{minutes} min" if minutes < 100 else f"{value / 3600:,.1f} h"


def markdown(words: object) -> str:
    """Return words as Markdown that shows them and means nothing, on one line."""
    return SPECIAL.sub(r"\\\1", escape(" ".join(str(words).split()), quote=False))
