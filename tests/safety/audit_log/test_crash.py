"""A server that is killed under load has lost no record of what a client has got."""

from __future__ import annotations

from pathlib import Path

from tests.safety.audit_log.conftest import KEY
from tests.safety.audit_log.killed import killed, lost, prepared

from gemsieve.cli import main
from gemsieve.safety.audit_log import AuditLog, Entries, Segments, beside, verify


def test_sigkill_in_mid_stream_loses_no_record_of_what_a_client_got(tmp_path: Path) -> None:
    """Three streams under way and two clients of whole answers: the log is right, and has it all.

    Of each whole answer both texts, of each stream the prompt and every unit of text that came.
    """
    folder = tmp_path / "log"
    got = killed(prepared(tmp_path), seconds=0.2)
    assert got.begun > 1, "streams were cut in the middle"
    assert all(got.whole)
    assert main(["audit-log", "verify", str(folder), "--key", str(tmp_path / "key")]) == 0
    assert lost(folder, got) == []
    with AuditLog(Segments(folder), beside(folder), KEY, Entries(KEY, "")) as log:
        assert log.writer == 0
    assert [one.fault for one in verify(Segments(folder), KEY, [beside(folder)])] == [None]
