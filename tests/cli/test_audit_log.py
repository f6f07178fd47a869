"""`gemsieve audit-log`: what is right ends with 0, what is not with 1, what cannot be with 2."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest
from tests.safety.conftest import RegexDetector, build

from gemsieve.cli import main
from gemsieve.filters import Batch
from gemsieve.filters.operators.key import Key
from gemsieve.safety.api.caller import Caller
from gemsieve.safety.api.service import Judged
from gemsieve.safety.audit_log import AuditLog, Entries, Segments, beside

KEY = bytes(range(32))


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """A log of two decisions, with its key beside it."""
    folder, key = tmp_path / "log", Key(KEY)
    (tmp_path / "key").write_text(KEY.hex())
    detector = RegexDetector("pii", {"pii.email_address": r"\w+@\w+\.\w+"})
    judge = build([{"labels": "pii.*", "action": "redact"}], detector)
    batch = Batch(["write to nobody@example.org", "The weather is fine today."])
    judged = Judged(Caller("1", "/v1/check"), "output", batch, judge(batch, "output"))
    with AuditLog(
        Segments(folder), beside(folder), key, Entries(key, judge.policy.sha256)
    ) as writer:
        asyncio.run(writer(judged))
    return folder


def test_a_log_is_proven_and_a_changed_one_is_not(
    log: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Counts, the first wrong record, an unfinished one; the key from a file or the environment."""
    verify = ["audit-log", "verify", str(log)]
    assert main([*verify, "--key", str(log.parent / "key")]) == 0
    assert "writer 0: 3 records, all as they" in capsys.readouterr().out
    monkeypatch.setenv("GEMSIEVE_AUDIT_KEY", KEY.hex())
    file = log / "0" / "000000000000.jsonl"
    right = file.read_bytes()
    file.write_bytes(right + b"{")
    assert main([*verify, "--heads", str(beside(log))]) == 0
    assert "1 bytes of one that a crash left unfinished" in capsys.readouterr().out
    file.write_bytes(right.replace(b'"redact"', b'"keep"'))
    assert main(verify) == 1
    assert "1 records are as they were written, then: record 1 was changed" in (
        capsys.readouterr().err
    )


def test_records_are_shown(log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A record a line, by action and label, or by the text with the key."""
    show = ["audit-log", "show", str(log)]
    assert main([*show, "--action", "redact", "--label", "pii.*"]) == 0
    (line,) = capsys.readouterr().out.splitlines()
    assert json.loads(line)["reasons"] == ["pii.email_address"]
    text = log.parent / "text"
    text.write_text("The weather is fine today.")
    assert main([*show, "--text", str(text), "--key", str(log.parent / "key")]) == 0
    (line,) = capsys.readouterr().out.splitlines()
    assert json.loads(line)["number"] == 2
    assert main([*show, "--until", "2000"]) == 0
    assert capsys.readouterr().out == ""


def test_mistakes_end_with_status_2(
    log: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """No key, one that is none, no log, lines that are no records; and a server's own mistakes."""
    monkeypatch.delenv("GEMSIEVE_AUDIT_KEY", raising=False)
    none, key = str(log.parent / "none"), str(log.parent / "key")
    (log / "0" / "000000000000.jsonl").write_text("{}\n")
    for line, reason in [
        (["audit-log", "verify", str(log)], "GEMSIEVE_AUDIT_KEY: is not set"),
        (["audit-log", "verify", str(log), "--key", none], "none: No such file"),
        (["audit-log", "verify", none, "--key", key], "there is no audit log"),
        (["audit-log", "show", none], "none: there is no audit log"),
        (["audit-log", "show", str(log)], "`gemsieve audit-log verify` says which"),
        (["serve", "--audit-text"], "go with --audit-log"),
        (["serve", "--audit-log", str(log)], "--audit-key env: GEMSIEVE_AUDIT_KEY: is not set"),
        (["serve", "--audit-log", str(log), "--audit-key", key], "writer 0: record 0 is no record"),
        (["serve", "--audit-log", key, "--audit-key", key], "cannot be written"),
    ]:
        assert main(line) == 2, line
        assert reason in capsys.readouterr().err
