"""Operators under the real detectors of personal data: stable, consistent, silent about words."""

import logging
from collections.abc import Iterator

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st
from tests.filters.pii_values import VALUES, emails, values

from gemsieve.filters import Action, Batch, Filter
from gemsieve.filters.catalogue import filter_from_text
from gemsieve.filters.operators.keyed import decrypt
from gemsieve.filters.operators.surrogate import SURROGATES, is_surrogate
from gemsieve.filters.redact import rewrite

KEY = bytes(range(32)).hex()
ENTITIES = sorted(SURROGATES)
LABELS = str([f"pii.{entity.lower()}" for entity in ENTITIES])
ACTIONS = {
    "redact": 'action = "redact"',
    "replace": 'action = "replace"\nnew_value = "[removed]"',
    "mask": 'action = "mask"',
    "mask in part": 'action = "mask"\nchars_to_mask = 12',
    "mask the end": 'action = "mask"\nchars_to_mask = 5\nfrom_end = true\nmasking_char = "x"',
    "hash": 'action = "hash"',
    "encrypt": 'action = "encrypt"',
    "surrogate": 'action = "surrogate"',
}


def policy(action: str) -> str:
    """Return a policy that has one action for all that has surrogates, placeholders for the rest.

    URLs are looked for as well: one may lie in an e-mail address, and in its stand-in.
    """
    return f"""
        name = "test"
        [key]
        env = "A_KEY"
        [detectors.pii]
        entities = {[*ENTITIES, "UK_NHS", "US_BANK_NUMBER", "US_ITIN", "US_PASSPORT"]}
        [[corpus]]
        labels = {LABELS}
        above = 0.3
        {action}
        [[corpus]]
        labels = "pii.*"
        except = {LABELS}
        above = 0.3
        action = "redact"
        [[corpus]]
        labels = "pii.*"
        action = "keep"
    """


@pytest.fixture(scope="module", autouse=True)
def key() -> Iterator[None]:
    """Set the key where the policy says."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("A_KEY", KEY)
        yield


@pytest.fixture(scope="module")
def filters(key: None) -> dict[str, Filter]:
    """Return a filter for each action."""
    return {name: filter_from_text(policy(text), "p.toml") for name, text in ACTIONS.items()}


fillers = st.sampled_from(
    [
        "",
        " ",
        ", ",
        "\n",
        "x",
        "7",
        " call ",
        "(",
        ")",
        "<",
        ">",
        "; SSN ",
        " card: ",
        "'",
        "@",
        ".",
    ]
)
texts = st.lists(values.map(lambda v: v[1]) | fillers, max_size=9).map("".join)


@pytest.mark.parametrize("action", ACTIONS)
@settings(max_examples=150)
@given(text=texts)
def test_running_twice_changes_nothing(filters: dict[str, Filter], action: str, text: str) -> None:
    """Values side by side, run together or among signs: the second run finds nothing to do."""
    judge = filters[action]
    first = judge(Batch([text]), "corpus")[0]
    event(first.action.name)
    if first.redacted is None:
        assert first.reasons == ("unstable.redaction",)
        return
    again = judge(Batch([first.redacted]), "corpus")[0]
    assert (again.action, again.redacted) == (Action.KEEP, first.redacted)


@settings(max_examples=200)
@given(text=texts)
def test_what_is_encrypted_comes_back(filters: dict[str, Filter], text: str) -> None:
    """Through all looks of the filter: whatever it wrote over by encryption is restored."""
    judge = filters["encrypt"]
    verdict = judge(Batch([text]), "corpus")[0]
    key = judge.key("corpus")
    assert verdict.redacted is not None
    assert key is not None
    if all(edit.operator.name == "encrypt" for edit in verdict.edits):
        assert decrypt(verdict.redacted, key)[0] == text


@settings(max_examples=100)
@given(value=values, before=st.sampled_from(["", "so ", "it is "]))
def test_a_value_has_one_stand_in_throughout(
    filters: dict[str, Filter], value: tuple[str, str], before: str
) -> None:
    """Whatever stands around it, in a batch or alone, first or second in a text."""
    _, word = value
    texts = [word, f"{before}{word} again", f"a text without, and then {word}"]
    verdicts = filters["surrogate"](Batch(texts), "corpus")
    written = {
        str(verdict.redacted)[edit.span[0] :][: len(str(verdict.redacted)) - len(text) + len(word)]
        for text, verdict in zip(texts, verdicts, strict=True)
        for edit in verdict.edits
        if text[slice(*edit.span)] == word and edit.operator.name == "surrogate"
    }
    assert len(written) <= 1
    event(f"found whole: {len(written)}")


@settings(max_examples=100)
@given(address=emails)
def test_a_url_rule_leaves_the_stand_ins_of_addresses(
    filters: dict[str, Filter], address: str
) -> None:
    """The domain in a stand-in is found as a URL; it is the stand-in's, and stays."""
    verdict = filters["surrogate"](Batch([f"write to {address} soon"]), "corpus")[0]
    key = filters["surrogate"].key("corpus")
    assert verdict.redacted is not None
    assert key is not None
    word = verdict.redacted.removeprefix("write to ").removesuffix(" soon")
    assert is_surrogate("EMAIL_ADDRESS", word, key)


def test_stock_presidio_finds_no_number_in_a_stand_in(filters: dict[str, Filter]) -> None:
    """Its checks of cards and IBANs refuse them, and its own telephone numbers are all fiction."""
    from gemsieve.filters.pii.stock import stock

    engine = stock(["CREDIT_CARD", "IBAN_CODE"])
    key = filters["surrogate"].key("corpus")
    assert key is not None
    for entity, word in [
        ("CREDIT_CARD", "4012 8888 8888 1881"),
        ("CREDIT_CARD", "378282246310005"),
        ("IBAN_CODE", "DE89 3704 0044 0532 0130 00"),
    ]:
        assert [hit.entity for hit in engine(f"x {word} x")] == [entity]
        assert engine(f"x {SURROGATES[entity].make(word, key)} x") == []


def test_neither_words_nor_key_are_shown(
    filters: dict[str, Filter], caplog: pytest.LogCaptureFixture
) -> None:
    """Marked values, through every operator: not in a log, a verdict, a filter or an error."""
    words = ["zqjane@acme.com", "536-90-4399", "4012888888881881", "+1 212-867-5390"]
    text = " and ".join(words)
    caplog.set_level(logging.DEBUG)
    shown = [repr(filters)]
    for judge in filters.values():
        verdict = judge(Batch([text]), "corpus")[0]
        shown += [repr(verdict.edits), repr(verdict.findings), repr(judge.policy)]
        with pytest.raises(ValueError, match="span") as caught:
            rewrite(text[:2], verdict.edits, judge.key("corpus"))
        shown.append(str(caught.value))
    shown.append(caplog.text)
    for secret in (*words, KEY, repr(bytes.fromhex(KEY))):
        assert not [where for where in shown if secret in where]


def test_every_entity_with_surrogates_has_values_here() -> None:
    """The strategies above miss none."""
    assert set(VALUES) == set(SURROGATES)
