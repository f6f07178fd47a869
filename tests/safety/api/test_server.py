"""What a client can do to the server itself: be slow, be many, leave, break off, stop it."""

from __future__ import annotations

import json
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.safety.api.serving import (
    RULES,
    Answer,
    Stubborn,
    address,
    ask,
    certify,
    raw,
    received,
    serving,
    until_ready,
)

from gemsieve.filters import Filter
from gemsieve.safety.api import Limits, create_app

HASTY = Limits(
    body_bytes=100_000,
    header_seconds=0.3,
    body_seconds=0.3,
    write_seconds=0.3,
    answer_seconds=0.5,
    connections=8,
    waiting=2_000,
    threads=1,
)
POST = b"POST /v1/moderations HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n"
# A body that is a request itself.
SMUGGLED = b"%bcontent-length: 33\r\n\r\nGET /health HTTP/1.1\r\nhost: x\r\n\r\n"
Running = tuple[str, Stubborn]


@pytest.fixture(scope="module")
def hasty(make_filter: Callable[..., Filter]) -> Iterator[Running]:
    """A server without patience; texts that say `wait` are judged when the detector is let."""
    stubborn = Stubborn(waits_on="wait", fails_on="worthless")
    stubborn.loaded.set()
    with serving(create_app(make_filter(RULES, stubborn), limits=HASTY)) as (url, _):
        until_ready(url)
        yield url, stubborn
        stubborn.judging.set()


def moderate(url: str, text: str) -> Answer:
    """Have one text judged."""
    return ask(f"{url}/v1/moderations", {"input": text})


def parsed(answer: bytes) -> tuple[int, str]:
    """Return the status and code of a raw answer."""
    head, _, body = answer.partition(b"\r\n\r\n")
    return int(head.split(b" ")[1]), json.loads(body)["error"]["code"]


@pytest.mark.parametrize(
    "begun",
    [
        pytest.param([b"POST /v1/moder"], id="half a request line"),
        pytest.param([POST], id="half a header"),
        pytest.param([b"GET /health HTTP/1.1\r\nx: ", *[b"T"] * 9], id="a header byte by byte"),
        pytest.param([POST, b"content-length: 99\r\n\r\n{"], id="half a body"),
        pytest.param([POST, b"transfer-encoding: chunked\r\n\r\n", b"5\r\n{"], id="half a chunk"),
        pytest.param([POST, b"content-length: 99\r\n\r\n", *[b" "] * 9], id="a body byte by byte"),
    ],
)
def test_what_is_begun_and_not_ended_is_cut_at_a_deadline(
    hasty: Running, begun: list[bytes]
) -> None:
    """A slow header or body is answered with 408 and its connection closed, drip by drip or not."""
    start = time.monotonic()
    answer = raw(hasty[0], *begun, pause=0.06)
    assert time.monotonic() - start < 10, "uvicorn alone would wait for ever"
    assert parsed(answer) == (408, "request_timeout")


def test_who_begins_tls_and_says_no_more_is_cut_off(
    make_filter: Callable[..., Filter], tmp_path: Path
) -> None:
    """A handshake has as long as a header; the loop alone would wait a minute."""
    certificate, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    certify(certificate, key)
    stubborn = Stubborn()
    stubborn.loaded.set()
    app = create_app(make_filter(RULES, stubborn), limits=HASTY)
    with serving(app, certificate=certificate, key=key) as (url, _):
        start = time.monotonic()
        with socket.create_connection(address(url), timeout=30) as wire:
            assert received(wire) == b""
        assert time.monotonic() - start < 10


def test_a_body_that_comes_after_its_refusal_is_not_waited_for(hasty: Running) -> None:
    """A client that is told 404 and goes on sending its body is cut off too."""
    start = time.monotonic()
    head = b"POST /nothing HTTP/1.1\r\nhost: x\r\ncontent-length: 99\r\n\r\n"
    assert parsed(raw(hasty[0], head, *[b" "] * 9, pause=0.06)) == (404, "not_found")
    assert time.monotonic() - start < 10


