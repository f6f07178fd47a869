"""The inspector over HTTP: who may ask, what is told, and what is never told unasked."""

from __future__ import annotations

import http.client
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest

from gemsieve.pipeline.inspector.server import Server

from .inspected import HIDING, MAIL, PROSE, SCRIPT, inspector, served, settled, text, whole_text

JSON = {"Content-Type": "application/json"}


@pytest.fixture
def server(inspected: Path, tmp_path: Path) -> Iterator[Server]:
    """A server whose inspector knows the output alone."""
    with served(inspector(inspected, tmp_path / "m.sqlite")) as found:
        yield found


@pytest.fixture
def knowing(inspected: Path, tmp_path: Path) -> Iterator[Server]:
    """A server whose inspector knows the inputs as well."""
    with served(inspector(inspected, tmp_path / "m.sqlite", read=True)) as found:
        yield found


def asked(
    server: Server, path: str, body: object = None, **headers: str
) -> tuple[int, bytes, http.client.HTTPMessage]:
    """Ask a server by its own name and return status, body and headers."""
    connection = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=30)
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    content = None if body is None else json.dumps(body)
    try:
        connection.request(
            "GET" if body is None else "POST",
            path,
            content,
            (JSON if body is not None else {}) | sent,
        )
        answer = connection.getresponse()
        return answer.status, answer.read(), answer.headers
    finally:
        connection.close()


def told(server: Server, path: str, body: object = None) -> Any:
    """Return what a server tells under its token."""
    status, content, _ = asked(server, f"/{server.token}/{path}", body)
    assert status == 200, content
    return json.loads(content)


def search(server: Server, query: str) -> dict[str, Any]:
    """Return what a server tells of a search."""
    return settled(lambda: cast("dict[str, Any]", told(server, f"api/search?{query}")))


def test_only_the_page_of_this_run_is_answered(server: Server) -> None:
    """Without the token, under another host's name or for another origin, nothing is told."""
    page = f"/{server.token}/"
    assert asked(server, page)[0] == 200
    assert asked(server, "/")[0] == 404
    assert asked(server, f"/{server.token[:-1]}/api/search")[0] == 404
    assert asked(server, f"{page}api/search", Host="evil.example")[0] == 421
    assert asked(server, f"{page}api/search", Host=f"localhost:{server.server_port}")[0] == 421
    assert asked(server, f"{page}api/search", Origin="http://evil.example")[0] == 403
    assert asked(server, f"{page}api/undo", {}, Content_Type="text/plain")[0] == 415
    assert asked(server, f"{page}api/undo", {}, Origin="null")[0] == 403
    assert asked(server, f"{page}api/nothing")[0] == 404


def test_every_answer_is_fenced(server: Server) -> None:
    """No store, no other origin, no network for the page, no frame around it."""
    for path in ("", "api/about", "export", "nothing"):
        _, _, headers = asked(server, f"/{server.token}/{path}")
        assert headers["Cache-Control"] == "no-store"
        assert "default-src 'none'" in headers["Content-Security-Policy"]
        assert "connect-src 'self'" in headers["Content-Security-Policy"]
        assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
        assert headers["Referrer-Policy"] == "no-referrer"
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert not any(name.startswith("Access-Control") for name in headers)


def test_masked_words_do_not_leave_the_server(knowing: Server) -> None:
    """Neither lists nor records hold a finding's words before that finding is asked for."""
    for path in ("api/search?reason=pii.*", "api/search?words=page", "api/search?seed=1"):
        _, content, _ = asked(knowing, f"/{knowing.token}/{path}")
        assert MAIL.encode() not in content
        assert b"Muslim" not in content
    (row,) = search(knowing, "words=a.jsonl:6")["rows"]
    _, content, _ = asked(knowing, f"/{knowing.token}/api/record?n={row['n']}")
    assert MAIL.encode() not in content
    found = json.loads(content)["findings"]
    mail = next(i for i, f in enumerate(found) if f["label"] == "pii.email_address")
    read, kept = told(knowing, f"api/record?n={row['n']}&show={mail}")["texts"]
    hidden = text(6).replace("Muslim", "•" * 6)
    assert whole_text(read) == hidden
    assert whole_text(kept) == hidden.replace(MAIL, "<EMAIL_ADDRESS>")
    read, _ = told(knowing, f"api/record?n={row['n']}&show=all")["texts"]
    assert whole_text(read) == text(6)


def test_what_was_dropped_is_shown_from_the_inputs_alone(server: Server, knowing: Server) -> None:
    """By its record number; where they were not given, the page says what to do."""
    (row,) = search(server, "words=b.jsonl:5&outcome=dropped")["rows"]
    assert row["pieces"] is None
    record = told(server, f"api/record?n={row['n']}")
    assert record["texts"] == []
    assert "--input" in record["note"]
    (block,) = told(knowing, f"api/record?n={row['n']}&show=all")["texts"]
    assert whole_text(block) == text(35)
    (broken,) = search(knowing, "words=b.jsonl:31")["rows"]
    assert broken["fault"] == "malformed_json"
    assert "malformed_json" in told(knowing, f"api/record?n={broken['n']}")["note"]


