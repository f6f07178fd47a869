"""The page of `gemsieve audit`: the report's section, once for each set of sentences."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gemsieve.pipeline.report.audit import audit_section
from gemsieve.pipeline.report.templates import environment


def audit_page(subject: str, sets: Mapping[str, Mapping[str, Any]], labelled: object) -> str:
    """Return one HTML document that needs nothing beside it.

    Args:
        subject: What was audited, in a few words.
        sets: What the audit tells of each set of sentences, by the set's name.
        labelled: Figures of labelled texts, as `gemsieve eval bias` has them, or None.
    """
    sections = [
        (name, audit_section(told, f"audit-{i}-")) for i, (name, told) in enumerate(sets.items())
    ]
    template = environment().get_template("audit.html")
    return template.render(subject=subject, sections=sections, labelled=labelled)
