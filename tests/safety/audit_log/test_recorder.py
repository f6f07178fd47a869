"""Records are written together, found again, and go on after a crash; or nothing is answered."""

from __future__ import annotations

import asyncio
import json
import resource
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.safety.api.serving import ask, serving, until_ready
from tests.safety.audit_log.conftest import KEY, Logged

from gemsieve.filters import Detector, Filter
from gemsieve.filters.policy import Action
from gemsieve.safety.api import create_app
from gemsieve.safety.audit_log import AuditLog, AuditLogError, Wanted, digest, search

WORD = "zanzibar"


@settings(max_examples=15)
@given(
    requests=st.lists(st.lists(st.text(st.characters(), max_size=9), max_size=3), max_size=4),
    words=st.booleans(),
)
def test_what_is_recorded_is_found_again(
    make_logged: Callable[[Path], Logged], requests: list[list[str]], words: bool
) -> None:
    """Any texts, in files of any number, over restarts: every record stands there, in order."""
    with tempfile.TemporaryDirectory() as folder:
        logged = make_logged(Path(folder))
        for texts in requests:
            with logged.open(words=words, full=700) as log:
                asyncio.run(log(logged.judged(*texts)))
        logged.folder.mkdir(exist_ok=True)
        assert [account.fault for account in logged.verify()] == [None] * bool(requests)
        records = [json.loads(line) for line in search(logged.store, Wanted())]
        kept = [record for record in records if "event" not in record]
    texts = [text for some in requests for text in some]
    assert [record["number"] for record in records] == list(range(len(texts) + len(requests)))
    assert [(r["digest"], r["length"]) for r in kept] == [(digest(KEY, t), len(t)) for t in texts]
    assert [r.get("text") for r in kept] == (texts if words else [None] * len(texts))


def test_a_record_says_who_asked_and_what_was_decided_in_no_words(logged: Logged) -> None:
    """All fields, and neither the text, nor a plain digest of it, nor its identity findings."""
    logged.write([f"bad {WORD}", f"write to {WORD}@example.com"])
    _, drop, redact = [json.loads(line) for line in search(logged.store, Wanted())]
    assert (drop["request"], drop["endpoint"], drop["key"]) == ("request-2", "/v1/check", "key-1")
    assert (drop["use"], drop["action"], drop["reasons"]) == ("output", "drop", ["toxicity.insult"])
    assert (redact["action"], redact["reasons"]) == ("redact", ["pii.email_address"])
    assert drop["policy"] == logged.judge.policy.sha256
    assert set(drop) == set(redact)
    assert set(drop) == {
        *("writer", "number", "time", "request", "endpoint", "key", "use", "action", "reasons"),
        *("flags", "policy", "digest", "length", "link"),
    }
    files = [*logged.folder.rglob("*"), *logged.heads.rglob("*")]
    assert all(WORD not in path.read_text() for path in files if path.is_file())
    assert all(path.stat().st_mode & 0o077 == 0 for path in files)


def test_whom_a_text_mentions_is_never_recorded(
    make_filter: Callable[..., Filter], regexes: Callable[..., Detector], tmp_path: Path
) -> None:
    """A policy may drop for a mention; the record says that it dropped, and not for whom."""
    rules = [{"labels": "identity.*", "action": "drop"}]
    logged = Logged(
        tmp_path / "log", make_filter(rules, regexes("who", {"identity.group": "them"}))
    )
    assert logged.judged("them").verdicts[0].reasons == ("identity.group",)
    logged.write(["them"])
    assert '"drop"' in logged.file().read_text()
    assert "identity" not in logged.file().read_text()


def test_requests_at_once_have_a_record_each(logged: Logged) -> None:
    """Whichever commit takes them along: when a request is told so, its record is on the disk."""

    async def one(log: AuditLog, number: int) -> None:
        text = f"fine {number}"
        await log(logged.judged(text))
        assert len([*search(logged.store, Wanted(digest=digest(KEY, text)))]) == 1

    async def all_at_once(log: AuditLog) -> None:
        await asyncio.gather(*(one(log, number) for number in range(50)))

    with logged.open() as log:
        asyncio.run(all_at_once(log))
    assert [(account.fault, account.records) for account in logged.verify()] == [(None, 51)]


def test_a_record_left_unfinished_is_mended(logged: Logged) -> None:
    """What a crash leaves of a last record is no tampering; the next start cuts it off."""
    logged.write(["one"])
    with logged.file().open("ab") as file:
        file.write(b'{"writer":0,"num')
    (account,) = logged.verify()
    assert (account.fault, account.records, account.torn) == (None, 2, 16)
    with logged.open() as log:
        assert log.torn == 16
    assert [(a.fault, a.records, a.torn) for a in logged.verify()] == [(None, 3, 0)]
    assert json.loads([*search(logged.store, Wanted())][-1])["torn"] == 16


def test_a_log_that_was_tampered_with_is_not_gone_on_with(logged: Logged) -> None:
    """A writer that would seal over what was taken out refuses to."""
    logged.write(["one"])
    right = logged.file().read_bytes()
    logged.file().write_bytes(right[: right.index(b"\n") + 1])
    for _ in range(2):
        with pytest.raises(AuditLogError, match="was cut at its end: records 1 to 1 are missing"):
            logged.open()
    logged.file().write_bytes(right)
    with logged.open() as log:
        assert (log.writer, log.torn) == (0, 0)


@contextmanager
def no_more_than(size: int) -> Iterator[None]:
    """Let no file of this process grow beyond so many bytes, as a full disk would."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_what_cannot_be_recorded_is_not_answered(logged: Logged) -> None:
    """A full disk: an error in the verdict's place, then not ready; reopened, all is right."""
    with logged.open() as log, serving(create_app(logged.judge, recorders=[log])) as (url, _):
        until_ready(url)
        assert ask(f"{url}/v1/check", {"input": "bad"}).status == 200
        with no_more_than(logged.file().stat().st_size + 40):
            answer = ask(f"{url}/v1/check", {"input": ["fine", "bad"]})
        assert (answer.status, answer.code) == (500, "not_recorded")
        assert answer.headers["x-should-retry"] == "false"
        assert ask(f"{url}/v2/health/ready").status == 503
        assert ask(f"{url}/v1/check", {"input": "bad"}).status == 503
    with logged.open() as log:
        assert log.torn == 40
    assert [(account.fault, account.records) for account in logged.verify()] == [(None, 3)]


def test_records_are_found_by_what_was_decided(logged: Logged) -> None:
    """By action, label, time and text, alone and together."""
    logged.write(["bad", "fine", "a@example.com"])

    def found(wanted: Wanted) -> list[str]:
        return [json.loads(line)["action"] for line in search(logged.store, wanted)]

    assert found(Wanted(action="drop")) == [Action.DROP.name.lower()]
    assert found(Wanted(label="pii.*")) == ["redact"]
    assert found(Wanted(digest=digest(KEY, "fine"))) == ["keep"]
    assert found(Wanted(since="2000", label="toxicity.insult")) == ["drop"]
    assert found(Wanted(until="2000")) == []
