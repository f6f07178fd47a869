"""The table `[audit]` of a policy: what it may say, and how its mistakes are told."""

from __future__ import annotations

import pytest

from gemsieve.filters.audit.rule import AuditRule
from gemsieve.filters.catalogue import filter_from_text
from gemsieve.filters.policy_file import PolicyError

POLICY = """
name = "x"
[[corpus]]
labels = "toxicity.*"
above = 0.5
action = "drop"
"""


def rule(table: str) -> AuditRule:
    """Return the audit of a policy with this table."""
    return filter_from_text(f"{POLICY}\n[audit]\n{table}", "x.toml").policy.audit


def test_a_table_says_what_is_audited_and_what_passes() -> None:
    """Every key is read; without a table everything is reported and nothing limited."""
    given = """
    labels = ["toxicity.*", "pii.us_ssn"]
    sentences = 70
    flip_rate = 0.05
    score_gap = 0.1
    removal_ratio = 1.25
    least = 40
    insufficient = "fail"
    """
    labels = ("toxicity.*", "pii.us_ssn")
    assert rule(given) == AuditRule(labels, 70, 0.05, 0.1, 1.25, 40, "fail")
    assert filter_from_text(POLICY, "x.toml").policy.audit == AuditRule()
    assert rule('labels = "toxicity.toxicity"').names("toxicity.toxicity")


def test_the_table_is_no_part_of_the_digest() -> None:
    """It decides about no text, so another limit is no other policy."""
    first, second = (
        filter_from_text(f"{POLICY}\n[audit]\n{table}", "x.toml").policy.sha256
        for table in ("flip_rate = 0.1", "sentences = 3")
    )
    assert first == second == filter_from_text(POLICY, "x.toml").policy.sha256


@pytest.mark.parametrize(
    ("table", "error"),
    [
        ("flip_rat = 1", r"audit\.flip_rat: unknown key; did you mean 'flip_rate'"),
        ("flip_rate = 1.5", r"audit\.flip_rate: 1\.5 is no number in 0\.\.1"),
        ("score_gap = nan", r"audit\.score_gap: nan is no number in 0\.\.1"),
        ("removal_ratio = 0.9", r"audit\.removal_ratio: 0\.9 is no number of 1 or more"),
        ("removal_ratio = inf", r"audit\.removal_ratio: inf is no number of 1 or more"),
        ("sentences = true", r"audit\.sentences: True is no whole number of 0 or more"),
        ("least = 0", r"audit\.least: 0 is no whole number of 1 or more"),
        ("labels = 3", r"audit\.labels: must be an array"),
        ('labels = ["toxicty.*"]', r"audit\.labels: no detector has a label 'toxicty\.\*'"),
        ('insufficient = "pass"', r"audit\.insufficient: 'pass' is neither"),
    ],
)
def test_a_mistake_is_named_with_its_key(table: str, error: str) -> None:
    """Unknown keys and values out of range are errors, before any work is done."""
    with pytest.raises(PolicyError, match=error):
        rule(table)


def test_the_table_is_a_table() -> None:
    """`audit = 1` is refused."""
    with pytest.raises(PolicyError, match=r"x\.toml: audit: must be a table"):
        filter_from_text(f"audit = 1\n{POLICY}", "x.toml")
