"""The table `[mitigate]`: what it says, and how its mistakes are named."""

import pytest

from gemsieve.filters.catalogue import default_policy, filter_from_text
from gemsieve.filters.mitigation import GenderSwap, Mitigation, Weighting
from gemsieve.filters.policy import Policy
from gemsieve.filters.policy_error import PolicyError

EQUAL = '{ "identity.gender.*" = "equal" }'


def policy(table: str) -> Policy:
    """Return the shipped policy with one more table."""
    return filter_from_text(f"{default_policy()}\n{table}\n", "mine.toml").policy


def test_without_a_table_nothing_is_done() -> None:
    """The shipped policy changes and weighs nothing, and asks for no column."""
    assert policy("").mitigation == Mitigation()
    assert not policy("").mitigation
    assert policy("").mitigation.columns == ()


def test_defaults_are_half_the_records_and_five_times() -> None:
    """The tables alone swap half of the records, keep names, and weigh at most fivefold."""
    found = policy(f"[mitigate.gender]\n[mitigate.weights]\ntargets = {EQUAL}").mitigation
    assert found.gender == GenderSwap(share=0.5, names="keep", seed=0)
    assert isinstance(found.weights, Weighting)
    assert (found.weights.method, found.weights.cap, found.weights.seed) == ("weight", 5.0, 0)
    (target,) = found.weights.targets
    assert "identity.gender.nonbinary" in target.labels
    assert target.shares({"identity.gender.women", "identity.gender.men", "language.en"}) == {
        "identity.gender.men": 0.5,
        "identity.gender.women": 0.5,
    }
    assert found.columns == ("transforms", "groups")
    assert found.watches("identity.gender.men")
    assert not found.watches("identity.religion.muslim")


def test_mitigation_is_part_of_the_digest() -> None:
    """It decides bytes: another share is another policy."""
    digests = {
        policy(table).sha256
        for table in ("", "[mitigate.gender]", "[mitigate.gender]\nshare = 0.4")
    }
    assert len(digests) == 3


@pytest.mark.parametrize(
    ("table", "reason"),
    [
        ("[mitigate]", r"mitigate: empty"),
        ("[mitigate.gendre]", r"mitigate\.gendre: unknown key; did you mean 'gender'"),
        (
            "[mitigate.gender]\nshre = 1",
            r"mitigate\.gender\.shre: unknown key; did you mean 'share'",
        ),
        ("[mitigate.gender]\nshare = 0", r"gender\.share: 0 swaps nothing"),
        ("[mitigate.gender]\nshare = 1.5", r"gender\.share: 1\.5 is no number in 0\.\.1"),
        (
            "[mitigate.gender]\nnames = 'all'",
            r"gender\.names: 'all' is none of 'keep', 'swap', 'leave'",
        ),
        ("[mitigate.gender]\nseed = 0.5", r"gender\.seed: 0\.5 is no whole number"),
        ("[mitigate.weights]", r"weights\.targets: missing"),
        (
            f"[mitigate.weights]\ntargets = {EQUAL}\ncap = 0.5",
            r"weights\.cap: 0\.5 is no number of 1",
        ),
        (f"[mitigate.weights]\ntargets = {EQUAL}\nmethod = 1", r"weights\.method: 1 is none of"),
        (
            '[mitigate.weights.targets]\n"identity.gendr.*" = "equal"',
            r"targets\.identity\.gendr\.\*: no detector .*; did you mean 'identity\.gender",
        ),
        (
            '[mitigate.weights.targets]\n"identity.gender.*" = "even"',
            r"targets\.identity\.gender\.\*: must be \"equal\"",
        ),
        (
            '[mitigate.weights.targets]\n"identity.gender.*" = { "identity.gender.woman" = 1 }',
            r"identity\.gender\.woman: unknown key; did you mean 'identity\.gender\.women'",
        ),
        (
            '[mitigate.weights.targets]\n"identity.gender.*" = { "identity.gender.women" = 0.5 }',
            r"the shares add up to 0\.5, not to 1",
        ),
        (
            '[mitigate.weights.targets]\n"identity.gender.*" = { "identity.gender.men" = 0 }',
            r"0 would erase the group",
        ),
        (
            '[mitigate.weights.targets]\n"identity.gender.*" = "equal"\n"identity.*.men" = "equal"',
            r"'identity\.gender\.men' is in 'identity\.gender\.\*' already",
        ),
    ],
)
def test_mistakes_are_named(table: str, reason: str) -> None:
    """Each mistake is told with its key, and with the nearest valid word where there is one."""
    with pytest.raises(PolicyError, match=reason):
        policy(table)


def test_a_policy_without_corpus_rules_cannot_mitigate() -> None:
    """What is done to a corpus needs rules for one."""
    text = 'name = "x"\n[mitigate.gender]\n[[output]]\nlabels = "secret.*"\naction = "drop"'
    with pytest.raises(PolicyError, match=r"no \[\[corpus\]\] rules"):
        filter_from_text(text, "mine.toml")
