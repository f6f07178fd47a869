"""The page of `gemsieve compare`: two runs side by side, and their scores drawn over each other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gemsieve.pipeline.compare.compare import Compared, Run
from gemsieve.pipeline.compare.moves import ABSENT
from gemsieve.pipeline.manifest import OUTCOMES
from gemsieve.pipeline.report.counts import OUTCOMES as FATES
from gemsieve.pipeline.report.counts import TOP
from gemsieve.pipeline.report.figures import overlaid
from gemsieve.pipeline.report.identity import ENOUGH
from gemsieve.pipeline.report.report import script_of_page
from gemsieve.pipeline.report.scores import Histogram, Limit
from gemsieve.pipeline.report.templates import environment


def compare_page(found: Compared, names: Sequence[str]) -> str:
    """Return one HTML document that needs nothing beside it; `names` are those of the runs."""
    template = environment().get_template("compare.html")
    return template.render(
        found=found,
        names=names,
        outcomes=OUTCOMES,
        fates=fates(found),
        top=TOP,
        enough=ENOUGH,
        plots=plots(found),
        script=script_of_page(),
    )


def fates(found: Compared) -> list[str]:
    """Return the outcomes that records had in either run, in their usual order."""
    held = {outcome for pair in found.moved or {} for outcome in pair}
    return [outcome for outcome in (*FATES, ABSENT) if outcome in held]


def plots(found: Compared) -> list[tuple[Histogram, Histogram, str]]:
    """Return the histograms of each label that both runs measured, with their plot."""
    first, second = map(histograms, found.runs)
    both = [(first[label], second[label]) for label in first if label in second]
    return [(a, b, overlaid(a, b, f"score{i}")) for i, (a, b) in enumerate(both)]


def histograms(run: Run) -> dict[str, Histogram]:
    """Return a run's histograms by label, as its report has them."""
    return {told["label"]: histogram(told) for told in run.report["scores"]}


def histogram(told: dict[str, Any]) -> Histogram:
    """Return a histogram that `report.scores_of` wrote, without the stretches of its limits."""
    limits = [Limit(one["words"], tuple(one["values"]), ()) for one in told["limits"]]
    rest = {name: told[name] for name in ("label", "probability", "kept", "dropped", "blamed")}
    return Histogram(**rest, limits=limits)
