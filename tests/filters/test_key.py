"""The key: read from where the policy says, told apart by a fingerprint, shown by nothing."""

import copy
import pickle
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gemsieve.filters.operators.key import Key, KeySource
from gemsieve.filters.policy_error import PolicyError

DIGITS = "00112233445566778899aabbccddeeff"
secrets = st.binary(min_size=16, max_size=80)


def test_an_environment_variable_and_a_file_give_the_same_key(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Either case, and white space around the digits, such as a file's last line break."""
    monkeypatch.setenv("A_KEY", DIGITS.upper())
    (tmp_path / "key").write_text(f" {DIGITS}\n")
    places = KeySource(env="A_KEY"), KeySource(file=str(tmp_path / "key"))
    keys = [place.load() for place in places]
    assert {key.fingerprint for key in keys} == {Key(bytes.fromhex(DIGITS)).fingerprint}


@pytest.mark.parametrize(
    "text", ["", DIGITS[2:], DIGITS + "0", "correct horse battery staple", "é"]
)
def test_what_is_no_key_is_refused_and_not_repeated(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, text: str
) -> None:
    """Too short, half a byte, no hexadecimal digits: the error says where and what to write."""
    monkeypatch.setenv("A_KEY", text)
    (tmp_path / "key").write_text(text)
    for place in (
        KeySource(env="A_KEY", place="p.toml: key."),
        KeySource(file=str(tmp_path / "key"), place="p.toml: key."),
    ):
        with pytest.raises(PolicyError, match="openssl rand -hex 32") as caught:
            place.load()
        assert str(caught.value).startswith("p.toml: key.")
        assert not text or text not in str(caught.value)


def test_a_key_that_is_missing_is_an_error_that_names_its_place(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The variable or the file, and the table that named it."""
    monkeypatch.delenv("NO_SUCH_KEY", raising=False)
    with pytest.raises(PolicyError, match=r"p.toml: key.env: NO_SUCH_KEY: is not set"):
        KeySource(env="NO_SUCH_KEY", place="p.toml: key.").load()
    path = str(tmp_path / "none")
    with pytest.raises(PolicyError, match=re.escape(f"key.file: {path}: No such file")):
        KeySource(file=path).load()


@given(secrets)
def test_a_key_shows_itself_to_nobody(secret: bytes) -> None:
    """Neither its text nor its digits are in what it prints, or in its fingerprint."""
    key = Key(secret)
    shown = f"{key!r} {key} {key.fingerprint}"
    assert secret.hex() not in shown
    assert repr(secret) not in shown


@given(secrets, st.text(max_size=9), st.text(max_size=9))
def test_keys_purposes_and_entities_are_told_apart(secret: bytes, one: str, other: str) -> None:
    """What is derived differs where the key, the purpose or the entity does."""
    key, changed = Key(secret), Key(b"\1" + secret)
    assert key.fingerprint != changed.fingerprint
    assert key.derive("hash", one) != changed.derive("hash", one)
    assert key.derive("hash", one) != key.derive("encrypt", one)
    assert (key.derive("hash", one) == key.derive("hash", other)) == (one == other)


def test_a_key_travels_as_the_place_it_is_read_from(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pickled or copied it holds no secret, and is read again where it arrives."""
    monkeypatch.setenv("A_KEY", DIGITS)
    key = KeySource(env="A_KEY").load()
    sent = pickle.dumps(key)
    assert bytes.fromhex(DIGITS) not in sent
    assert DIGITS.encode() not in sent
    assert copy.deepcopy(key).fingerprint == key.fingerprint
    monkeypatch.setenv("A_KEY", DIGITS[::-1])
    arrived = pickle.loads(sent)  # noqa: S301  # our own
    assert arrived.fingerprint == Key(bytes.fromhex(DIGITS[::-1])).fingerprint
    with pytest.raises(TypeError, match="read from nowhere"):
        pickle.dumps(Key(bytes.fromhex(DIGITS)))


def test_a_short_secret_is_refused() -> None:
    """Fewer than 16 bytes are no key, wherever they come from."""
    with pytest.raises(ValueError, match="not 15"):
        Key(bytes(15))
