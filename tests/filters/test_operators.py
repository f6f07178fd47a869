"""Operators: what each writes, what it keeps to itself, and what a second run finds of it."""

import pickle
import re
from collections.abc import Iterator
from dataclasses import replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from tests import strategies as own

from gemsieve.filters import Action, Batch, Filter
from gemsieve.filters.operators.key import Key, KeySource
from gemsieve.filters.operators.keyed import DecryptError, Encrypt, Hash, decrypt
from gemsieve.filters.operators.operator import Operator
from gemsieve.filters.operators.plain import REDACT, Mask, Replace
from gemsieve.filters.operators.surrogate import Surrogate
from gemsieve.filters.policy import Rule
from gemsieve.filters.redact import rewrite

OTHER = Key(bytes(range(1, 33)))
words = st.text(min_size=1, max_size=40)
operators = st.sampled_from(own.OPERATORS)


@pytest.mark.parametrize(
    ("operator", "word", "written"),
    [
        (REDACT, "jane@acme.com", "<THING>"),
        (Replace("[gone]"), "jane@acme.com", "[gone]"),
        # As presidio-anonymizer writes them.
        (Mask(), "jane@acme.com", "*************"),
        (Mask("#", 4), "jane@acme.com", "####@acme.com"),
        (Mask("*", 8, from_end=True), "jane@acme.com", "jane@********"),
        (Mask("*", 99), "jane", "****"),
        (Mask("*", 99, from_end=True), "jane", "****"),
        # No stand-in fits, so that nothing of the word is left.
        (Surrogate(), "jane@acme.com", "<THING>"),
    ],
)
def test_what_is_written_without_a_secret(operator: Operator, word: str, written: str) -> None:
    """One row an operator and a parameter."""
    assert operator(word, "THING", own.KEY) == written


@given(words)
def test_hashes_and_ciphertexts_are_letters(word: str) -> None:
    """No digit, no sign and no space, so that no pattern of numbers or addresses finds any."""
    assert re.fullmatch("<THING:[a-p]{32}>", Hash()(word, "THING", own.KEY))
    assert re.fullmatch("<THING:z[a-p]{42,}>", Encrypt()(word, "THING", own.KEY))


def test_a_hash_is_what_anybody_with_the_key_computes() -> None:
    """HMAC-SHA-256 under what HMAC-SHA-512 derives, cut to 128 bits; written out independently."""
    import hashlib

    def hmac(key: bytes, text: bytes, name: str) -> bytes:
        size = hashlib.new(name).block_size
        pad = key.ljust(size, b"\0")
        inner = hashlib.new(name, bytes(b ^ 0x36 for b in pad) + text).digest()
        return hashlib.new(name, bytes(b ^ 0x5C for b in pad) + inner).digest()

    secret = hmac(bytes(range(32)), b"gemsieve\0hash\0THING", "sha512")
    digits = hmac(secret, "jané".encode(), "sha256")[:16].hex()
    letters = "".join("abcdefghijklmnop"[int(digit, 16)] for digit in digits)
    assert Hash()("jané", "THING", own.KEY) == f"<THING:{letters}>"


@pytest.mark.parametrize("operator", [Hash(), Encrypt()])
@given(one=words, other=words)
def test_equal_values_stay_equal_and_others_apart(operator: Operator, one: str, other: str) -> None:
    """A function of the word, the entity and the key, and of nothing else."""
    written = operator(one, "A", own.KEY)
    assert written == operator(one, "A", own.KEY)
    assert (written == operator(other, "A", own.KEY)) == (one == other)
    # Beyond the entity's name, which is part of what is written.
    assert written[3:] != operator(one, "B", own.KEY)[3:]
    assert written != operator(one, "A", OTHER)


@given(own.texts, st.data())
def test_encryption_is_undone_to_the_byte(text: str, data: st.DataObject) -> None:
    """Decrypting what was encrypted gives the text, for any findings, overlaps and surrogates."""
    edits = data.draw(own.edits(text, (Encrypt(),)))
    sealed = rewrite(text, edits, own.KEY)
    assert decrypt(sealed.text, own.KEY) == (text, len(sealed.cuts), 0)
    assert decrypt(sealed.text, OTHER) == (sealed.text, 0, len(sealed.cuts))


@given(words, st.data())
def test_a_changed_ciphertext_is_refused_without_its_words(word: str, data: st.DataObject) -> None:
    """One letter changed, behind the key's mark, or another entity's name: an error, no text."""
    sealed = Encrypt()(word, "THING", own.KEY)
    place = data.draw(st.integers(len("<THING:z") + 8, len(sealed) - 2))
    letter = data.draw(st.sampled_from("abcdefghijklmnop"))
    assume(letter != sealed[place])
    for changed in (sealed[:place] + letter + sealed[place + 1 :], sealed.replace("THI", "STI")):
        with pytest.raises(DecryptError, match=r"a ciphertext of (THING|STING) was changed") as e:
            decrypt(changed, own.KEY)
        assert not e.value.__context__ or e.value.__suppress_context__


def test_ciphertexts_in_json_are_found_too() -> None:
    """Writers of JSON may escape angle brackets; what is restored is written as asked."""
    sealed = Encrypt()('a "b"', "THING", own.KEY).replace("<", r"\u003c").replace(">", r"\u003E")
    restored, *_ = decrypt(f'{{"text":"{sealed}"}}', own.KEY, lambda word: word.replace('"', "'"))
    assert restored == """{"text":"a 'b'"}"""


