"""A server that writes: what it refuses, who may ask, who leaves, what fails, how it stops."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import jax
import jax.numpy as jnp
import openai
import pytest
import schemathesis
from fastapi import FastAPI
from hypothesis import HealthCheck, given, settings
from hypothesis.strategies import SearchStrategy
from openai.types.chat import ChatCompletionChunk
from schemathesis.checks import CheckFunction, not_a_server_error
from schemathesis.specs.openapi.checks import positive_data_acceptance
from tests.safety.api.serving import RULES, Stubborn, ask, serving, until_ready
from tests.safety.api.test_abuse import ATTACKS, Attack
from tests.safety.api.tiny import CLEAN, HELLO, LONG, REDACTED, Running, chunks, tiny_author

from gemsieve.filters import Filter
from gemsieve.safety.api import create_app
from gemsieve.safety.units import Horizon, units


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


@pytest.mark.parametrize("streamed", [True, False])
def test_who_leaves_frees_a_row(
    chatter: openai.OpenAI, running: Running, *, streamed: bool
) -> None:
    """An answer whose reader has gone is broken off, and the row is another's."""
    engine = running.author._engine

    seen = threading.Event()

    def asked(seconds: float) -> None:
        hasty = chatter.with_options(timeout=seconds)
        asked: dict[str, Any] = {"model": "tiny", "messages": HELLO, "n": 2, "max_tokens": 1000}
        with suppress(openai.APITimeoutError):
            if streamed:
                with hasty.chat.completions.create(**asked, stream=True):
                    seen.wait(30)
            else:
                hasty.chat.completions.create(**asked)

    for seconds in (30.0,) if streamed else (0.05, 0.1, 0.2, 0.4, 0.8, 1.6):
        leaving, written = threading.Thread(target=asked, args=(seconds,)), None
        leaving.start()
        while leaving.is_alive() and not written:
            written = next((s for s in engine._streams if s), None)
            time.sleep(0.001)
        under_way = ask(f"{running.url}/metrics", headers=running.headers).body
        seen.set()
        leaving.join()
        until(lambda: running.author.under_way == 0)
        if written and b"gemsieve_written_answers 2.0" in under_way:
            break  # on a busy machine a client may leave before its answer is begun, or counted
    assert b"gemsieve_written_answers 2.0" in under_way
    assert written
    assert written.finish_reason is None, "it was not written to its end"
    assert written not in engine._streams


def until(true: Callable[[], bool]) -> None:
    """Wait for something."""
    deadline = time.monotonic() + 30
    while not true() and time.monotonic() < deadline:
        time.sleep(0.005)
    assert true()


@pytest.fixture
def stubborn(running: Running) -> Stubborn:
    """A detector that waits where the second unit of an answer to `HELLO` is judged."""
    second = list(units(running.raw(CLEAN), Horizon()))[1]
    stubborn = Stubborn(waits_on=second.window[-12:])
    stubborn.loaded.set()
    return stubborn


@contextmanager
def begun(app: FastAPI) -> Iterator[tuple[str, openai.OpenAI, openai.Stream[ChatCompletionChunk]]]:
    """Serve, and stream an answer to `HELLO` as far as its first text."""
    with serving(app) as (url, _), openai.OpenAI(base_url=f"{url}/v1", api_key="x") as client:
        until_ready(url)
        stream = client.chat.completions.create(
            model="tiny", messages=HELLO, seed=CLEAN, max_tokens=LONG, stream=True
        )
        while not next(stream).choices[0].delta.content:
            pass
        yield url, client, stream


def test_a_stream_that_fails_says_so(
    make_filter: Callable[..., Filter], stubborn: Stubborn
) -> None:
    """A model that is damaged in mid-stream ends it in an error that the client raises."""
    author, engine = tiny_author()
    app = create_app(make_filter(RULES, stubborn), author=author)
    with begun(app) as (url, client, stream):
        engine.params = jax.tree.map(lambda array: array * jnp.nan, engine.params)
        stubborn.judging.set()
        with pytest.raises(openai.APIError, match="could not be written"):
            list(stream)
        with pytest.raises(openai.InternalServerError, match="could not be written"):
            client.chat.completions.create(model="tiny", messages=HELLO)
        assert ask(f"{url}/health").status == 200, "it may have been the prompt's fault"
        engine.params = {}
        with pytest.raises(openai.InternalServerError, match="could not be written"):
            client.chat.completions.create(model="tiny", messages=HELLO)
        assert ask(f"{url}/health").status == 503
    assert author.under_way == 0


def test_a_stream_that_has_no_time_left_says_so(
    make_filter: Callable[..., Filter], stubborn: Stubborn
) -> None:
    """A server that must stop breaks its streams off with an error, not in silence."""
    author, _ = tiny_author()
    app = create_app(make_filter(RULES, stubborn), author=author)
    with begun(app) as (_, _, stream):
        app.state.service.drain(0.0)
        stubborn.judging.set()
        with pytest.raises(openai.APIError, match="about to stop"):
            list(stream)
        until(lambda: author.under_way == 0)


def test_a_model_that_cannot_write_is_never_ready(
    make_filter: Callable[..., Filter], caplog: pytest.LogCaptureFixture
) -> None:
    """The self-test of a damaged model fails, and with it the server's health."""
    author, engine = tiny_author()
    engine.params = jax.tree.map(lambda array: array * jnp.nan, engine.params)
    with serving(create_app(make_filter([]), author=author)) as (url, _):
        until(lambda: "not ready" in caplog.text)
        assert ask(f"{url}/health").status == 503
        early = ask(f"{url}/v1/completions", {"model": "tiny", "prompt": "a"})
        assert (early.status, early.code) == (503, "not_ready")


def test_the_document_names_what_is_served(running: Running) -> None:
    """Its examples are answered, and made-up requests get answers that it allows."""
    document = ask(f"{running.url}/openapi.json").json
    schema = schemathesis.openapi.from_dict(document)
    schema.config.update(base_url=running.url)
    for path in ("/v1/chat/completions", "/v1/completions"):
        content = document["paths"][path]["post"]["requestBody"]["content"]["application/json"]
        for example in content["examples"].values():
            body = {**example["value"], "model": "tiny"}
            assert ask(running.url + path, body, running.headers).status == 200
        attempt(schema[path]["POST"].as_strategy(), running)
    assert "/v1/completions" not in create_app(running.judge).openapi()["paths"]


def attempt(cases: SearchStrategy[schemathesis.Case[Any]], running: Running) -> None:
    """Send some requests to the model."""

    @settings(max_examples=3, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(case=cases)
    def sent(case: schemathesis.Case[Any]) -> None:
        if isinstance(case.body, dict):
            case.body = {**case.body, "model": "tiny", "max_tokens": 4}
        # What the schema allows may still be refused, such as turns that are no conversation.
        excluded: list[CheckFunction] = [positive_data_acceptance, not_a_server_error]
        answer = case.call_and_validate(headers=running.headers, excluded_checks=excluded)
        assert answer.status_code < 500 or answer.json()["error"]["code"] == "overloaded"

    sent()


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
