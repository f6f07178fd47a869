"""Policy files: every mistake is refused with its key and the nearest valid word."""

import re
import tomllib

import pytest
from tests import strategies as own

from gemsieve.filters import Batch
from gemsieve.filters.catalogue import filter_from_text
from gemsieve.filters.operators.key import KeySource
from gemsieve.filters.operators.keyed import Encrypt, Hash
from gemsieve.filters.operators.plain import REDACT, Mask, Replace
from gemsieve.filters.policy_file import PolicyError, digest, read, ruleset
from gemsieve.filters.policy_operator import key_source

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
        (rule('labels = "pii.*"\naction = "keep"\nexcept = "pii.wrod"'), "did you mean 'pii.word'"),
        (rule('labels = "pii.*"\naction = "keep"\nexcept = "*"'), "except: leaves none"),
        (rule('labels = "pii.*"\naction = "hsah"'), "did you mean 'hash'?"),
        (rule('labels = "pii.*"\naction = "hash"'), "corpus[3].action: 'hash' needs a key"),
        (rule('labels = "pii.*"\naction = "encrypt"'), "'encrypt' needs a key"),
        (
            rule('labels = "pii.*"\naction = "surrogate"'),
            "no surrogates for 'pii.number'; there are for CREDIT_CARD, EMAIL_ADDRESS, IBAN_CODE",
        ),
        (rule('labels = "pii.*"\naction = "replace"'), "new_value: must be a string that is not"),
        (rule('labels = "pii.*"\naction = "replace"\nnew_value = ""'), "new_value: must be"),
        (
            rule('labels = "pii.*"\naction = "redact"\nnew_value = "x"'),
            """new_value: belongs to action = "replace", not to 'redact'""",
        ),
        (rule('labels = "pii.*"\naction = "keep"\nfrom_end = true'), 'belongs to action = "mask"'),
        (rule('labels = "pii.*"\naction = "mask"\nmasking_char = "**"'), "must be one character"),
        (
            rule('labels = "pii.*"\naction = "mask"\nchars_to_mask = 0'),
            "0 is no whole number above",
        ),
        (
            rule('labels = "pii.*"\naction = "mask"\nchars_to_mask = true'),
            "True is no whole number",
        ),
        (rule('labels = "pii.*"\naction = "mask"\nfrom_end = 1'), "1 is neither true nor false"),
    ],
)
def test_a_mistake_is_named(text: str, error: str) -> None:
    """The message names the file, the key and what would be right."""
    with pytest.raises(PolicyError, match=re.escape(error)) as caught:
        load(text)
    assert "p.toml: " in str(caught.value)


@pytest.mark.parametrize(
    ("table", "error"),
    [
        ("key = 1", "p.toml: key: must be a table, [key], with env"),
        ("[key]", "p.toml: key: needs one of env"),
        ('[key]\nenv = "A"\nfile = "b"', "p.toml: key: needs one of env"),
        ('[key]\nevn = "A"', "key.evn: unknown key; did you mean 'env'?"),
        ("[key]\nfile = 3", "key.file: must name a place"),
        (f'[key]\nenv = "{"0123456789abcdef" * 4}"', "key.env: must name a place"),
        (f'[key]\nenv = "{"abcdef0123456789" * 4}"', "key.env: must name a place"),
        (f'[key]\nfile = "{"0123456789abcdef" * 4}"', "key.file: must name a place"),
    ],
)
def test_a_mistake_about_the_key_is_named_and_nothing_repeated(table: str, error: str) -> None:
    """What may be a key that was written into the policy is not shown."""
    with pytest.raises(PolicyError, match=re.escape(error)) as caught:
        key_source(tomllib.loads(table)["key"], "p.toml")
    assert "a key itself never stands in a policy" in str(caught.value) or "mean" in error
    assert "0123" not in str(caught.value)


def test_operators_are_read_with_their_parameters() -> None:
    """By Presidio's names; a mask without a number masks everything."""
    rules = (
        'action = "redact"',
        'action = "replace"\nnew_value = "[gone]"',
        'action = "mask"',
        'action = "mask"\nmasking_char = "x"\nchars_to_mask = 4\nfrom_end = true',
        'action = "hash"',
        'action = "encrypt"',
        'action = "drop"',
    )
    text = "".join(f'[[corpus]]\nlabels = "pii.*"\n{rule}\n' for rule in rules)
    body = read(f'name = "x"\n[key]\nenv = "A_KEY"\n{text}', "p.toml")
    found, _ = ruleset(body, "corpus", "p.toml", (own.NUMBERS, own.WORDS))
    assert found.operators == (
        REDACT,
        Replace("[gone]"),
        Mask(),
        Mask("x", 4, from_end=True),
        Hash(),
        Encrypt(),
    )


def test_a_policy_names_the_place_of_a_key_and_not_the_key(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Neither is part of what a policy says: another place gives the same digest."""
    policy = """
        name = "x"
        [key]
        env = "A_KEY"
        [[corpus]]
        labels = "pii.email_address"
        action = "surrogate"
        [[corpus]]
        labels = "pii.*"
        except = "pii.email_address"
        action = "redact"
    """
    judge = filter_from_text(policy, "p.toml")
    assert judge.policy.key == KeySource(env="A_KEY")
    other = filter_from_text(policy.replace('env = "A_KEY"', 'file = "a/key"'), "p.toml")
    assert other.policy.sha256 == judge.policy.sha256
    rules = judge.policy.ruleset("corpus").rules
    assert [rule.names("pii.email_address") for rule in rules] == [True, False]
    assert [rule.names("pii.us_ssn") for rule in rules] == [False, True]
    monkeypatch.delenv("A_KEY", raising=False)
    with pytest.raises(PolicyError, match=r"p.toml: key.env: A_KEY: is not set"):
        judge.setup("corpus")
    with pytest.raises(PolicyError, match=r"A_KEY"):
        judge(Batch(["a text"]), "corpus")


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