@pytest.mark.parametrize("operator", [Hash(), Encrypt(), Surrogate()])
def test_a_keyed_operator_without_a_key_writes_nothing(operator: Operator) -> None:
    """Never a placeholder by mistake, and never the words."""
    with pytest.raises(ValueError, match="needs a key") as caught:
        operator("jane", "EMAIL_ADDRESS", None)
    assert "jane" not in str(caught.value)


@given(st.text("ghijkmnoqrstuvwxyz0123456789@", min_size=4, max_size=40), operators)
def test_no_four_characters_survive(word: str, operator: Operator) -> None:
    """Of letters that hashes do not use, none in a row of four is left, but by a partial mask."""
    assume(not operator.shows)
    word = word.translate(str.maketrans("ghijkmno", "qrstuvwx"))
    written = operator(word, "THING", own.KEY)
    assert not any(word[i : i + 4] in written for i in range(len(word) - 3))


# ---- a whole filter ------------------------------------------------------------------------------

# It finds what every operator writes, and runs of letters with it.
GREEDY = own.PatternDetector("greedy", "pii.word", r"[A-Za-z*#\[\]]{3,}|[0-9]+")


def sieve(operator: Operator, *detectors: own.PatternDetector) -> Filter:
    """Return a filter that has one operator for all that is found."""
    policy = own.policy(Rule(("pii.*",), Action.REDACT, operator=operator))
    return Filter(replace(policy, key=KeySource(env="A_KEY")), {"corpus": detectors})


@pytest.fixture(scope="module", autouse=True)
def key() -> Iterator[None]:
    """Set the key where the filters look for it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("A_KEY", bytes(range(32)).hex())
        yield


@pytest.mark.parametrize("detectors", [(own.NUMBERS, own.WORDS), (GREEDY,)], ids=["own", "greedy"])
@given(text=own.texts | st.text("abAB12@*# <>:", max_size=40), operator=operators)
def test_running_twice_changes_nothing(
    text: str, operator: Operator, detectors: tuple[own.PatternDetector, ...]
) -> None:
    """What an operator wrote is not written over, whoever finds something in it; nothing loops."""
    judge = sieve(operator, *detectors)
    first = judge(Batch([text]), "corpus")[0]
    if first.redacted is None:
        assert first.reasons == ("unstable.redaction",)
        return
    again = judge(Batch([first.redacted]), "corpus")[0]
    assert (again.redacted, again.action) == (first.redacted, Action.KEEP)


@pytest.mark.parametrize("operator", [Hash(), Encrypt()])
def test_a_filter_travels_without_its_key(operator: Operator) -> None:
    """Pickled after use it holds no secret, and writes the same where the key is at hand."""
    judge = sieve(operator, own.NUMBERS)
    before = judge(Batch(["page 12"]), "corpus")
    sent = pickle.dumps(judge)
    assert bytes(range(32)) not in sent
    assert bytes(range(32)).hex().encode() not in sent
    assert pickle.loads(sent)(Batch(["page 12"]), "corpus") == before  # noqa: S301  # our own


@given(own.texts, operators)
def test_what_is_reported_is_what_was_done(text: str, operator: Operator) -> None:
    """The verdict's edits, carried out on the original, give the text that was released."""
    verdict = sieve(operator, own.NUMBERS, own.WORDS)(Batch([text]), "corpus")[0]
    if verdict.redacted is not None:
        assert rewrite(text, verdict.edits, own.KEY).text == verdict.redacted
        assert verdict.redactions == tuple(edit.finding for edit in verdict.edits)


def test_a_mask_that_leaves_too_much_becomes_a_placeholder() -> None:
    """What is found again in a masked value was not hidden; what is not found again stays."""
    numbers = own.PatternDetector("numbers", "pii.number", "[0-9]{4,}")
    judge = sieve(Mask(chars_to_mask=2), numbers)
    texts = ["pin 12345", "pin 1234567"]
    assert [v.redacted for v in judge(Batch(texts), "corpus")] == ["pin **345", "pin <NUMBER>"]


def test_a_text_of_ones_own_may_look_like_a_finding() -> None:
    """What `replace` writes is not replaced again; within it, another rule's finding still is."""
    address = own.PatternDetector("address", "pii.address", r"[a-z]+@[a-z.]+")
    judge = sieve(Replace("nobody@test.invalid"), address)
    texts = ["to a@b.c", "to nobody@test.invalid"]
    verdicts = judge(Batch(texts), "corpus")
    assert [v.redacted for v in verdicts] == ["to nobody@test.invalid"] * 2
    assert [v.action for v in verdicts] == [Action.REDACT, Action.KEEP]
    both = sieve(Replace("nobody@test.invalid"), address, own.PatternDetector("n", "pii.n", "body"))
    assert both(Batch(["to a@b.c"]), "corpus")[0].redacted == "to <ADDRESS>"


def test_what_a_placeholder_holds_is_let_be() -> None:
    """A detector that takes the names of entities for names does not nest placeholders."""
    capitals = own.PatternDetector("capitals", "pii.number", "[A-Z]+")
    judge = sieve(REDACT, capitals, own.PatternDetector("n", "pii.n", "[0-9]+"))
    assert judge(Batch(["<NUMBER> and 5"]), "corpus")[0].redacted == "<NUMBER> and <N>"
    assert judge(Batch(["<OTHER>"]), "corpus")[0].redacted == "<<NUMBER>>"
