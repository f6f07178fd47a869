"""The service, over a real socket, through the official client."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator

import openai
import pytest

from gemsieve.safety.api import CATEGORIES, MAX_BODY_BYTES

HARMLESS = "The ferry leaves at nine from the old pier."
HARASSING = "You are a worthless idiot and everybody hates you."


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """A running server under the shipped policy."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "gemsieve.cli", "serve", "--port", str(port)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as server:
        base = f"http://127.0.0.1:{port}"
        seen = {status(f"{base}/healthz")}
        deadline = time.monotonic() + 120
        while 200 not in seen and server.poll() is None and time.monotonic() < deadline:
            time.sleep(0.02)
            seen.add(status(f"{base}/healthz"))
        assert 200 in seen
        assert seen <= {0, 503, 200}, "ready before the models were, or an error"
        yield base
        server.terminate()
        _, errors = server.communicate(timeout=30)
    assert "ferry" not in errors
    assert "worthless" not in errors


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
    parts = client.moderations.create(
        input=[{"type": "text", "text": HARMLESS}, {"type": "text", "text": HARASSING}]
    )
    assert [result.flagged for result in parts.results] == [True]


def test_personal_data_alone_is_not_flagged(client: openai.OpenAI) -> None:
    """The shipped policy redacts an address, and what may pass redacted is not flagged."""
    result = client.moderations.create(input="Write to jane.doe@example.com, please.").results[0]
    assert not result.flagged


def test_an_image_is_refused_clearly(client: openai.OpenAI) -> None:
    """An image part is a 400 that names the parameter."""
    with pytest.raises(openai.BadRequestError) as caught:
        client.moderations.create(
            input=[{"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}]
        )
    assert (caught.value.param, caught.value.code) == ("input", "image_unsupported")


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"{", 400),
        (b'{"input": "\xff"}', 400),
        (b'{"input": "\\ud800"}', 400),
        (b'{"input": NaN}', 400),
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
    for path, expected in (("/v2/nothing", 404), ("/v1/moderations", 405)):
        with pytest.raises(urllib.error.HTTPError) as caught:
            urllib.request.urlopen(url + path)  # noqa: S310  # our own server
        with caught.value as response:
            assert set(json.loads(response.read())) == {"error"}
        assert response.code == expected
