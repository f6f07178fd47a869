"""Hostile requests by kind and endpoint: each gets its code, none a log line, memory or a crash."""

from __future__ import annotations

import gzip
import json
import logging
import os
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tests.safety.api.serving import Answer, ask, raw

MARK = "zanzibar"  # no answer may repeat it
PATHS = {
    "moderations": "/v1/moderations",
    "check": "/v1/check",
    "redact": "/v1/redact",
    "decisions": "/v1/decisions",
    "comments": "/v1alpha1/comments:analyze",
}
QUESTION = {"type": "predicate", "instructions": "toxicity.threat"}
WHOLE: dict[str, dict[str, Any]] = {
    "moderations": {"input": "@"},
    "check": {"input": "@"},
    "redact": {"input": "@"},
    "decisions": {"model": "m", "input": "@", "questions": [QUESTION]},
    "comments": {"comment": {"text": "@"}, "requestedAttributes": {"TOXICITY": {}}},
}


def whole(body: dict[str, Any], value: bytes) -> bytes:
    """Return a good body with this JSON in the place of its text."""
    return json.dumps(body).encode().replace(b'"@"', value)


@dataclass(frozen=True)
class Attack:
    """One kind of hostile request, for every endpoint that takes a body."""

    name: str
    value: bytes
    status: int
    headers: tuple[tuple[str, str], ...] = ()
    pack: str = ""

    def send(self, url: str, endpoint: str) -> Answer:
        """Send it."""
        return self.sent(url + PATHS[endpoint], WHOLE[endpoint])

    def sent(
        self, url: str, good: dict[str, Any], headers: Mapping[str, str] | None = None
    ) -> Answer:
        """Send it in the place of a good body's text."""
        body = whole(good, self.value)
        if self.pack == "gzip":
            body = gzip.compress(body)
        elif self.pack == "zlib":
            body = zlib.compress(body)
        elif self.pack == "cut":
            body = gzip.compress(body)[:-9]
        elif self.pack == "twice":
            body = gzip.compress(body) * 2
        return ask(url, body, {**(headers or {}), **dict(self.headers)})


GZIP = (("content-encoding", "gzip"),)
BOMB = b'"' + b"a" * 8_000_000 + b'"'
ATTACKS = (
    Attack("no JSON", b'"zanzibar', 400),
    Attack("no UTF-8", b'"zanzibar\xff"', 400),
    Attack("UTF-16", '"zanzibar"'.encode("utf-16"), 400),
    Attack("half a surrogate pair", b'"zanzibar\\ud800"', 400),
    Attack("NaN", b"NaN", 400),
    Attack("minus infinity", b"-Infinity", 400),
    Attack("beyond every float", b"1e999", 400),
    Attack("a number of many digits", b"9" * 200_000, 400),
    Attack("deep arrays", b"[" * 100_000 + b"]" * 100_000, 400),
    Attack("deep objects", b'{"a":' * 100_000 + b"1" + b"}" * 100_000, 400),
    Attack("a wrong type", b'{"zanzibar": 1}', 400),
    Attack("null", b"null", 400),
    Attack("a million values", b"[" + b"0," * 1_000_000 + b"0]", 413),
    Attack(
        "a table of many names", json.dumps(dict.fromkeys(map(str, range(30_000)), 0)).encode(), 413
    ),
    Attack("too large", b'"' + b"a" * 4_100_000 + b'"', 413),
    Attack("a bomb", BOMB, 413, GZIP, "gzip"),
    Attack("a bomb in zlib", BOMB, 413, (("content-encoding", "deflate"),), "zlib"),
    Attack("packed, but not so", b'"zanzibar"', 400, GZIP),
    Attack("packed and cut", b'"zanzibar"', 400, GZIP, "cut"),
    Attack("packed twice in a row", b'"zanzibar"', 400, GZIP, "twice"),
    Attack("another packing", b'"zanzibar"', 415, (("content-encoding", "br, zanzibar"),)),
    Attack("another type", b'"zanzibar"', 415, (("content-type", "text/plain"),)),
    Attack("a form", b'"zanzibar"', 415, (("content-type", "multipart/form-data"),)),
)
# A text that is odd, and none the less to be judged.
ODD = {
    "nothing": b'""',
    "NUL": b'"\\u0000"',
    "a noncharacter": b'"\\uffff\\ufdd0"',
    "a pair": b'"\\ud83d\\ude00"',
    "marks": ('"' + "e" + "\u0301" * 5000 + '"').encode(),
    "right to left": '"\u202eolleh\u2066\u2069"'.encode(),
    "one long word": b'"' + b"a" * 200_000 + b'"',
    "signs": b'"' + b"@." * 5_000 + b'"',
    "digits": b'"' + b"1234567890 " * 500 + b'"',
}


