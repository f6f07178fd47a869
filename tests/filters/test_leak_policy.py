"""The table `[leak_check]`: what it may say, and how a mistake in it is told."""

import re

import pytest

from gemsieve.filters import load_filter
from gemsieve.filters.catalogue import default_policy, filter_from_text
from gemsieve.filters.leak_rule import LeakRule
from gemsieve.filters.policy_file import PolicyError

POLICY = """
name = "x"
[[corpus]]
labels = "pii.*"
above = 0.4
action = "redact"
"""


def rule(table: str) -> LeakRule:
    """Return what a policy with this table says."""
    return filter_from_text(f"{POLICY}\n{table}", "p.toml").policy.leak_check


def test_a_policy_without_the_table_counts_and_limits_nothing() -> None:
    """Output is checked whatever the policy says; only limits have to be asked for."""
    assert rule("") == LeakRule(records=1000, limit=None, suspected_limit=None)


def test_every_key_is_read() -> None:
    """Each key has its meaning, and `records` may be all."""
    text = """
    [leak_check]
    records = 5
    above = 0.6
    entities = ["US_SSN", "EMAIL_ADDRESS", "US_SSN"]
    limit = 1.5
    suspected_limit = 20
    """
    assert rule(text) == LeakRule(5, 0.6, ("EMAIL_ADDRESS", "US_SSN"), 1.5, 20.0)
    assert rule('[leak_check]\nrecords = "all"').records is None
    assert rule("[leak_check]\nlimit = 0").body()["limit"] == 0


@pytest.mark.parametrize(
    ("table", "error"),
    [
        ("leak_check = 1", "leak_check: must be a table"),
        ("[leak_check]\nlimt = 1", "leak_check.limt: unknown key; did you mean 'limit'?"),
        ("[leak_check]\nrecords = -1", "leak_check.records: -1 is no count"),
        ("[leak_check]\nrecords = true", "leak_check.records: True is no count"),
        ('[leak_check]\nrecords = "some"', "leak_check.records: 'some' is no count"),
        ("[leak_check]\nlimit = -0.5", "leak_check.limit: -0.5 is no number of 0 or more"),
        ("[leak_check]\nlimit = nan", "leak_check.limit: nan is no number"),
        ("[leak_check]\nlimit = inf", "leak_check.limit: inf is no number"),
        ('[leak_check]\nsuspected_limit = "0"', "leak_check.suspected_limit: '0' is no number"),
        ("[leak_check]\nabove = 1.5", "leak_check.above: 1.5 is no number in 0..1"),
        ('[leak_check]\nentities = "US_SSN"', "leak_check.entities: must be an array"),
        (
            '[leak_check]\nentities = ["us_snn"]',
            "leak_check.entities: no detector finds 'us_snn'; did you mean 'US_SSN'?",
        ),
    ],
)
def test_a_mistake_is_named(table: str, error: str) -> None:
    """The message names the file, the key and what would be right."""
    text = f"{table}\n{POLICY}" if table.startswith("leak") else f"{POLICY}\n{table}"
    with pytest.raises(PolicyError, match=re.escape(error)) as caught:
        filter_from_text(text, "p.toml")
    assert str(caught.value).startswith("p.toml: leak_check")


def test_the_table_changes_no_digest() -> None:
    """What is checked afterwards decides about no text, so an output need not be sieved again."""
    digests = {
        filter_from_text(f"{POLICY}\n[leak_check]\nlimit = {limit}", "p.toml").policy.sha256
        for limit in (0, 1)
    }
    assert digests == {filter_from_text(POLICY, "p.toml").policy.sha256}


def test_the_shipped_policy_has_limits() -> None:
    """One proven value in a million characters, and the sample that the documents tell of."""
    assert "[leak_check]" in default_policy()
    assert load_filter().policy.leak_check == LeakRule(records=1000, limit=1)
