"""Removal rates by group, each beside that of all records."""

from __future__ import annotations

from gemsieve.pipeline.report.identity import ENOUGH, groups
from gemsieve.pipeline.tally import Tally


def test_few_records_are_insufficient() -> None:
    """A group of fewer than 30 records is compared with nothing, however it fared."""
    tally = Tally()
    tally.mentions["identity.age.old", "dropped"] = ENOUGH - 1
    tally.mentions["identity.age.young", "dropped"] = ENOUGH
    tally.mentions["identity.age.teen", "kept"] = 400
    tally.mentions["identity.age.adult", "kept"] = 90
    tally.mentions["identity.age.adult", "dropped"] = 10
    verdicts = {group.name: group.verdict for group in groups(tally, 0.1)}
    assert verdicts == {
        "old": "insufficient",
        "young": "above",
        "teen": "below",
        "adult": "within",
    }
