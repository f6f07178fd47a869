"""The service, over a real socket, through the official client."""

from __future__ import annotations

import json
import logging
import re
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import openai
import pytest
import uvicorn
from openai.types import ModerationImageURLInputParam, ModerationTextInputParam

from gemsieve.filters import Batch, Filter, Finding, Labels, load_filter
from gemsieve.safety.api import MAX_BODY_BYTES, create_app
from gemsieve.safety.moderation import CATEGORIES

HARMLESS = "The ferry leaves at nine from the old pier."
HARASSING = "You are a worthless idiot and everybody hates you."


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """A running server under the shipped policy."""
    command = [sys.executable, "-m", "gemsieve.cli", "serve", "--port", "0"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as server:
        assert server.stderr
        told = re.search(r"http://127\.0\.0\.1:\d+", server.stderr.readline())
        assert told
        base = told.group()
        until_ready(base)
        yield base
        server.terminate()
        _, errors = server.communicate(timeout=30)
    assert errors == "", "nothing is worth a line here, least of all a text"


def until_ready(url: str) -> None:
    """Wait until the models are loaded; nothing but 503 may be said before."""
    deadline = time.monotonic() + 120
    while (seen := status(f"{url}/healthz")) != 200 and time.monotonic() < deadline:
        assert seen == 503
        time.sleep(0.02)
    assert seen == 200


@contextmanager
def serving(judge: Filter) -> Iterator[str]:
    """Serve a filter from this process."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        config = uvicorn.Config(create_app(judge), log_level="warning", ws="none")
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()


@dataclass(frozen=True)
class Stubborn:
    """Loads when it is let, and fails where it is told."""

    loaded: threading.Event = field(default_factory=threading.Event)
    setup_fails: bool = False
    fails_on: str | None = None
    name: str = "stubborn"
    version: str = "1"
    weights: str = ""
    needs: tuple[str, ...] = ()
    labels: Labels = field(default=Labels(events=frozenset({"harm.any"})))

    def setup(self) -> None:
        """Wait, then fail or not."""
        self.loaded.wait(30)
        if self.setup_fails:
            raise FileNotFoundError("the weights are not there")

    def __call__(self, batch: Batch) -> list[list[Finding]]:
        """Find nothing, or fail with the text in hand."""
        for text in batch.texts:
            if self.fails_on is not None and self.fails_on in text:
                raise RuntimeError(text)
        return [[] for _ in batch.texts]


RULES = [{"labels": "harm.any", "action": "drop"}]


def status(address: str) -> int:
    """Return the status of a GET; 0 when nobody listens."""
    try:
        with urllib.request.urlopen(address) as response:  # noqa: S310  # our own server
            return int(response.status)
    except urllib.error.HTTPError as error:
        return error.code
    except urllib.error.URLError:
        return 0


@pytest.fixture(scope="module")
def client(url: str) -> Iterator[openai.OpenAI]:
    """The official client, unmodified."""
    with openai.OpenAI(base_url=f"{url}/v1", api_key="unused", max_retries=0) as client:
        yield client


def test_a_text_is_judged(client: openai.OpenAI) -> None:
    """An insult is flagged as harassment and a plain sentence is not."""
    result = client.moderations.create(input=HARASSING, model="omni-moderation-latest").results[0]
    assert result.flagged
    assert result.categories.harassment
    assert result.category_scores.harassment > 0.5
    assert result.category_applied_input_types.harassment == ["text"]
    calm = client.moderations.create(input=HARMLESS).results[0]
    assert not calm.flagged
    assert calm.category_scores.harassment < 0.5


def test_what_no_detector_computes_is_false_zero_and_applied_to_nothing(
    client: openai.OpenAI,
) -> None:
    """All of OpenAI's categories are there; those without a detector are never approximated."""
    result = client.moderations.create(input=HARASSING).results[0]
    categories = result.categories.model_dump(by_alias=True)
    scores = result.category_scores.model_dump(by_alias=True)
    applied = result.category_applied_input_types.model_dump(by_alias=True)
    assert set(categories) == set(scores) == set(applied) == set(CATEGORIES)
    for name, label in CATEGORIES.items():
        if label is None:
            assert (categories[name], scores[name], applied[name]) == (False, 0.0, [])


def test_results_are_in_the_order_of_the_inputs(client: openai.OpenAI) -> None:
    """An array has a result for each text; the parts of a content array have one together."""
    many = client.moderations.create(input=[HARMLESS, HARASSING, ""])
    assert [result.flagged for result in many.results] == [False, True, False]
    content: list[ModerationTextInputParam] = [
        {"type": "text", "text": HARMLESS},
        {"type": "text", "text": HARASSING},
    ]
    parts = client.moderations.create(input=content)
    assert [result.flagged for result in parts.results] == [True]


def test_personal_data_alone_is_not_flagged(client: openai.OpenAI) -> None:
    """The shipped policy redacts an address, and what may pass redacted is not flagged."""
    result = client.moderations.create(input="Write to jane.doe@example.com, please.").results[0]
    assert not result.flagged


def test_an_image_is_refused_clearly(client: openai.OpenAI) -> None:
    """An image part is a 400 that names the parameter."""
    image: ModerationImageURLInputParam = {
        "type": "image_url",
        "image_url": {"url": "data:image/png;base64,AAAA"},
    }
    with pytest.raises(openai.BadRequestError) as caught:
        client.moderations.create(input=[image])
    assert (caught.value.param, caught.value.code) == ("input", "image_unsupported")


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"{", 400),
        (b'{"input": "\xff"}', 400),
        (b'{"input": "\\ud800"}', 400),
        (b'{"input": NaN}', 400),
        (b'{"input": "a", "user": NaN}', 400),
        (b'{"input": [{"type": "text", "text": "a", "mood": 1}]}', 400),
        (b'{"input": 5}', 400),
        (b'{"input": []}', 400),
        (b'{"input": ["a", 5]}', 400),
        (b'{"input": "a", "model": 5}', 400),
        (b"{}", 400),
        (b"[" * 100_000, 400),
        (json.dumps({"input": ["a"] * 1025}).encode(), 400),
        (json.dumps({"input": "a" * MAX_BODY_BYTES}).encode(), 413),
    ],
)
def test_bad_requests_have_openais_error_shape(url: str, body: bytes, expected: int) -> None:
    """Whatever is wrong is told under `error`, with a code, and without the text."""
    request = urllib.request.Request(f"{url}/v1/moderations", body)  # noqa: S310  # our own server
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(request)  # noqa: S310
    with caught.value as response:
        answer = json.loads(response.read())
    assert response.code == expected
    assert set(answer) == {"error"}
    assert set(answer["error"]) == {"message", "type", "param", "code"}
    assert answer["error"]["type"] == "invalid_request_error"
    assert answer["error"]["code"]