class Lines(logging.Handler):
    """Keeps what is logged."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a line."""
        self.lines.append(self.format(record))


@pytest.fixture(scope="module", autouse=True)
def quiet() -> Iterator[None]:
    """Nothing here is worth a line, least of all a text."""
    kept = Lines()
    loggers = [logging.getLogger(name) for name in ("gemsieve", "uvicorn", "asyncio")]
    for logger in loggers:
        logger.addHandler(kept)
    yield
    for logger in loggers:
        logger.removeHandler(kept)
    assert kept.lines == []


@pytest.mark.parametrize("endpoint", PATHS)
@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.name)
def test_an_attack_gets_its_code_and_no_word_back(url: str, attack: Attack, endpoint: str) -> None:
    """Each kind, at each endpoint, is refused in the endpoint's shape, and the server goes on."""
    answer = attack.send(url, endpoint)
    assert answer.status == attack.status
    assert "error" in answer.json
    assert MARK.encode() not in answer.body
    assert "detail" not in answer.json
    assert ask(f"{url}/v2/health/live").status == 200


@pytest.mark.parametrize("value", [b"NaN", b"-Infinity", b'"\\ud800"', b"01", b"[1,]"])
def test_what_is_ignored_is_json_all_the_same(url: str, value: bytes) -> None:
    """A field that OpenAI's clients may add and nothing reads does not excuse a broken body."""
    answer = ask(url + PATHS["moderations"], b'{"input": "a", "user": ' + value + b"}")
    assert (answer.status, answer.code) == (400, "invalid_json")


@pytest.mark.parametrize("endpoint", PATHS)
@pytest.mark.parametrize("name", ODD)
def test_an_odd_text_is_judged(url: str, name: str, endpoint: str) -> None:
    """What JSON allows is a text like any other, but that Perspective knows no empty comment."""
    answer = ask(url + PATHS[endpoint], whole(WHOLE[endpoint], ODD[name]))
    assert answer.status in ({200} if endpoint != "comments" else {200, 400})
    if answer.status == 400:
        kind = answer.json["error"]["details"][0]["errorType"]
        assert kind in {"COMMENT_EMPTY", "LANGUAGE_NOT_SUPPORTED_BY_ATTRIBUTE"}


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("POST", "/", 405),
        ("GET", "/v1/moderations", 405),
        ("DELETE", "/v1/check", 405),
        ("TRACE", "/health", 405),
        ("BREW", "/v1/redact", 405),
        ("GET", "/../../etc/passwd", 404),
        ("GET", "/v1/models/%2e%2e%2f%00zanzibar", 404),
        ("GET", "/v1/models/" + "a" * 10_000, 404),
        ("GET", "/v1/%ff%fezanzibar", 404),
        ("GET", "http://zanzibar.example/health", 404),
        ("CONNECT", "zanzibar.example:443", 404),
    ],
)
def test_an_odd_address_is_an_error_of_the_same_shape(
    url: str, method: str, path: str, status: int
) -> None:
    """Whatever is asked for, the answer is the service's own."""
    line = f"{method} {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"
    head, _, body = raw(url, line.encode()).partition(b"\r\n\r\n")
    assert int(head.split(b" ")[1]) == status
    assert set(json.loads(body)) == {"error"}
    assert MARK.encode() not in head + body


def test_an_upgrade_is_not_taken(url: str) -> None:
    """A client that wants to change the protocol gets a plain answer."""
    ask_for = b"GET /v2/health/live HTTP/1.1\r\nhost: x\r\nconnection: upgrade, close\r\n"
    assert raw(url, ask_for + b"upgrade: websocket\r\n\r\n").startswith(b"HTTP/1.1 200 ")


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="needs Linux's /proc")
def test_memory_stays_flat(url: str) -> None:
    """A second round of the large attacks needs no more memory than the first."""

    def resident() -> int:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")

    large = [attack for attack in ATTACKS if attack.status == 413 or attack.name.startswith("deep")]
    sizes = []
    for _ in range(2):
        for attack in large:
            attack.send(url, "check")
        sizes.append(resident())
    assert sizes[1] - sizes[0] < 16_000_000
