"""Who may ask, how often, and from where."""

from __future__ import annotations

import json
import socket
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import openai
import pytest
from tests.safety.api.serving import (
    RULES,
    Stubborn,
    address,
    ask,
    received,
    serving,
    until_ready,
)

from gemsieve.filters import Filter
from gemsieve.safety.api import Access, create_app
from gemsieve.safety.keys import Keyring, create, revoke

TEXT = {"input": "The ferry leaves at nine."}
PLACES = ("/v1/moderations", "/v1/check", "/v1/redact", "/v1/models", "/v1alpha1/comments:analyze")


@dataclass(frozen=True)
class Locked:
    """A server that asks for keys, and some of them."""

    url: str
    file: Path
    judge: str
    metrics: str


@pytest.fixture(scope="module")
def locked(
    make_filter: Callable[..., Filter], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Locked]:
    """A server with a file of keys; one key may ask three times an hour."""
    file = tmp_path_factory.mktemp("keys") / "keys.json"
    _, judge = create(file, "app", ["judge"])
    _, metrics = create(file, "prometheus", ["metrics"])
    stubborn = Stubborn()
    stubborn.loaded.set()
    access = Access(Keyring(file), rate="1000/minute")
    app = create_app(make_filter(RULES, stubborn), access=access, origins=["https://ours.example"])
    with serving(app) as (url, _):
        until_ready(url)
        yield Locked(url, file, judge, metrics)


def bearer(key: str) -> dict[str, str]:
    """Return the header with a key."""
    return {"authorization": f"Bearer {key}"}


@pytest.mark.parametrize("path", PLACES)
def test_no_key_no_answer(locked: Locked, path: str) -> None:
    """Without a key, with a wrong one and with half of one it is 401, whatever the body."""
    wrong = locked.judge[:-1] + ("A" if locked.judge[-1] != "A" else "B")
    for headers in (
        {},
        bearer(wrong),
        bearer(locked.judge[:20]),
        bearer("-"),
        {"authorization": "x"},
    ):
        answer = ask(locked.url + path, None if path == "/v1/models" else b"{", headers)
        assert (answer.status, answer.headers["www-authenticate"]) == (401, "Bearer")


def test_a_key_is_good_for_its_scopes_alone(locked: Locked) -> None:
    """A key that judges reads no metrics, and the other way round; health needs none."""
    for key, moderations, metrics in [(locked.judge, 200, 403), (locked.metrics, 403, 200)]:
        assert ask(f"{locked.url}/v1/moderations", TEXT, bearer(key)).status == moderations
        assert ask(f"{locked.url}/metrics", None, bearer(key)).status == metrics
    assert ask(f"{locked.url}/health").status == 200


def test_google_clients_send_their_keys_their_way(locked: Locked) -> None:
    """A key is taken from `x-goog-api-key` and from the address."""
    path = f"{locked.url}/v1/moderations"
    assert ask(path, TEXT, {"x-goog-api-key": locked.judge}).status == 200
    assert ask(f"{path}?key={locked.judge}", TEXT).status == 200


def test_the_official_client_sees_its_own_errors(locked: Locked) -> None:
    """A wrong key is the client's AuthenticationError, a missing scope PermissionDeniedError."""
    for key, error in [
        ("none", openai.AuthenticationError),
        (locked.metrics, openai.PermissionDeniedError),
    ]:
        with (
            openai.OpenAI(base_url=f"{locked.url}/v1", api_key=key) as client,
            pytest.raises(error),
        ):
            client.moderations.create(input="a")


def test_who_has_no_key_need_not_send_a_body(locked: Locked) -> None:
    """The answer comes before the body does: nobody unknown makes the server read."""
    head = b"POST /v1/moderations HTTP/1.1\r\nhost: x\r\nconnection: close\r\n"
    with socket.create_connection(address(locked.url), timeout=10) as wire:
        wire.sendall(head + b"content-length: 3000000\r\n\r\n")
        assert received(wire).startswith(b"HTTP/1.1 401 ")


def test_a_revoked_key_is_refused_at_once(locked: Locked) -> None:
    """A running server sees what the command did to the file."""
    _, words = create(locked.file, "short", ["judge"])
    assert ask(f"{locked.url}/v1/moderations", TEXT, bearer(words)).status == 200
    revoke(locked.file, "short")
    assert ask(f"{locked.url}/v1/moderations", TEXT, bearer(words)).code == "invalid_api_key"


def test_a_file_of_keys_that_breaks_lets_nobody_in(locked: Locked) -> None:
    """Where keys cannot be read the answer is 503, not open doors."""
    good = locked.file.read_text()
    locked.file.write_text("{")
    assert ask(f"{locked.url}/v1/models", None, bearer(locked.judge)).code == "keys_unavailable"
    locked.file.write_text(good)
    assert ask(f"{locked.url}/v1/models", None, bearer(locked.judge)).status == 200


def test_a_rate_is_kept_exactly_and_for_each_key(locked: Locked) -> None:
    """A key's fourth request of three is 429, with the time to wait; another key's is not."""
    _, words = create(locked.file, "slow", ["judge"], rate="3/hour")
    seen = [ask(f"{locked.url}/v1/models", None, bearer(words)) for _ in range(4)]
    assert [answer.status for answer in seen] == [200, 200, 200, 429]
    assert seen[3].code == "rate_limit_exceeded"
    assert 3500 < int(seen[3].headers["retry-after"]) <= 3600
    assert ask(f"{locked.url}/v1/models", None, bearer(locked.judge)).status == 200


def test_pages_of_other_origins_are_refused_unless_named(locked: Locked, url: str) -> None:
    """The named origin may read answers; another may not; a server without names lets none."""
    for place, origin, allowed in [
        (locked.url, "https://ours.example", "https://ours.example"),
        (locked.url, "https://theirs.example", None),
        (url, "https://ours.example", None),
    ]:
        answer = ask(f"{place}/v2/health/live", None, {"origin": origin})
        assert answer.headers.get("access-control-allow-origin") == allowed


def test_clients_of_pages_may_send_the_headers_they_send(locked: Locked) -> None:
    """Keys as OpenAI's and Google's send them, and what they say of themselves."""
    wanted = "authorization,content-type,x-goog-api-key,x-stainless-lang"
    line = urllib.request.Request(  # noqa: S310
        f"{locked.url}/v1/moderations",
        method="OPTIONS",
        headers={
            "origin": "https://ours.example",
            "access-control-request-method": "POST",
            "access-control-request-headers": wanted,
        },
    )
    with urllib.request.urlopen(line) as answer:  # noqa: S310
        assert answer.headers["access-control-allow-headers"] == wanted


def test_a_file_of_keys_holds_no_key(locked: Locked) -> None:
    """What is kept is a digest, readable by its owner alone."""
    text = locked.file.read_text()
    assert locked.judge not in text
    assert locked.judge.split("-", 2)[2] not in text
    assert locked.file.stat().st_mode & 0o077 == 0
    assert {key["name"] for key in json.loads(text)["keys"]} >= {"app", "prometheus"}


def test_rates_that_cannot_be_counted_admit_nobody(make_filter: Callable[..., Filter]) -> None:
    """A store of rates that does not answer is a 503."""
    stubborn = Stubborn()
    stubborn.loaded.set()
    access = Access(rate="3/hour", store="redis://127.0.0.1:1")
    with serving(create_app(make_filter(RULES, stubborn), access=access)) as (url, _):
        until_ready(url)
        assert ask(f"{url}/v1/models").code == "rates_unavailable"
