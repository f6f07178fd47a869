"""`report/index.html` for people and `report/report.json` for machines: what a job did, and why.

Labels, source names and counts alone; no text comes near. All but the throughput is the same for
the same input, policy and code.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib import resources
from typing import Any

from gemsieve.filters import Filter
from gemsieve.pipeline.manifest import Manifest
from gemsieve.pipeline.report.audit import audit_section
from gemsieve.pipeline.report.body import NAME, Clocks, body, by_line, removal
from gemsieve.pipeline.report.counts import (
    OUTCOMES,
    TOP,
    judged,
    languages,
    mentions,
    ranked,
    reasons,
    sources,
    speed,
    summed,
)
from gemsieve.pipeline.report.drill import drill
from gemsieve.pipeline.report.identity import ENOUGH, groups, summary
from gemsieve.pipeline.report.leak import leak_section
from gemsieve.pipeline.report.others import write_others
from gemsieve.pipeline.report.scores import histograms
from gemsieve.pipeline.report.templates import environment
from gemsieve.pipeline.storage import Location, write_atomically
from gemsieve.pipeline.tally import Tally

FOLDER = "report"
INPUTS = 50  # named on the page; the manifest names all


def write_report(
    books: Manifest, judge: Filter, tally: Tally, clocks: Clocks, audit: Mapping[str, Any]
) -> Location:
    """Write the report of a job that wrote its shards and return the path of its page.

    `audit` is all that the audit tells, of which the manifest holds the summary.
    """
    folder = books.folder / FOLDER
    numbers = by_line(body(books, judge, tally, clocks, audit))
    write_atomically(folder / NAME, numbers.encode())
    write_atomically(folder / "index.html", page(books, judge, tally, clocks, audit).encode())
    write_others(folder, json.loads(numbers))
    return folder / "index.html"


def page(
    books: Manifest, judge: Filter, tally: Tally, clocks: Clocks, audit: Mapping[str, Any]
) -> str:
    """Return the page: one HTML document that needs nothing beside it."""
    template, script = environment().get_template("report.html"), script_of_page()
    section = audit_section(audit)
    parts = overview(books, tally, clocks) | plots(judge, tally)
    return template.render(books=books, audit=section, script=script, **parts)


def script_of_page() -> str:
    """Return the script by which the page's tables are filtered and sorted."""
    return (resources.files("gemsieve.pipeline") / "templates" / "report.js").read_text("utf-8")


def overview(books: Manifest, tally: Tally, clocks: Clocks) -> dict[str, Any]:
    """Return everything on the page that is a count."""
    totals = {o: tally.by_outcome()[o] for o in OUTCOMES}
    read, kept = books.counts["in"], books.counts["kept"]
    at_hand = read - books.counts["quarantined"]
    return {
        "outcomes": OUTCOMES,
        "enough": ENOUGH,
        "top": TOP,
        "totals": totals,
        "judged": judged(tally),
        "funnel": (
            ("read", read, 0, ""),
            ("could be judged", at_hand, read - at_hand, "quarantined"),
            ("kept", kept, at_hand - kept, "dropped"),
            ("kept unchanged", kept - totals["redacted"], totals["redacted"], "redacted"),
        ),
        "characters": {o: tally.characters[o,] for o in OUTCOMES[:3]},
        "inputs": books.inputs[:INPUTS],
        "sources": sources(tally),
        "source_count": len(summed(tally.outcomes, 0)),
        "reasons": reasons(tally),
        "drill": drill(tally),
        "faults": ranked({(fault,): n for (fault,), n in summed(tally.faults, 1).items()}),
        "mentions": mentions(tally),
        "languages": languages(tally),
        "leaks": leak_section(books.leak_check),
        "mitigation": books.mitigation,
        "speed": speed(clocks.sieve),
        "stages": clocks.stages,
    }


def plots(judge: Filter, tally: Tally) -> dict[str, Any]:
    """Return everything on the page that is drawn, with the numbers beside it."""
    from gemsieve.pipeline.report.figures import Dot, histogram, intervals

    overall = removal(tally)
    found = groups(tally, overall)
    told = [group for group in found if group.verdict != "insufficient"]
    removed = [Dot(g.kind, g.name, g.rate, g.interval, g.verdict) for g in told]
    written = [
        Dot(g.kind, g.name, g.redaction_rate, g.redaction_interval, "within")
        for g in told
        if g.kept + g.redacted >= ENOUGH
    ]
    any_written = any(dot.rate for dot in written)
    scores = histograms(tally, judge)
    return {
        "overall": overall,
        "groups": told,
        "few": [group for group in found if group.verdict == "insufficient"],
        "groups_summary": summary(found),
        "groups_plot": intervals(removed, overall, "all records", "identity") if told else "",
        "redaction_plot": intervals(written, None, "", "redaction") if any_written else "",
        "histograms": [(data, histogram(data, f"score{i}")) for i, data in enumerate(scores)],
    }