def test_hostile_text_is_data(server: Server) -> None:
    """A script stands in a text as a text; what would turn the line around stands by its name."""
    (row,) = search(server, "words=a.jsonl:5")["rows"]
    (block,) = told(server, f"api/record?n={row['n']}&show=all")["texts"]
    shown = whole_text(block)
    assert SCRIPT in shown
    assert "[U+202E]gnp.elif[U+202C] and [U+200B] and [U+0007]" in shown
    assert HIDING not in shown
    assert row["source"] == "gro.a\N{REPLACEMENT CHARACTER}"
    page = asked(server, f"/{server.token}/")[1]
    assert PROSE.encode() not in page


def test_pages_hold_twenty_records_in_order(server: Server) -> None:
    """One after another, they hold each record once."""
    pages = [search(server, f"page={i}") for i in range(5)]
    assert [len(page["rows"]) for page in pages] == [20, 20, 20, 2, 0]
    assert [row["n"] for page in pages for row in page["rows"]] == list(range(62))
    assert {page["total"] for page in pages} == {62}


def test_marks_are_kept_counted_and_taken_back(server: Server) -> None:
    """A verdict, a finding and a missed one; the table follows; undo says whose it was."""
    (row,) = search(server, "words=a.jsonl:6")["rows"]
    n = row["n"]
    counts = told(server, "api/mark", {"n": n, "verdict": "right", "note": "sure"})
    assert counts["labels"][0]["label"] == "pii.email_address"
    counts = told(
        server,
        "api/mark",
        {"n": n, "verdict": "missed", "start": 0, "end": 3, "meant": "names.person"},
    )
    assert (counts["marks"], counts["records"]) == (2, 1)
    marks = told(server, f"api/record?n={n}")["marks"]
    assert [(m["verdict"], m["note"], m["finding"]) for m in marks] == [
        ("right", "sure", None),
        ("missed", "", None),
    ]
    assert search(server, "words=a.jsonl:6")["rows"][0]["marked"]
    assert told(server, "api/undo", {})["record"] == n
    assert told(server, "api/undo", {})["marks"] == 0
    assert told(server, "api/undo", {})["record"] is None


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("api/record?n=62", None, 404),
        ("api/record?n=-1", None, 400),
        ("api/record?n=0&show=x", None, 400),
        ("api/search?low=nan", None, 400),
        ("api/search?low=0.5", None, 400),
        ("api/search?page=1e9", None, 400),
        ("export?for=everything", None, 400),
        ("api/mark", {"n": 0, "verdict": "maybe"}, 400),
        ("api/mark", {"n": True, "verdict": "right"}, 404),
        ("api/mark", {"n": 0, "verdict": "right", "finding": 999}, 400),
        ("api/mark", {"n": 0, "verdict": "missed", "start": 3, "end": 3, "meant": "pii.url"}, 400),
        ("api/mark", {"n": 0, "verdict": "right", "note": "x" * 2001}, 400),
        ("api/mark", ["n", 0], 400),
        ("api/mark", {"note": "x" * 100_001}, 413),
    ],
)
def test_mistakes_are_refused_by_name(server: Server, path: str, body: object, status: int) -> None:
    """What cannot be answered has its status and a reason, and the server lives on."""
    found, content, _ = asked(server, f"/{server.token}/{path}", body)
    assert found == status
    assert json.loads(content)["error"]
    assert told(server, "api/marks")["marks"] == 0


def test_nothing_is_logged(
    inspected: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """Neither what was asked nor what failed: a shard that goes away is told on the page."""
    copy = shutil.copytree(inspected, tmp_path / "out")
    with served(inspector(copy)) as server:
        search(server, "words=harbour")
        shutil.rmtree(copy / "kept")
        status = 200
        while status == 200:  # it is put to the records in the background
            status, content, _ = asked(server, f"/{server.token}/api/search?words=evening")
        assert status == 500
        assert b"evening" not in content
        assert asked(server, f"/{server.token}/api/record?n=9999")[0] == 404
    assert capfd.readouterr() == ("", "")


def test_the_export_is_a_file_to_save(server: Server) -> None:
    """It comes under a name, as lines."""
    (row,) = search(server, "words=a.jsonl:1&outcome=kept")["rows"][:1]
    told(server, "api/mark", {"n": row["n"], "verdict": "right"})
    _, content, headers = asked(server, f"/{server.token}/export?for=toxicity")
    assert headers["Content-Disposition"] == 'attachment; filename="marks.jsonl"'
    assert json.loads(content)["label"] == 0
