"""What is told of mitigation: why a target was missed, what it cost, and on a page that stands."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from tests.pipeline.test_report import Page, books, judge

from gemsieve.filters.mitigation import GenderSwap, Mitigation, Target, Weighting
from gemsieve.pipeline.mitigate.mitigate import SWAP
from gemsieve.pipeline.mitigate.told import lines_for_people, told
from gemsieve.pipeline.mitigate.weights import Weighed
from gemsieve.pipeline.report.body import Clocks
from gemsieve.pipeline.report.report import write_report
from gemsieve.pipeline.tally import Tally

WOMEN, MEN, OTHER = (f"identity.gender.{group}" for group in ("women", "men", "nonbinary"))


def tally(women: int, men: int, nobody: int = 100) -> Tally:
    """Return the tally of a job that kept records about women, men or nobody."""
    counts = {(WOMEN,): women, (MEN,): men, (): nobody}
    groups = {(when, *key): n for when in ("before", "after") for key, n in counts.items() if n}
    kept: Counter[tuple[str, ...]] = Counter({("a.jsonl", "kept"): women + men + nobody})
    return Tally(outcomes=kept, groups=Counter(groups))


def shares(cap: float = 5.0, **stated: float) -> Mitigation:
    """Return a mitigation that weighs genders to these shares."""
    labels = {f"identity.gender.{name}": share for name, share in stated.items()}
    target = Target("identity.gender.*", tuple(labels), labels)
    return Mitigation(weights=Weighting((target,), cap=cap))


@pytest.mark.parametrize(
    ("rule", "missed"),
    [
        (shares(women=0.5, men=0.5), {WOMEN: "", MEN: ""}),
        (
            shares(women=0.4, men=0.4, nonbinary=0.2),
            {
                WOMEN: "it has its part of what absent groups leave",
                MEN: "it has its part of what absent groups leave",
                OTHER: "no kept record mentions it",
            },
        ),
        (
            shares(cap=1.5, women=0.5, men=0.5),
            dict.fromkeys((WOMEN, MEN), "held by the cap, or by groups that stand beside it"),
        ),
    ],
)
def test_each_target_is_reached_or_told_why_not(rule: Mitigation, missed: dict[str, str]) -> None:
    """Of 40 records about women and 160 about men, equal parts are reached within a cap of 5."""
    body = told(rule, tally(40, 160), [])
    assert {line["label"]: line["missed"] for line in body["groups"]} == missed
    said = " ".join(lines_for_people(body))
    assert ("targets not reached" in said) == any(missed.values())


def test_equal_is_for_those_that_are_mentioned() -> None:
    """A group that no kept record mentions has no part in "equal", and is not missed."""
    rule = Mitigation(weights=Weighting((Target("identity.gender.*", (WOMEN, MEN, OTHER)),)))
    lines = told(rule, tally(40, 160), [])["groups"]
    assert [(line["label"], line["target"]) for line in lines] == [(MEN, 0.5), (WOMEN, 0.5)]


def test_the_cost_is_the_effective_sample() -> None:
    """200 records weighed 2.5 and 0.625 beside 100 of weight 1 are worth as Kish has it."""
    weights = told(shares(women=0.5, men=0.5), tally(40, 160), [])["weights"]
    expected = 300**2 / (40 * 2.5**2 + 160 * 0.625**2 + 100)
    assert weights["effective"] == pytest.approx(expected, abs=0.05)
    assert (weights["least"], weights["most"], weights["at_cap"]) == (0.625, 2.5, 0)
    assert weights["bands"] == {"½ to 1": 160, "1": 100, "2 to 4": 40}


def test_nothing_is_told_of_nothing() -> None:
    """Without a mitigation, the manifest, the page's section and the command say nothing."""
    assert told(Mitigation(), tally(1, 1), []) == {}
    assert list(lines_for_people({})) == []


RESAMPLED = replace(shares(women=0.5, men=0.5).weights or Weighting(()), method="resample")
COPIES = Counter({("2", WOMEN): 40, ("0", MEN): 80, ("1", MEN): 80, ("1",): 100})


@pytest.mark.parametrize(
    ("rule", "caption"),
    [
        (Mitigation(), None),
        (Mitigation(gender=GenderSwap()), "Groups in the kept records"),
        (shares(cap=1.5, women=0.5, men=0.5), "Kept records by their weight"),
        (Mitigation(GenderSwap(), RESAMPLED), "Kept records by how often they are read"),
    ],
)
@pytest.mark.parametrize("kept", [tally(40, 160), Tally()], ids=["some", "none"])
def test_the_page_stands(
    rule: Mitigation, caption: str | None, kept: Tally, tmp_path: Path
) -> None:
    """Its tags balance and it needs nothing, whatever was asked for and however little."""
    counts: Counter[tuple[str, ...]] = Counter(
        {(SWAP, "chosen"): 9, (SWAP, "swapped"): 7, (SWAP, "name"): 2}
    )
    kept = replace(kept, transforms=counts)
    copies = COPIES if kept.groups else Counter[tuple[str, ...]]()
    held = replace(books(tmp_path, kept), mitigation=told(rule, kept, [Weighed(None, copies)]))
    page = Page(write_report(held, judge(), kept, Clocks(), {}).read_bytes().decode())
    captions = {title.strip() for title, _ in page.tables}
    if caption is None:
        assert "The policy changes and weighs no records." in "".join(page.words)
    elif kept.groups:
        assert caption in captions
    if rule.weights and rule.weights.method == "resample" and kept.groups:
        assert page.table(caption or "")[2][2] == "40"
