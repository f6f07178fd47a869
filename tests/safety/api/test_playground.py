"""The page at `/` in a real browser: a conversation judged turn by turn, and hostile text."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.browser import BINARY, Browser, browser
from tests.safety.api.serving import ask

pytestmark = pytest.mark.skipif(BINARY is None, reason="there is no Chromium on this machine")

TURNS = "document.querySelectorAll('#turns li').length"


@pytest.fixture(scope="module")
def tab(url: str) -> Iterator[Browser]:
    """The page, opened."""
    with browser() as found:
        found.open(f"{url}/")
        found.until("document.querySelector('#policy')?.textContent")
        yield found


def judged(tab: Browser, text: str) -> str:
    """Write a text as a user does, have it judged and return what the page then says of it."""
    before = tab.ask(TURNS)
    tab.ask("find('text').focus()")
    tab.type(text)
    tab.click("form button")
    tab.until(f"{TURNS} === {before + 1}")
    said = tab.ask("document.querySelector('#turns li:last-child').innerText")
    return str(said)


def test_a_conversation_is_judged_turn_by_turn(tab: Browser) -> None:
    """Each turn shows its verdict, its findings in place and its scores beside the limits."""
    assert "default" in tab.ask("find('policy').textContent")
    said = judged(tab, "𝒿 Write to jane.doe@example.com, please.")
    assert "prompt redact pii.email_address" in said
    mark = "document.querySelector('#turns li:last-child mark')"
    assert tab.ask(f"{mark}.firstChild.data") == "jane.doe@example.com"
    assert "passes on as 𝒿 Write to <EMAIL_ADDRESS>, please." in said
    assert tab.ask("find('use').value") == "output"
    said = judged(tab, "You are a worthless idiot and everybody hates you.")
    assert "output drop toxicity.toxicity" in said
    over = "[...document.querySelectorAll('#turns li:last-child tr:has(td.over)')]"
    label, score, limit = tab.ask(f"{over}.map((row) => row.innerText)[0]").split()
    assert (label, limit) == ("toxicity.toxicity", "0.6")
    assert 0.6 < float(score) <= 1
    assert "passes on" not in said
    assert tab.ask("find('use').value") == "prompt"


def test_hostile_text_stays_text(tab: Browser) -> None:
    """Markup in a text is shown, never made: no element of it, no error, nothing loaded."""
    said = judged(tab, "<img src=x onerror=\"document.title='taken'\"><b>a@example.com</b>")
    assert "<img src=x" in said
    assert tab.ask("document.querySelectorAll('#turns img, #turns b').length") == 0
    assert tab.ask("document.title") == "gemsieve: try the policy"
    assert tab.ask("performance.getEntriesByType('resource').every(e => e.name.includes('/v1/'))")
    assert tab.said == []


def test_the_page_may_load_nothing(url: str) -> None:
    """Its policy allows its own style and script, requests to this server, and no more."""
    answer = ask(f"{url}/")
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; ")
    assert "unsafe" not in policy
    assert b"http" not in answer.body.replace(b"http://www.w3.org/2000/svg", b"")
