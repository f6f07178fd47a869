"""One server under the shipped policy, and one that writes, for all tests of the API."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import openai
import pytest
from tests.safety.api.serving import serving, until_ready

from gemsieve.filters import Detector, Filter, load_filter
from gemsieve.safety.api import create_app

if TYPE_CHECKING:
    from tests.safety.api.tiny import Running


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


@pytest.fixture(scope="session")
def running(
    make_filter: Callable[..., Filter],
    regexes: Callable[..., Detector],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Running]:
    """A server with a tiny model under a policy made for it."""
    from tests.safety.api.tiny import writing  # needs JAX, which the other tests do not

    with writing(make_filter, regexes, tmp_path_factory.mktemp("keys")) as running:
        yield running


@pytest.fixture(scope="session")
def chatter(running: Running) -> Iterator[openai.OpenAI]:
    """The official client of that server, unmodified."""
    url, key = f"{running.url}/v1", running.key
    with openai.OpenAI(base_url=url, api_key=key, max_retries=0) as client:
        yield client
