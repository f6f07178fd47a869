"""More than can be answered: told to come back unread, in order, on a connection that stays."""

from __future__ import annotations

import http.client
import json
import socket
import threading
from collections.abc import Callable, Iterator

import pytest
from tests.safety.api.serving import (
    JSON,
    RULES,
    Stubborn,
    address,
    ask,
    received,
    serving,
    until_ready,
)
from tests.safety.api.test_moderations import HARASSING, HARMLESS

from gemsieve.filters import Filter
from gemsieve.safety.api import Limits, create_app

GET = b"GET /v2/health/live HTTP/1.1\r\nhost: x\r\n\r\n"
SHED = b"GET /health HTTP/1.1\r\nhost: x\r\n\r\n"


@pytest.fixture
def full(make_filter: Callable[..., Filter]) -> Iterator[tuple[str, Callable[[], None]]]:
    """A server that answers two requests at a time, and does; with what lets it end them."""
    stubborn = Stubborn(waits_on="wait")
    stubborn.loaded.set()
    app = create_app(make_filter(RULES, stubborn), limits=Limits(requests=2))
    with serving(app) as (url, _):
        until_ready(url)
        body = {"input": "wait"}
        threads = [
            threading.Thread(target=ask, args=(f"{url}/v1/moderations", body)) for _ in range(2)
        ]
        for thread in threads:
            thread.start()
            assert stubborn.begun.acquire(timeout=10)

        def end() -> None:
            stubborn.judging.set()
            for thread in threads:
                thread.join()

        yield url, end
        end()


def test_who_comes_when_all_are_busy_is_told_so_and_heard_later(
    full: tuple[str, Callable[[], None]],
) -> None:
    """A request over the bound is a 503 with a time to wait; its connection serves the next one."""
    url, end = full
    wire = http.client.HTTPConnection(*address(url), timeout=10)
    answers = []
    for _ in range(3):
        wire.request("POST", "/v1/moderations", json.dumps({"input": "a" * 9_000}), JSON)
        answer = wire.getresponse()
        answers.append((answer.status, answer.headers["retry-after"], json.load(answer)["error"]))
        kept = wire.sock
    assert [(status, wait, error["code"]) for status, wait, error in answers] == [
        (503, "1", "overloaded")
    ] * 3
    wire.request("HEAD", "/health")
    assert wire.getresponse().read() == b""
    end()
    wire.request("POST", "/v1/moderations", json.dumps({"input": "a"}), JSON)
    assert wire.getresponse().status == 200
    assert wire.sock is kept
    wire.close()
    assert b"gemsieve_shed_total 4.0" in ask(f"{url}/metrics").body


def test_a_full_server_lives_is_ready_and_refuses_in_each_shape(
    full: tuple[str, Callable[[], None]],
) -> None:
    """Probes are answered when nothing else is; Google's clients read their own kind of error."""
    url, _ = full
    assert ask(f"{url}/v2/health/live").status == 200
    assert ask(f"{url}/v2/health/ready").status == 200
    assert ask(f"{url}/metrics").status == 200
    refused = ask(f"{url}/v1alpha1/comments:analyze", {"comment": {"text": "a"}})
    assert (refused.status, refused.json["error"]["status"]) == (503, "UNAVAILABLE")


def test_requests_sent_ahead_are_answered_in_order(full: tuple[str, Callable[[], None]]) -> None:
    """What is sent without waiting is answered one after another, refusals in their place."""
    last = GET.replace(b"\r\n\r\n", b"\r\nconnection: close\r\n\r\n")
    with socket.create_connection(address(full[0]), timeout=10) as wire:
        wire.sendall(GET + SHED + GET + last)
        got = received(wire)
    assert [part[:4] for part in got.split(b"HTTP/1.1")[1:]] == [b" 200", b" 503", b" 200", b" 200"]


@pytest.mark.parametrize(
    "asked",
    [GET, GET.replace(b"host", b"connection: upgrade\r\nupgrade: h2c\r\nhost"), SHED],
    ids=["answered", "with an offer", "shed"],
)
def test_who_sends_too_far_ahead_is_cut_off(
    full: tuple[str, Callable[[], None]], asked: bytes
) -> None:
    """A client cannot have the server remember, or refuse in one go, thousands of requests."""
    with socket.create_connection(address(full[0]), timeout=10) as wire:
        wire.sendall(asked * 5_000)
        assert received(wire).count(b"HTTP/1.1 ") < 50
    assert ask(f"{full[0]}/v2/health/live").status == 200


def test_a_change_of_protocol_is_passed_over(full: tuple[str, Callable[[], None]]) -> None:
    """A client that offers HTTP/2 is answered in what it spoke, and may go on in it."""
    offer = GET.replace(b"\r\n\r\n", b"\r\nconnection: upgrade\r\nupgrade: h2c\r\n\r\n")
    last = GET.replace(b"\r\n\r\n", b"\r\nconnection: close\r\n\r\n")
    with socket.create_connection(address(full[0]), timeout=10) as wire:
        wire.sendall(offer + last)
        got = received(wire)
    assert got.count(b"HTTP/1.1 200 OK") == 2


def test_what_is_let_in_under_a_storm_is_judged_as_ever(judge: Filter) -> None:
    """Twelve clients where two may be: each request is judged rightly or refused, on one wire."""
    texts = {HARMLESS: False, HARASSING: True}
    seen: list[tuple[int, bool]] = []

    def client(url: str) -> None:
        wire = http.client.HTTPConnection(*address(url), timeout=30)
        for text, flagged in [*texts.items()] * 15:
            wire.request("POST", "/v1/moderations", json.dumps({"input": text}), JSON)
            answer = wire.getresponse()
            body = json.load(answer)
            right = answer.status != 200 or body["results"][0]["flagged"] == flagged
            seen.append((answer.status, right))
        wire.close()

    with serving(create_app(judge, limits=Limits(requests=2))) as (url, _):
        until_ready(url)
        threads = [threading.Thread(target=client, args=(url,)) for _ in range(12)]
        for thread in threads:
            thread.start()
        while any(thread.is_alive() for thread in threads):
            assert ask(f"{url}/v2/health/ready").status == 200
    assert set(seen) == {(200, True), (503, True)}
    assert len(seen) == 12 * 30
