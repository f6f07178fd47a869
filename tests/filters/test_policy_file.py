"""Policy files: every mistake is refused with its key and the nearest valid word."""

import re

import pytest
from tests import strategies as own

from gemsieve.filters.policy_file import PolicyError, digest, read, ruleset

GOOD = """
name = "good"
[[corpus]]
labels = "pii.*"
action = "redact"
[[corpus]]
labels = ["size.characters", "kind.*"]
action = "keep"
"""


def load(text: str) -> None:
    """Read a policy for the small detectors."""
    ruleset(read(text, "p.toml"), "corpus", "p.toml", own.DETECTORS)


def rule(text: str) -> str:
    """Return a good policy with one more rule, its third."""
    return f"{GOOD}[[corpus]]\n{text}"


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("name = ", "p.toml: not TOML"),
        ("[[corpus]]", "p.toml: name: missing"),
        ('name = "x"\ncorpsu = 1', "corpsu: unknown key; did you mean 'corpus'?"),
        ('name = "x"\ndetectors = 1', "detectors: must hold tables"),
        ('name = "x"\ncorpus = 1', "corpus: must be an array of tables"),
        (rule('action = "keep"'), "corpus[3].labels: missing"),
        (rule('labels = 3\naction = "keep"'), "corpus[3].labels: must be a string"),
        (rule('labels = "pii.nmber"\naction = "keep"'), "did you mean 'pii.number'?"),
        (rule('labels = "pii.*"\naction = "redcat"'), "did you mean 'redact'?"),
        (rule('labels = "pii.*"'), "corpus[3].action: None is no action"),
        (rule('labels = "pii.*"\naction = "drop"\nabov = 1'), "did you mean 'above'?"),
        (rule('labels = "pii.*"\naction = "drop"\nabove = 1.5'), "1.5 is outside 0..1"),
        (rule('labels = "pii.*"\naction = "drop"\nabove = nan'), "above: nan is no number"),
        (rule('labels = "pii.*"\naction = "drop"\nabove = true'), "above: True is no number"),
        (rule('labels = "pii.*"\naction = "drop"\nbelow = 0.5'), "events may be absent"),
        (rule('labels = "size.*"\naction = "drop"\nbelow = -1'), "-1 is outside 0..inf"),
        (rule('labels = "size.*"\naction = "drop"\nabove = 1\nbelow = 2'), "cannot stand beside"),
        (rule('labels = "size.*"\naction = "drop"\noutside = [3]'), "must be [low, high]"),
        (rule('labels = "size.*"\naction = "drop"\noutside = [3, 1]'), "low 3 is above high 1"),
        (rule('labels = "kind.*"\naction = "drop"\nany_of = "kind.long"'), "any_of: needs below"),
        (
            rule('labels = "pii.*"\naction = "drop"\nany_of = "pii.word"\nbelow = 0.5'),
            "labels that are owed",
        ),
        (rule('labels = "pii.*"\naction = "drop"\ncount_above = 1.5'), "no whole number"),
        (rule('labels = "pii.*"\naction = "drop"\ncount_above = -1'), "-1 is below 0"),
        (rule('labels = "pii.*"\naction = "drop"\nshare_above = 2'), "2 is outside 0..1"),
        (rule('labels = "pii.*"\naction = "drop"\nwhen = 1'), "when: must be a table"),
        (rule('labels = "pii.*"\naction = "drop"\nwhen = {source = 1}'), "when.source: must be"),
        (
            GOOD.replace('"pii.*"', '"pii.number"') + '[[corpus]]\nlabels="identity.x"',
            "no detector has a label 'identity.x'",
        ),
        (GOOD.replace('["size.characters", "kind.*"]', '"size.*"'), "no rule names 'kind."),
    ],
)
def test_a_mistake_is_named(text: str, error: str) -> None:
    """The message names the file, the key and what would be right."""
    with pytest.raises(PolicyError, match=re.escape(error)) as caught:
        load(text)
    assert "p.toml: " in str(caught.value)


def test_a_detector_that_no_rule_names_is_not_needed() -> None:
    """Only detectors of named labels run, and only they owe measures."""
    text = 'name = "x"\n[[corpus]]\nlabels = "pii.number"\naction = "drop"'
    rules, needed = ruleset(read(text, "p.toml"), "corpus", "p.toml", own.DETECTORS)
    assert needed == (own.NUMBERS,)
    assert rules.owed == ()


def test_the_digest_is_of_what_a_policy_says() -> None:
    """Comments and layout do not change it; a limit does."""
    first = digest(read(GOOD, "p.toml"))
    assert digest(read("# why\n" + GOOD.replace(" = ", "="), "p.toml")) == first
    assert digest(read(GOOD.replace("redact", "drop"), "p.toml")) != first
