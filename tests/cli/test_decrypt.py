"""`gemsieve decrypt`: what a policy encrypted comes back, or nothing does."""

import json
import re
import sys
from io import BytesIO, TextIOWrapper
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from tests import strategies as own

from gemsieve.cli import main
from gemsieve.filters.operators.key import Key
from gemsieve.filters.operators.keyed import Encrypt
from gemsieve.filters.redact import rewrite

DIGITS = bytes(range(32)).hex()
OTHER = Key(bytes(range(1, 33)))
NAME = ["decrypt", "--key-env", "A_KEY"]


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    """Set the key."""
    monkeypatch.setenv("A_KEY", DIGITS)


def sealed(word: str, key: Key = own.KEY) -> str:
    """Return a ciphertext."""
    return Encrypt()(word, "THING", key)


def decrypted(text: str, *options: str) -> tuple[int, bytes]:
    """Run the command on a standard input; return its status and what it wrote."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "stdin", TextIOWrapper(BytesIO(text.encode("utf-8", "surrogateescape"))))
        out = TextIOWrapper(BytesIO())
        patch.setattr(sys, "stdout", out)
        status = main([*NAME, *options])
        return status, out.buffer.getvalue()


texts = st.text(st.characters(codec="utf-8"), max_size=40)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(texts, st.data())
def test_a_text_comes_back_to_the_byte(text: str, data: st.DataObject) -> None:
    """For any text and findings; whatever ends its lines."""
    written = rewrite(text, data.draw(own.edits(text, (Encrypt(),))), own.KEY).text
    assert decrypted(written) == (0, text.encode())


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(own.texts, st.booleans(), st.data())
def test_records_come_back_as_json(text: str, ascii_only: bool, data: st.DataObject) -> None:
    """Quotes, line breaks and lone surrogates in a value are escaped again."""
    written = rewrite(text, data.draw(own.edits(text, (Encrypt(),))), own.KEY).text
    line = json.dumps({"text": written, "n": 1}, ensure_ascii=ascii_only)
    assume(ascii_only or not re.search("[\ud800-\udfff]", line))  # UTF-8 holds none
    status, out = decrypted(line + "\n", "--jsonl")
    assert status == 0
    assert json.loads(out) == {"text": text, "n": 1}


def test_what_is_no_text_passes_through() -> None:
    """Bytes that are no UTF-8, and hashes and placeholders, stay as they are."""
    text = f"\udcff {sealed('é')} <THING:{'a' * 32}> <THING>\r\n"
    assert decrypted(text) == (0, b"\xff \xc3\xa9 <THING:" + b"a" * 32 + b"> <THING>\r\n")


def test_a_file_and_every_place_of_the_key(
    tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    """A policy's table, a variable and a file name the same key."""
    (tmp_path / "text").write_text(f"to {sealed('jané')}")
    (tmp_path / "key").write_text(DIGITS + "\n")
    (tmp_path / "p.toml").write_text('name = "x"\n[key]\nenv = "A_KEY"\n')
    for place in (
        ["--key-env", "A_KEY"],
        ["--key-file", str(tmp_path / "key")],
        ["--policy", str(tmp_path / "p.toml")],
    ):
        assert main(["decrypt", *place, str(tmp_path / "text")]) == 0
        assert capsysbinary.readouterr().out == "to jané".encode()


def test_keys_are_undone_one_by_one(capsys: pytest.CaptureFixture[str]) -> None:
    """What another key encrypted is left for it, and said."""
    both = f"{sealed('one')} {sealed('two', OTHER)}"
    assert decrypted(both) == (0, f"one {sealed('two', OTHER)}".encode())
    assert "left 1 ciphertexts of other keys" in capsys.readouterr().err


def test_the_wrong_key_writes_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    """Status 2, and the fingerprint to compare with a manifest's."""
    assert decrypted(f"so\n{sealed('zqjane', OTHER)}") == (2, b"")
    error = capsys.readouterr().err
    assert f"the wrong key: 1 ciphertexts, and none of the key {own.KEY.fingerprint}" in error
    assert "zqjane" not in error


def test_a_changed_ciphertext_writes_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    """Status 1 and the line; not even the lines before it."""
    broken = sealed("zqjane")[:-2] + ("b" if sealed("zqjane")[-2] == "a" else "a") + ">"
    assert decrypted(f"{sealed('fine')}\n{broken}\n") == (1, b"")
    error = capsys.readouterr().err
    assert "line 2: a ciphertext of THING was changed" in error
    assert "zqjane" not in error


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ([], "one of the arguments --policy --key-env --key-file is required"),
        (["--key-env", "A_KEY", "--key-file", "x"], "not allowed with argument"),
        (["--key-env", "NO_SUCH_KEY"], "--key-env: NO_SUCH_KEY: is not set"),
        (["--key-file", "no/such/key"], "--key-file: no/such/key: No such file"),
        (["--policy", "no/such/policy"], "no/such/policy: cannot read the policy"),
        (["--key-env", "A_KEY", "no/such/text"], "no/such/text: No such file"),
    ],
)
def test_mistakes_end_with_status_2(
    arguments: list[str], error: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each says which place is meant."""
    try:
        status = main(["decrypt", *arguments])
    except SystemExit as exit_:
        status = int(str(exit_.code))
    assert status == 2
    assert error in capsys.readouterr().err


def test_a_policy_without_a_key_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The shipped policy has none either: the place has to be named."""
    (tmp_path / "p.toml").write_text('name = "x"\n')
    assert main(["decrypt", "--policy", str(tmp_path / "p.toml")]) == 2
    assert "has no table [key]" in capsys.readouterr().err
