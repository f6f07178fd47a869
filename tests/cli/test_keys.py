"""`gemsieve keys`: made once, shown once, listed and revoked."""

from __future__ import annotations

from pathlib import Path

import pytest

from gemsieve.cli import main
from gemsieve.safety.keys import Keyring


def test_a_key_is_made_listed_and_revoked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The printed words are the key; the list shows its state and never its words."""
    file = tmp_path / "keys.json"
    assert main(["keys", "create", "app", "--keys", str(file), "--rate", "5/second"]) == 0
    words = capsys.readouterr().out.strip()
    assert main(["keys", "create", "ops", "--keys", str(file), "--scope", "metrics"]) == 0
    capsys.readouterr()
    found = Keyring(file).find(words)
    assert found
    assert (found.name, found.scopes, found.rate) == ("app", ("judge",), "5/second")
    assert main(["keys", "revoke", "app", "--keys", str(file)]) == 0
    assert Keyring(file).find(words) is None
    assert main(["keys", "list", "--keys", str(file)]) == 0
    listed = capsys.readouterr().out
    first, second = listed.splitlines()
    assert first.startswith(f"{found.id}  app  judge  5/second")
    assert "revoked" in first
    assert second.split("  ")[1:3] == ["ops", "metrics"]
    assert second.endswith("in force")
    assert words not in listed + file.read_text()


def test_mistakes_end_with_status_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A name twice, an unknown name, a rate that is none, a file that is none."""
    file, none = tmp_path / "keys.json", tmp_path / "keys.json" / "none.json"
    main(["keys", "create", "app", "--keys", str(file)])
    (tmp_path / "broken.json").write_text("[]")
    for options, reason in [
        (["create", "app", "--keys", str(file)], "is in force; revoke it first"),
        (["revoke", "other", "--keys", str(file)], "no key named 'other' is in force"),
        (["create", "x", "--keys", str(file), "--rate", "often"], "write it as 100/minute"),
        (["list", "--keys", str(none)], "cannot read the keys"),
        (["create", "x", "--keys", str(none)], "cannot write the keys"),
        (["list", "--keys", str(tmp_path / "broken.json")], "not a file of keys"),
    ]:
        assert main(["keys", *options]) == 2
        assert reason in capsys.readouterr().err
