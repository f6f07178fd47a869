"""Nothing is answered before the filter has proved itself, and nothing that it could not judge."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

import pytest
from tests.safety.api.serving import RULES, Stubborn, ask, serving, until_ready

from gemsieve.filters import Filter
from gemsieve.safety.api import create_app

TEXT = {"input": "The ferry leaves at nine."}


def test_nothing_is_answered_before_the_models_are_loaded(
    make_filter: Callable[..., Filter],
) -> None:
    """While a model loads the server lives, is not ready and judges nothing; then it does."""
    stubborn = Stubborn()
    with serving(create_app(make_filter(RULES, stubborn))) as (url, _):
        for path in ("/health", "/v2/health/ready"):
            assert ask(url + path).code == "not_ready"
        assert ask(f"{url}/v2/health/live").json == {"live": True}
        early = ask(f"{url}/v1/moderations", TEXT)
        assert (early.status, early.code, early.headers["retry-after"]) == (503, "not_ready", "1")
        stubborn.loaded.set()
        until_ready(url)
        assert ask(f"{url}/health").json["policy"] == "test"
        assert ask(f"{url}/v1/moderations", TEXT).status == 200


@pytest.mark.parametrize("stubborn", [Stubborn(setup_fails=True), Stubborn(fails_on="")])
def test_a_service_that_fails_its_self_test_is_never_ready(
    stubborn: Stubborn, make_filter: Callable[..., Filter], caplog: pytest.LogCaptureFixture
) -> None:
    """A model that does not load, or a detector that fails, leaves 503 and a line in the log.

    Nor is it while the server ends, and clients need not ask again.
    """
    stubborn.loaded.set()
    app = create_app(make_filter(RULES, stubborn))
    with caplog.at_level(logging.ERROR), serving(app) as (url, _):
        deadline = time.monotonic() + 30
        while "not ready" not in caplog.text and time.monotonic() < deadline:
            time.sleep(0.01)
        assert ask(f"{url}/v2/health/ready").status == 503
        app.state.service.drain()
        failed = ask(f"{url}/v1/moderations", TEXT)
    assert (failed.status, failed.headers["x-should-retry"]) == (503, "false")
    assert "failed" in failed.json["error"]["message"]
    assert "not ready" in caplog.text


def test_what_cannot_be_judged_is_an_error_and_no_text_is_logged(
    make_filter: Callable[..., Filter], caplog: pytest.LogCaptureFixture
) -> None:
    """A detector that fails on a text gives 500, not a clean result; the log has no word of it."""
    stubborn = Stubborn(fails_on="worthless")
    stubborn.loaded.set()
    app = create_app(make_filter(RULES, stubborn))
    with caplog.at_level(logging.DEBUG), serving(app) as (url, _):
        until_ready(url)
        failed = ask(f"{url}/v1/moderations", {"input": ["Fine.", "worthless words"]})
    assert (failed.status, failed.code) == (500, "not_judged")
    assert failed.headers["x-should-retry"] == "false"
    lines = [r for r in caplog.records if r.name.startswith("gemsieve.safety")]
    assert "words" not in caplog.text
    told = vars(lines[-1])["told"]
    assert (told["endpoint"], told["status"], told["key"]) == ("/v1/moderations", 500, None)
    assert told["request"] == failed.headers["x-request-id"]
