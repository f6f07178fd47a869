"""Claims about how the demo's figures are counted."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from gemsieve.cli.demo_corpus import Plant
from gemsieve.cli.demo_planted import Kind, Span
from gemsieve.cli.demo_score import Fate, Share, read_fates, record_shares, survives
from gemsieve.filters.finding import Finding
from gemsieve.pipeline.write import ShardWriter, schema

TEXT = "write to ann.lee@example.org soon"
SPAN = Span("email_address", 9, 28)


@pytest.mark.parametrize(
    ("kept", "left"),
    [
        ("write to <EMAIL_ADDRESS> soon", False),
        ("write to soon", False),
        (TEXT, True),
        ("write to <PERSON>@example.org soon", True),
        ("write to ann.lee@e<URL> soon", True),
    ],
)
def test_a_value_is_gone_only_with_both_its_halves(kept: str, left: bool) -> None:
    """Half an address left standing is a miss, whatever was put in the other half's place."""
    assert survives(TEXT, SPAN, kept) is left


FATES = [
    ("toxic", Fate("dropped", ("quality.gopher.stop_words", "toxicity.toxicity")), "right"),
    ("toxic", Fate("dropped", ("quality.gopher.stop_words",)), "luck"),
    ("toxic", Fate("quarantined", ("error.toxicity",)), "luck"),
    ("toxic", Fate("kept", ()), "missed"),
    ("toxic", Fate("redacted", ("pii.us_ssn",)), "missed"),
    ("foreign", Fate("dropped", ("language.de",)), "right"),
    ("junk", Fate("dropped", ("language.und",)), "luck"),
    ("identity", Fate("kept", ()), "right"),
    ("identity", Fate("dropped", ("toxicity.toxicity",)), "missed"),
    ("malformed", Fate("quarantined", ("invalid_utf8",)), "right"),
    ("malformed", Fate("quarantined", ("malformed_json",)), "luck"),
]


@pytest.mark.parametrize(("kind", "fate", "counted"), FATES)
def test_a_record_counts_as_right_for_the_right_reason_alone(
    kind: Kind, fate: Fate, counted: str
) -> None:
    """Dropped by luck is no catch, and a harmless record that is dropped is a miss."""
    plant = Plant("f:1", kind, "invalid_utf8" if kind == "malformed" else "", ())
    (share,) = (s for s in record_shares([plant], {"f:1": fate}) if s.planted)
    assert share.kind == kind
    figures = {"right": share.right, "luck": share.luck, "missed": share.missed}
    assert figures == {"right": 0, "luck": 0, "missed": 0} | {counted: 1}


def test_what_is_neither_right_nor_luck_is_missed() -> None:
    """The three figures of a kind add up to what was planted."""
    assert Share("toxic", 10, 7, 2).missed == 1


def test_fates_are_read_from_the_shards_of_a_job(tmp_path: Path) -> None:
    """Each record of each outcome's shard comes with its reasons, redacted apart from kept."""
    found = [[Finding("pii.us_ssn", 1.0, (0, 1))]]
    rows: dict[str, dict[str, list[Any]]] = {
        "kept": {"text": ["a"], "action": ["redact"], "reasons": [["pii.us_ssn"]]},
        "dropped": {"reasons": [["toxicity.toxicity"]]},
        "quarantined": {"reason": ["invalid_utf8"]},
    }
    paths = []
    for number, (outcome, columns) in enumerate(rows.items()):
        if outcome != "quarantined":
            columns["findings"] = found
        with ShardWriter(tmp_path, tmp_path, outcome, "0.parquet", schema(outcome)) as writer:
            writer.write({"id": [f"f:{number}"], "source": ["f"], **columns})
            shard = writer.publish()
        assert shard is not None
        paths.append(tmp_path / shard.path)
    assert dict(read_fates(paths)) == {
        "f:0": Fate("redacted", ("pii.us_ssn",), "a"),
        "f:1": Fate("dropped", ("toxicity.toxicity",)),
        "f:2": Fate("quarantined", ("invalid_utf8",)),
    }