@pytest.mark.parametrize(
    ("begun", "more"),
    [(b"1;", b"x" * 10_000), (b"0\r\nx: ", b"y" * 10_000), (b"0\r\n", b"x: y\r\n" * 1_700)],
    ids=["an extension", "a trailer", "trailers"],
)
def test_what_is_no_byte_of_a_body_is_bounded_as_a_header_is(
    hasty: Running, begun: bytes, more: bytes
) -> None:
    """Extensions of chunks and fields behind the last are no way to fill the memory."""
    head = POST + b"transfer-encoding: chunked\r\n\r\n1\r\n{\r\n" + begun
    assert parsed(raw(hasty[0], head, *[more] * 8, pause=0.06)) == (400, "invalid_http")


def test_who_does_not_take_the_answer_is_cut_off(hasty: Running) -> None:
    """A client that asks without end and reads nothing does not keep its connection."""
    with (
        socket.create_connection(address(hasty[0]), timeout=10) as wire,
        pytest.raises(ConnectionError),
    ):
        insist(wire)


def insist(wire: socket.socket) -> None:
    """Ask and ask for something long."""
    for _ in range(200):
        wire.sendall(b"GET /openapi.json HTTP/1.1\r\nhost: x\r\n\r\n" * 8)
        time.sleep(0.1)


@pytest.mark.parametrize(
    "sent",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 hello\r\n\r\n",
        b"GET /health HTTP/1.1\r\nhost: x\r\nhost: y\r\n\r\n",
        b"GET /health HTTP/1.1\r\n\r\n",
        b"GET /health HTTP/2.0\r\nhost: x\r\n\r\n",
        b"GET /health HTTP/1.1\r\nhost: x\r\nx: " + b"a" * 100_000,
        b"GET /health HTTP/1.1\r\nhost: x\r\nx: " + b"a" * 17_000 + b"\r\n\r\n",
        POST + b"content-length: 5\r\ncontent-length: 6\r\n\r\n{}",
        POST + b"content-length: -1\r\n\r\n{}",
        POST + b"transfer-encoding: chunked\r\n\r\nZZ\r\n{}",
        POST + b"transfer-encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        POST + b"transfer-encoding: chunked\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
        POST + SMUGGLED % b"connection: upgrade\r\nupgrade: x\r\n",
        SMUGGLED.replace(b"%b", b"CONNECT x:1 HTTP/1.1\r\nhost: x\r\n"),
    ],
    ids=[
        "tls",
        "two hosts",
        "no host",
        "another version",
        "a long header",
        "a long header that ends",
        "two lengths",
        "a negative length",
        "no chunk",
        "a coding we have not",
        "two codings",
        "an upgrade with a body",
        "a connect with a body",
    ],
)
def test_what_is_no_http_is_answered_in_the_same_shape(hasty: Running, sent: bytes) -> None:
    """A request that HTTP does not allow is a 400 of the service's own, and the end."""
    assert parsed(raw(hasty[0], sent)) == (400, "invalid_http")


def test_too_many_connections_are_told_to_come_back(hasty: Running) -> None:
    """Beyond the bound a request is a 503 with a time to wait, and room is found again later."""
    idle = [socket.create_connection(address(hasty[0])) for _ in range(8)]
    with socket.create_connection(address(hasty[0]), timeout=10) as late:
        late.sendall(b"GET /health HTTP/1.1\r\nhost: x\r\n\r\n")
        answer = received(late)
    assert parsed(answer) == (503, "overloaded")
    assert b"retry-after: 1" in answer
    assert ask(f"{hasty[0]}/v2/health/live").status == 200, "a supervisor must not restart it"
    for wire in idle:
        wire.close()
    time.sleep(0.05)
    assert ask(f"{hasty[0]}/health").status == 200


