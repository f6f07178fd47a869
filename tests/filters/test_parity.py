"""Whether two uses judge a label alike: every way in which they may not."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests import strategies as own

from gemsieve.filters.filter import Filter
from gemsieve.filters.parity import parity
from gemsieve.filters.policy import Policy, Use
from gemsieve.filters.policy_file import read, ruleset

REST = 'labels = ["pii.*", "size.*", "kind.*"]\naction = "keep"'
NUMBER = 'labels = "pii.number"\naction = '


def judge(use: Use, *rules: str, version: str = "1") -> Filter:
    """Return a filter of these rules and one that keeps all else."""
    text = 'name = "x"\n' + "".join(f"[[{use}]]\n{rule}\n" for rule in (*rules, REST))
    detectors = (replace(own.NUMBERS, version=version), own.WORDS, own.LengthDetector())
    found, needed = ruleset(read(text, "p.toml"), use, "p.toml", detectors)
    return Filter(Policy("x", "", {use: found}), {use: needed})


@pytest.mark.parametrize(
    ("corpus", "output", "state"),
    [
        ('"redact"', '"redact"', "same"),
        ('"redact"\nabove = 0.4', '"redact"\nabove = 0.4', "same"),
        ('"redact"\nabove = 0.4', '"redact"\nabove = 0.5', "rules"),
        ('"redact"', '"drop"', "rules"),
        ('"redact"', '"mask"', "rules"),
        ('"mask"\nchars_to_mask = 2', '"mask"\nchars_to_mask = 3', "rules"),
        ('"replace"\nnew_value = "a"', '"replace"\nnew_value = "b"', "rules"),
        ('"drop"\ncount_above = 1', '"drop"\ncount_above = 2', "rules"),
        ('"drop"\nshare_above = 0.1', '"drop"', "rules"),
        ('"drop"', '"drop"\nwhen = { source = "s" }', "rules"),
        ('"drop"', '"drop"\nthen = "replace"\nmessage = "No."', "same"),
        ('"drop"', '"flag"', "rules"),
    ],
)
def test_rules_are_compared(corpus: str, output: str, state: str) -> None:
    """Actions, settings and conditions count; what a guard does beside dropping does not."""
    (row,) = parity(judge("corpus", NUMBER + corpus), judge("output", NUMBER + output))
    assert (row.label, row.state) == ("pii.number", state)


def test_detectors_are_compared() -> None:
    """Another version is another detector, whatever the rules."""
    rule = NUMBER + '"redact"'
    (row,) = parity(judge("corpus", rule), judge("output", rule, version="2"))
    assert row.state == "detector"


def test_labels_are_compared_wherever_something_acts() -> None:
    """What only one use acts on differs; what neither acts on is left out; globs choose."""
    corpus = judge("corpus", NUMBER + '"drop"', 'labels = "pii.word"\naction = "drop"')
    numbers = Filter(
        corpus.policy, {"corpus": tuple(d for d in corpus.detectors["corpus"] if d != own.WORDS)}
    )
    output = judge("output", NUMBER + '"drop"')
    assert [(r.label, r.state) for r in parity(corpus, output)] == [
        ("pii.number", "same"),
        ("pii.word", "rules"),
    ]
    assert [r.state for r in parity(numbers, output)] == ["same"]
    assert [r.label for r in parity(corpus, output, ["*.word"])] == ["pii.word"]
    with pytest.raises(LookupError, match="size"):
        parity(corpus, output, ["size.*"])
