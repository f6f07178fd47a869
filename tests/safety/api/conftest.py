"""One server under the shipped policy for all tests of the API."""

from __future__ import annotations

from collections.abc import Iterator

import openai
import pytest
from tests.safety.api.serving import serving, until_ready

from gemsieve.filters import Filter, load_filter
from gemsieve.safety.api import create_app


@pytest.fixture(scope="session")
def judge() -> Filter:
    """The filter of the shipped policy, which the server has too."""
    return load_filter()


@pytest.fixture(scope="session")
def url(judge: Filter) -> Iterator[str]:
    """The address of a server."""
    with serving(create_app(judge)) as (url, _):
        until_ready(url)
        yield url


@pytest.fixture(scope="session")
def client(url: str) -> Iterator[openai.OpenAI]:
    """The official client, unmodified."""
    with openai.OpenAI(base_url=f"{url}/v1", api_key="unused", max_retries=0) as client:
        yield client