def test_a_full_queue_sheds_and_a_long_wait_ends(hasty: Running) -> None:
    """What does not fit is told to come back at once; what is not judged in time, then."""
    url, stubborn = hasty
    answers: list[Answer] = []
    waiting = [
        threading.Thread(target=lambda: answers.append(moderate(url, "wait " * 100)))
        for _ in range(3)
    ]
    waiting[0].start()
    assert stubborn.begun.acquire(timeout=10)
    for thread in waiting[1:]:
        thread.start()
    while b"gemsieve_waiting_characters 1400.0" not in ask(f"{url}/metrics").body:
        time.sleep(0.01)
    shed = moderate(url, "a" * 500)
    assert (shed.status, shed.code) == (503, "overloaded")
    assert shed.headers["retry-after"] == "1"
    assert shed.headers["x-should-retry"] == "true"
    for thread in waiting:
        thread.join()
    assert [(a.status, a.code) for a in answers] == [(503, "overloaded")] * 3
    assert ask(f"{url}/v2/health/ready").code == "stalled", "nothing has been judged for so long"
    stubborn.judging.set()
    assert moderate(url, "Once more.").status == 200
    assert ask(f"{url}/v2/health/ready").status == 200
    stubborn.judging.clear()


def test_who_has_left_is_not_judged_for(hasty: Running) -> None:
    """A request whose client leaves while it waits never reaches the detector."""
    url, stubborn = hasty
    body = b'{"input": ["one", "two", "three"]}'
    blocked = threading.Thread(target=moderate, args=(url, "wait"))
    blocked.start()
    assert stubborn.begun.acquire(timeout=10)
    del stubborn.batches[:]
    with socket.create_connection(address(url)) as leaving:
        leaving.sendall(POST + b"content-length: %d\r\n\r\n" % len(body) + body)
        while b"gemsieve_waiting_characters 0.0" in ask(f"{url}/metrics").body:
            time.sleep(0.01)
    while b'endpoint="/v1/moderations",status="400"' not in ask(f"{url}/metrics").body:
        time.sleep(0.01)
    stubborn.judging.set()
    blocked.join()
    assert moderate(url, "Once more.").status == 200
    assert 3 not in stubborn.batches
    stubborn.judging.clear()


def test_what_waits_together_is_judged_together(hasty: Running) -> None:
    """Requests that come while a batch is judged share the next call, and fail one by one."""
    url, stubborn = hasty
    blocked = threading.Thread(target=moderate, args=(url, "wait"))
    blocked.start()
    assert stubborn.begun.acquire(timeout=10)
    del stubborn.batches[:]
    answers: dict[str, Answer] = {}

    def judged(text: str) -> None:
        answers[text] = moderate(url, text)

    threads = [threading.Thread(target=judged, args=(t,)) for t in ("a", "b", "worthless", "c")]
    for thread in threads:
        thread.start()
    while b"gemsieve_waiting_characters 812.0" not in ask(f"{url}/metrics").body:
        time.sleep(0.01)
    stubborn.judging.set()
    for thread in (blocked, *threads):
        thread.join()
    stubborn.judging.clear()
    assert stubborn.batches[0] == 4
    assert {text: answer.status for text, answer in answers.items()} == {
        "a": 200,
        "b": 200,
        "c": 200,
        "worthless": 500,
    }
    failed = answers["worthless"]
    assert (failed.code, failed.headers["x-should-retry"]) == ("not_judged", "false")


def test_a_server_that_stops_says_so_first(make_filter: Callable[..., Filter]) -> None:
    """Told to stop it is not ready, still answers, then closes its door and ends what it began."""
    stubborn = Stubborn(waits_on="wait")
    stubborn.loaded.set()
    with serving(create_app(make_filter(RULES, stubborn)), drain=0.5) as (url, server):
        until_ready(url)
        answers: list[Answer] = []
        begun = threading.Thread(target=lambda: answers.append(moderate(url, "wait")))
        begun.start()
        assert stubborn.begun.acquire(timeout=10)
        server.handle_exit(signal.SIGTERM, None)
        assert ask(f"{url}/v2/health/ready").code == "draining"
        assert ask(f"{url}/v2/health/live").status == 200
        assert moderate(url, "It still answers.").status == 200
        until_closed(url)
        stubborn.judging.set()
        begun.join()
        assert answers[0].status == 200


def until_closed(url: str) -> None:
    """Wait until nobody listens."""
    while True:
        try:
            socket.create_connection(address(url)).close()
        except ConnectionRefusedError:
            return
        time.sleep(0.02)