def test_an_unknown_path_is_an_error_of_the_same_shape(url: str) -> None:
    """404 and 405 answer as everything else does."""
    for path, expected, code in (
        ("/v2/nothing", 404, "not_found"),
        ("/v1/moderations", 405, "method_not_allowed"),
    ):
        with pytest.raises(urllib.error.HTTPError) as caught:
            urllib.request.urlopen(url + path)  # noqa: S310  # our own server
        with caught.value as response:
            assert json.loads(response.read())["error"]["code"] == code
        assert response.code == expected


def test_a_client_that_leaves_does_no_harm(url: str, client: openai.OpenAI) -> None:
    """Half a request is forgotten (the fixture asserts that nothing is logged) and work goes on."""
    host, port = url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port))) as leaving:
        leaving.sendall(b"POST /v1/moderations HTTP/1.1\r\nHost: x\r\nContent-Length: 99\r\n\r\n{")
    assert not client.moderations.create(input=HARMLESS).results[0].flagged


def test_nothing_is_answered_before_the_models_are_loaded(
    make_filter: Callable[..., Filter],
) -> None:
    """Both endpoints say 503 while a model loads, and 200 after."""
    stubborn = Stubborn()
    with serving(make_filter(RULES, stubborn)) as url:
        client = openai.OpenAI(base_url=f"{url}/v1", api_key="unused", max_retries=0)
        assert status(f"{url}/healthz") == 503
        with client, pytest.raises(openai.InternalServerError) as caught:
            client.moderations.create(input=HARMLESS)
        assert (caught.value.status_code, caught.value.code) == (503, "not_ready")
        stubborn.loaded.set()
        until_ready(url)


@pytest.mark.parametrize("stubborn", [Stubborn(setup_fails=True), Stubborn(fails_on="")])
def test_a_service_that_fails_its_self_test_is_never_ready(
    stubborn: Stubborn, make_filter: Callable[..., Filter], caplog: pytest.LogCaptureFixture
) -> None:
    """A model that does not load, or a detector that fails, leaves 503 and a line in the log."""
    stubborn.loaded.set()
    with caplog.at_level(logging.ERROR), serving(make_filter(RULES, stubborn)) as url:
        deadline = time.monotonic() + 30
        while "not ready" not in caplog.text and time.monotonic() < deadline:
            time.sleep(0.01)
        assert status(f"{url}/healthz") == 503
    assert "not ready" in caplog.text


def test_what_cannot_be_judged_is_an_error_and_no_text_is_logged(
    make_filter: Callable[..., Filter], caplog: pytest.LogCaptureFixture
) -> None:
    """A detector that fails on a text gives 500, never a clean result, and not to be retried."""
    stubborn = Stubborn(fails_on="worthless")
    stubborn.loaded.set()
    with caplog.at_level(logging.DEBUG), serving(make_filter(RULES, stubborn)) as url:
        until_ready(url)
        client = openai.OpenAI(base_url=f"{url}/v1", api_key="unused", max_retries=2)
        with client, pytest.raises(openai.InternalServerError) as caught:
            client.moderations.create(input=[HARMLESS, HARASSING])
        assert caught.value.code == "not_judged"
        assert caught.value.response.headers["x-should-retry"] == "false"
    own = [record.getMessage() for record in caplog.records if record.name.startswith("gemsieve")]
    assert own == ["an input was not judged: NotJudgedError"]


def test_the_openapi_document_is_whole() -> None:
    """Every reference in it leads somewhere, and the three forms of input are there."""
    document = create_app(load_filter()).openapi()
    for reference in re.findall(r'"\$ref": "#/([^"]+)"', json.dumps(document)):
        place = document
        for key in reference.split("/"):
            place = place[key]
    content = document["paths"]["/v1/moderations"]["post"]["requestBody"]["content"]
    assert len(content["application/json"]["schema"]["properties"]["input"]["anyOf"]) == 3
