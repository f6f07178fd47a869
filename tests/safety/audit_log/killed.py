"""A server that writes and judges under load, and is killed in the middle: what its clients got."""

from __future__ import annotations

import json
import threading
import time
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import numpy as np
from tests.model.reference import loud_params
from tests.safety.api.serving import JSON, ask, command
from tests.safety.api.tiny import ASKED, CONFIG, tokenizer
from tests.safety.audit_log.conftest import KEY

from gemsieve.model.checkpoints.huggingface import Form, write_huggingface
from gemsieve.safety import Horizon
from gemsieve.safety.audit_log import Segments, Wanted, digest, search
from gemsieve.safety.units import units

POLICY = """
name = "small"
[[prompt]]
labels = "secret.*"
action = "drop"
[[output]]
labels = "secret.*"
action = "drop"
"""
STREAMS, WHOLE = 3, 2  # clients of each kind
COOL, LONGEST = 0.3, 1000
PATIENCE = 120.0  # seconds until all streams are under way


@dataclass
class Streamed:
    """One stream as a client got it, up to the last event that came whole."""

    request: str
    text: str = ""
    ended: bool = False


@dataclass
class Got:
    """All that clients got of one server, in order for each client.

    Attributes:
        came: Set as text of a stream comes.
    """

    streams: list[list[Streamed]] = field(default_factory=lambda: [[] for _ in range(STREAMS)])
    whole: list[list[str]] = field(default_factory=lambda: [[] for _ in range(WHOLE)])
    came: threading.Event = field(default_factory=threading.Event)

    @property
    def begun(self) -> int:
        """How many streams have begun to tell, and have not ended."""
        last = [mine[-1] for mine in self.streams if mine]
        return sum(bool(one.text) and not one.ended for one in last)


def prepared(folder: Path) -> list[str]:
    """Write a model, a policy and a key; return the options to serve them with a log."""
    pieces, params = tokenizer(), loud_params(CONFIG, seed=3)
    # A model that writes words without end: at a low temperature no other piece is ever drawn.
    other = [p in pieces.ends or pieces.byte(p) is not None for p in range(CONFIG.vocab_size)]
    params["embedding"][np.array(other)] = 0
    write_huggingface(folder / "model", params, Form(config=CONFIG, tokenizer=pieces))
    (folder / "key").write_text(bytes(range(32)).hex())
    (folder / "policy.toml").write_text(POLICY)
    options = {"--policy": "policy.toml", "--audit-log": "log", "--audit-key": "key"}
    said = [part for name, file in options.items() for part in (name, str(folder / file))]
    model = [
        "--model",
        str(folder / "model"),
        "--model-name",
        "tiny",
        "--rows",
        str(STREAMS),
        "--warm",
        "1",
    ]
    return [*said, *model, "--audit-text"]


def killed(options: list[str], seconds: float) -> Got:
    """Serve, ask from all sides, and kill the server when all streams are under way.

    That is so many seconds later, as the next text has just come: what is recorded after that is
    lost.
    """
    got = Got()
    with command(*options) as (url, process):
        asking = [partial(stream, url, mine, got.came) for mine in got.streams]
        asking += [partial(check, url, mine) for mine in got.whole]
        clients = [threading.Thread(target=until_it_ends, args=(one,)) for one in asking]
        for client in clients:
            client.start()
        deadline = time.monotonic() + PATIENCE
        while not (got.begun == STREAMS and all(got.whole)) and time.monotonic() < deadline:
            time.sleep(0.002)
        time.sleep(seconds)
        got.came.clear()
        got.came.wait(PATIENCE)
        process.kill()
        for client in clients:
            client.join()
    return got


def until_it_ends(one: Callable[[], None]) -> None:
    """Ask again and again, until the server is gone."""
    while True:
        try:
            one()
        except (OSError, ValueError):  # a line or an answer that was cut is a ValueError
            return


def check(url: str, mine: list[str]) -> None:
    """Have two texts judged, and note the request whose answer came."""
    answer = ask(f"{url}/v1/check", {"input": ["one", "two"]})
    assert answer.status == 200
    mine.append(answer.headers["x-request-id"])


def stream(url: str, mine: list[Streamed], came: threading.Event) -> None:
    """Have a text continued, and note what comes, event by event."""
    body = {"model": "tiny", "prompt": ASKED, "stream": True, "max_tokens": LONGEST}
    body |= {"seed": len(mine), "temperature": COOL}
    request = urllib.request.Request(f"{url}/v1/completions", json.dumps(body).encode(), JSON)  # noqa: S310
    with urllib.request.urlopen(request, timeout=60) as response:  # noqa: S310 - ours
        mine.append(one := Streamed(response.headers["x-request-id"]))
        for line in response:
            if line.startswith(b"data: {"):
                (choice,) = json.loads(line[6:])["choices"]
                one.text += choice["text"]
                one.ended = choice["finish_reason"] is not None
                came.set()
        if not one.ended:
            raise ConnectionError


def lost(folder: Path, got: Got) -> list[str]:
    """Return the requests of which a client got something that the log does not have."""
    records: dict[str, list[dict[str, str]]] = {}
    for line in search(Segments(folder), Wanted(action="keep")):
        record = json.loads(line)
        assert record["digest"] == digest(KEY, record["text"])
        records.setdefault(record["request"], []).append(record)
    streams = [one for mine in got.streams for one in mine]
    return [
        *(one for mine in got.whole for one in mine if len(records.get(one, ())) != 2),
        *(one.request for one in streams if not told(one, records.get(one.request, []))),
    ]


def told(one: Streamed, records: list[dict[str, str]]) -> bool:
    """Say whether the prompt, and each unit of a stream's text within its window, is recorded."""
    windows = [record["text"] for record in records if record["use"] == "output"]
    whole = list(units(one.text, Horizon()))
    return (
        [record["text"] for record in records if record["use"] == "prompt"] == [ASKED]
        and len(windows) >= len(whole)
        and all(
            window.startswith(unit.before + unit.text)
            for unit, window in zip(whole, windows, strict=False)
        )
    )
