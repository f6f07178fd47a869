"""A server that is killed under load has lost no record of an answer that a client has got."""

from __future__ import annotations

import json
import threading
import time
from pathlib import Path

from tests.safety.api.serving import ask, command
from tests.safety.audit_log.conftest import KEY

from gemsieve.safety.audit_log import AuditLog, Entries, Segments, Wanted, beside, search, verify

POLICY = """
name = "small"
[[output]]
labels = "secret.*"
action = "drop"
"""
SECONDS = 0.7  # of load


def load(url: str, answered: list[str]) -> None:
    """Ask again and again, and note each answer that came; end with the server."""
    while True:
        try:
            answer = ask(f"{url}/v1/check", {"input": ["one", "two"]})
        except OSError:
            return
        assert answer.status == 200
        answered.append(answer.headers["x-request-id"])


def test_sigkill_under_load_loses_no_record_of_an_answer(tmp_path: Path) -> None:
    """Four clients, a kill in the middle: the log is whole, and both texts of each answer in it."""
    folder, key, policy = tmp_path / "log", tmp_path / "key", tmp_path / "policy.toml"
    key.write_text(bytes(range(32)).hex())
    policy.write_text(POLICY)
    answered: list[list[str]] = [[], [], [], []]
    options = ["--policy", policy, "--audit-log", folder, "--audit-key", key]
    with command(*map(str, options)) as (url, process):
        clients = [threading.Thread(target=load, args=(url, mine)) for mine in answered]
        for client in clients:
            client.start()
        time.sleep(SECONDS)
        process.kill()
        for client in clients:
            client.join()
    assert all(answered)
    store = Segments(folder)
    (account,) = verify(store, KEY, [beside(folder)])
    assert account.fault is None
    records = [json.loads(line) for line in search(store, Wanted(action="keep"))]
    recorded = [record["request"] for record in records]
    assert all(recorded.count(request) == 2 for mine in answered for request in mine)
    with AuditLog(store, beside(folder), KEY, Entries(KEY, "")) as log:
        assert log.writer == 0
    assert [one.fault for one in verify(store, KEY, [beside(folder)])] == [None]
