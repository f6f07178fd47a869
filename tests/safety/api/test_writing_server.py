"""A server that writes: what it refuses, who may ask, who leaves, what fails, how it stops."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import openai
import pytest
from tests.safety.api.serving import ask, serving, until_ready
from tests.safety.api.test_abuse import ATTACKS, Attack
from tests.safety.api.tiny import CLEAN, HELLO, LONG, REDACTED, Running, chunks, tiny_author

from gemsieve.filters import Filter
from gemsieve.safety.api import create_app


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"model": "gpt-4o"}, 404, "model_not_found"),
        ({"frequency_penalty": 0.5}, 400, "unsupported_parameter"),
        (
            {"tools": [{"type": "function", "function": {"name": "f"}}]},
            400,
            "unsupported_parameter",
        ),
        ({"temperature": 3}, 400, "invalid_type"),
        ({"max_tokens": 0}, 400, "invalid_type"),
        ({"stop": ""}, 400, "empty_string"),
        ({"messages": []}, 400, "empty_array"),
        ({"messages": [{"role": "assistant", "content": "zanzibar"}]}, 400, "invalid_prompt"),
        ({"messages": [{"role": "user", "content": "a " * 9000}]}, 400, "invalid_prompt"),
        ({"n": 4}, 503, "overloaded"),
    ],
)
def test_what_cannot_be_done_is_refused(
    running: Running, change: dict[str, Any], status: int, code: str
) -> None:
    """Before anything is written, streamed or not, with a code to act on."""
    for stream in (False, True):
        body = {"model": "tiny", "messages": HELLO, "stream": stream, **change}
        answer = ask(f"{running.url}/v1/chat/completions", body, running.headers)
        assert (answer.status, answer.code) == (status, code)
        assert b"zanzibar" not in answer.body
    assert running.author.under_way == 0


def test_an_image_is_refused(chatter: openai.OpenAI) -> None:
    """As at the other endpoints."""
    image: Any = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}
    with pytest.raises(openai.BadRequestError) as caught:
        chatter.chat.completions.create(
            model="tiny", messages=[{"role": "user", "content": [image]}]
        )
    assert caught.value.code == "image_unsupported"


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.name)
def test_an_attack_gets_its_code(running: Running, attack: Attack) -> None:
    """Hostile bodies are refused as elsewhere, by both endpoints."""
    for path, whole in (
        ("/v1/chat/completions", {"model": "tiny", "messages": [{"role": "user", "content": "@"}]}),
        ("/v1/completions", {"model": "tiny", "prompt": "@"}),
    ):
        answer = attack.sent(running.url + path, whole, running.headers)
        assert answer.status == attack.status
        assert b"zanzibar" not in answer.body


def test_a_key_needs_the_scope_to_have_answers_written(running: Running) -> None:
    """One that is good for judging alone is refused."""
    for path in ("/v1/chat/completions", "/v1/completions"):
        answer = ask(running.url + path, {}, {"authorization": f"Bearer {running.other_key}"})
        assert (answer.status, answer.code) == (403, "insufficient_scope")


def test_a_stream_shows_that_it_goes_on(running: Running) -> None:
    """While text is held back comments come, which clients pass over; the end is marked."""
    body = {"model": "tiny", "messages": HELLO, "seed": CLEAN, "max_tokens": LONG, "stream": True}
    answer = ask(f"{running.url}/v1/chat/completions", body, running.headers)
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert b": goes on\n\n" in answer.body
    assert answer.body.endswith(b"data: [DONE]\n\n")


def test_what_is_decided_is_recorded(chatter: openai.OpenAI, running: Running) -> None:
    """Messages and windows of an answer reach those who are told of verdicts, with the caller."""
    del running.records[:]
    chunks(chatter, REDACTED)
    uses = [record.use for record in running.records]
    assert uses[0] == "prompt"
    assert set(uses[1:]) == {"output"}
    assert {record.caller.endpoint for record in running.records} == {"/v1/chat/completions"}
    assert ("pii.word",) in [v.reasons for r in running.records for v in r.verdicts]


def test_the_model_is_listed(chatter: openai.OpenAI) -> None:
    """Beside what judges."""
    assert [model.id for model in chatter.models.list()][2:] == ["tiny"]


def test_who_leaves_frees_a_row(chatter: openai.OpenAI, running: Running) -> None:
    """An answer whose reader has gone is broken off, and the row is another's."""
    engine = running.author._engine
    stream = chatter.chat.completions.create(
        model="tiny", messages=HELLO, stream=True, max_tokens=1000
    )
    next(stream)
    while not (written := next((s for s in engine._streams if s), None)):
        time.sleep(0.001)
    stream.close()
    until(lambda: running.author.under_way == 0)
    assert written.finish_reason is None, "it was not written to its end"
    assert written not in engine._streams


def until(true: Callable[[], bool]) -> None:
    """Wait for something."""
    deadline = time.monotonic() + 30
    while not true() and time.monotonic() < deadline:
        time.sleep(0.005)
    assert true()


def test_a_stream_that_fails_says_so(
    make_filter: Callable[..., Filter],
) -> None:
    """A damaged model and a server about to stop end in an error that the client raises."""
    author, engine = tiny_author()
    app = create_app(make_filter([]), author=author)
    with serving(app) as (url, _), openai.OpenAI(base_url=f"{url}/v1", api_key="x") as client:
        until_ready(url)
        params = engine.params
        engine.params = jax.tree.map(lambda array: array * jnp.nan, params)
        with pytest.raises(openai.APIError, match="could not be written"):
            chunks(client, CLEAN)
        with pytest.raises(openai.InternalServerError, match="could not be written"):
            client.with_options(max_retries=0).chat.completions.create(model="tiny", messages=HELLO)
        engine.params = params
        app.state.service.drain(0.0)
        with pytest.raises(openai.APIError, match="about to stop"):
            chunks(client, CLEAN)
        app.state.service.drain()
        until(lambda: author.under_way == 0)
        engine.params = {}
        with pytest.raises(openai.APIError, match="could not be written"):
            client.with_options(max_retries=0).chat.completions.create(model="tiny", messages=HELLO)
        assert ask(f"{url}/health").status == 503


def test_a_server_that_stops_ends_its_streams(
    make_filter: Callable[..., Filter],
) -> None:
    """Told to stop while an answer is written, it writes that to its end."""
    author, _ = tiny_author()
    with (
        serving(create_app(make_filter([]), author=author)) as (url, server),
        openai.OpenAI(base_url=f"{url}/v1", api_key="x") as client,
    ):
        until_ready(url)
        stream = client.chat.completions.create(
            model="tiny", messages=HELLO, stream=True, max_tokens=LONG
        )
        next(stream)
        server.handle_exit(signal.SIGTERM, None)
        assert list(stream)[-1].choices[0].finish_reason == "length"
    assert author.under_way == 0
