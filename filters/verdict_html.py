"""A verdict for a notebook: what was decided and why, with what is hidden hidden here too."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gemsieve.filters.filter import Verdict

COLOURS = {"keep": "#1a7f37", "redact": "#9a6700", "drop": "#cf222e"}
PLACEHOLDER = re.compile(r"&lt;[A-Z][A-Z0-9_]*(?::[a-z]+)?&gt;")
SHOWN = 2000  # characters of the text


def verdict_html(verdict: Verdict) -> str:
    """Return HTML with the text as it may be used, and findings by their places alone."""
    return "".join(parts(verdict))


def parts(verdict: Verdict) -> Iterator[str]:
    """Yield the parts of the page."""
    action = verdict.action.name.lower()
    reasons = escape(", ".join(verdict.reasons))
    yield f'<div><b style="color:{COLOURS[action]}">{action}</b> {reasons}'
    if verdict.redacted is not None:
        cut = "…" if len(verdict.redacted) > SHOWN else ""
        text = PLACEHOLDER.sub(r"<mark>\g<0></mark>", escape(verdict.redacted[:SHOWN]))
        yield f'<pre style="white-space:pre-wrap">{text}{cut}</pre>'
    placed = [finding for finding in verdict.findings if finding.span is not None]
    if placed:
        yield "<table><tr><th>label</th><th>score</th><th>start</th><th>end</th></tr>"
        for finding in placed:
            cells = (escape(finding.label), f"{finding.score:.3g}", *(finding.span or ()))
            yield f"<tr>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>"
        yield "</table>"
    yield "</div>"
