"""Two sides beside the marks: what is judged, what is only listed, and where each side errs."""

from __future__ import annotations

from typing import Any

import pytest

from gemsieve.filters.pii.comparison import Side, compare, errors
from gemsieve.filters.pii.evaluate import Mark
from gemsieve.filters.pii.labelled import Labelled

#       0         1         2
#       0123456789012345678901234567890
TEXT = "536-90-4399 and 000-00-0000 Ann"
GOOD, BAD, NAME = Mark("US_SSN", 0, 11), Mark("US_SSN", 16, 27), Mark("PERSON", 28, 31)
AGE = Mark("AGE", 12, 15)
TEXTS = [Labelled(3, TEXT, (GOOD, BAD, NAME, AGE)), Labelled(9, TEXT, (GOOD, GOOD))]
SOUGHT = frozenset({"US_SSN", "PERSON", "URL"})
URL = Mark("URL", 0, 3)


def side(name: str, *found: list[Mark]) -> Side:
    """Return a side that looks for everything but ages."""
    return Side(name, SOUGHT, found)


def compared() -> dict[str, Any]:
    """Compare one side that finds most, loosely, with one that finds nothing."""
    near = [Mark("US_SSN", 0, 10), BAD, Mark("PERSON", 12, 15), URL]
    return compare(TEXTS, [side("a", near, [GOOD]), side("b", [], [URL, URL])], ["US"])


def test_what_is_judged() -> None:
    """Entities that are marked and sought; the rest is counted, and in no figure."""
    figures = compared()
    assert list(figures["entities"]) == ["PERSON", "US_SSN"]
    assert figures["unsought"] == {"AGE": 1}
    assert figures["unmarked"] == {"URL": {"a": 1, "b": 1}}
    assert figures["entities"]["US_SSN"]["marked"] == 3  # a mark given twice is one
    micro = figures["overall"]["a"]["strict"]["micro"]
    assert (micro["tp"], micro["fp"], micro["fn"]) == (2, 2, 2)


def test_figures_by_boundaries_and_side() -> None:
    """Each side has its own, and boundaries that do not meet still overlap."""
    row = compared()["entities"]["US_SSN"]["sides"]
    strict, overlapping = row["a"]["strict"], row["a"]["overlapping"]
    assert (strict["tp"], strict["fp"], strict["fn"]) == (2, 1, 1)
    assert (overlapping["tp"], overlapping["fp"], overlapping["fn"]) == (3, 0, 0)
    assert (strict["precision"], strict["recall"]) == (2 / 3, 2 / 3)
    assert strict["f1"] == strict["f2"] == pytest.approx(2 / 3)
    assert 0.2 < strict["recall_interval"][0] < 2 / 3 < strict["recall_interval"][1] < 1
    nothing = row["b"]["strict"]
    assert (nothing["precision"], nothing["recall"], nothing["f2"]) == (None, 0, 0)


def test_recall_on_values_that_obey_their_rule() -> None:
    """Marks whose value is no possible one are left out; entities without a rule have no figure."""
    figures = compared()["entities"]
    assert figures["US_SSN"]["valid"] == 2
    assert figures["US_SSN"]["sides"]["a"]["strict"]["valid"]["recall"] == 1 / 2
    assert figures["US_SSN"]["sides"]["a"]["overlapping"]["valid"]["recall"] == 1
    assert "valid" not in figures["PERSON"]
    assert "valid" not in figures["PERSON"]["sides"]["a"]["strict"]


def test_telephone_numbers_are_valid_somewhere() -> None:
    """A national form is valid where it is dialled, and nowhere else."""
    mark = Mark("PHONE_NUMBER", 5, 17)
    texts = [Labelled(1, "Call 030 12345678.", (mark,))]
    german = Side("a", frozenset({"PHONE_NUMBER"}), [[mark]])
    counted = {
        region: compare(texts, [german], [region])["entities"]["PHONE_NUMBER"]["valid"]
        for region in ("DE", "US")
    }
    assert counted == {"DE": 1, "US": 0}


def test_errors_are_places() -> None:
    """Marks that are touched, and not; what is found besides; by line and place, if judged."""
    near = [Mark("US_SSN", 0, 10), Mark("US_SSN", 11, 12), URL, AGE, Mark("PERSON", 12, 15)]
    told = list(errors(TEXTS, side("a", near, [GOOD]), {"US_SSN", "PERSON"}))
    assert [(e["kind"], e["line"], e["start"], e["end"], e["entity"]) for e in told] == [
        ("inexact", 3, 0, 11, "US_SSN"),
        ("extra", 3, 11, 12, "US_SSN"),
        ("extra", 3, 12, 15, "PERSON"),
        ("missed", 3, 16, 27, "US_SSN"),
        ("missed", 3, 28, 31, "PERSON"),
    ]
    assert {e["side"] for e in told} == {"a"}
