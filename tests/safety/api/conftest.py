"""One server under the shipped policy for all tests of the API, in a process of its own."""

from __future__ import annotations

from collections.abc import Iterator

import openai
import pytest
from tests.safety.api.serving import command


@pytest.fixture(scope="session")
def shipped() -> Iterator[tuple[str, int]]:
    """The address and process of `gemsieve serve`; whatever is asked of it, it logs nothing."""
    with command() as (url, process):
        yield url, process.pid
        process.terminate()
        _, errors = process.communicate(timeout=30)
    assert errors == "", "nothing is worth a line here, least of all a text"


@pytest.fixture(scope="session")
def url(shipped: tuple[str, int]) -> str:
    """Its address."""
    return shipped[0]


@pytest.fixture(scope="session")
def client(url: str) -> Iterator[openai.OpenAI]:
    """The official client, unmodified."""
    with openai.OpenAI(base_url=f"{url}/v1", api_key="unused", max_retries=0) as client:
        yield client
