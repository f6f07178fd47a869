"""The page at `/` in a real browser: turns judged, a model's answers streamed, hostile text."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from threading import Event

import jax
import jax.numpy as jnp
import pytest
from tests.browser import BINARY, Browser, browser
from tests.safety.api.serving import RULES, Stubborn, ask, serving, until_ready
from tests.safety.api.tiny import (
    ASKED,
    BLOCKED,
    CLEAN,
    LONG,
    REDACTED,
    REFUSED,
    Running,
    tiny_author,
    tokenizer,
)

from gemsieve.filters import Detector, Filter
from gemsieve.model.sampling.engine import Engine
from gemsieve.model.tokenizer import Tokenizer
from gemsieve.safety import act
from gemsieve.safety.api import Limits, create_app
from gemsieve.safety.author import Author
from gemsieve.safety.units import Horizon, units

pytestmark = pytest.mark.skipif(BINARY is None, reason="there is no Chromium on this machine")

LAST = "document.querySelector('#turns li:last-child')"
IDLE = "!find('go').disabled"
ANSWERS = "find('use').value === 'message'"


@pytest.fixture(scope="module")
def window() -> Iterator[Browser]:
    """A browser."""
    with browser() as found:
        yield found


def opened(window: Browser, url: str, ready: str) -> Browser:
    """Open the page of a server, and wait for what it learns."""
    window.open(f"{url}/")
    window.until("document.querySelector('#policy')")
    window.until(ready)
    window.said.clear()
    return window


@pytest.fixture
def tab(window: Browser, url: str) -> Browser:
    """The page of a server that judges, opened."""
    return opened(window, url, "find('policy').textContent")


@pytest.fixture
def chat(window: Browser, running: Running) -> Browser:
    """The page of a server that writes, opened with a key."""
    opened(window, running.url, "document.getElementById('locked').hidden === false")
    window.ask(f"find('key').value = {json.dumps(running.key)}")
    window.ask("find('key').dispatchEvent(new Event('change'))")
    window.until(ANSWERS)
    window.said.clear()
    window.ask(f"find('longest').value = {LONG}")
    return window


def write(tab: Browser, text: str) -> None:
    """Write a text as a user does, and send it by keyboard."""
    tab.ask("find('text').focus()")
    tab.type(text)
    tab.press("Enter")


def judged(tab: Browser, text: str) -> str:
    """Have a text judged, or answered, and return what the page says of the last turn then."""
    write(tab, text)
    tab.until(f"{IDLE} && {LAST}")
    assert tab.ask("find('error').textContent") == ""
    return str(tab.ask(f"{LAST}.innerText"))


def answered(tab: Browser, seed: int, text: str = ASKED) -> tuple[str, str]:
    """Have a text answered, and return what was released and all that the page says of it."""
    tab.ask(f"find('seed').value = {seed}")
    said = judged(tab, text)
    return str(tab.ask(f"{LAST}.querySelector('.text').textContent")), said


def sent(chat: Browser) -> list[str]:
    """Return the messages of the last request to the model, as a watched page sent them."""
    asked = json.loads(chat.ask("sent.findLast((body) => body.includes('messages'))"))
    roles = [message["role"] for message in asked["messages"]]
    assert roles == ["user", "assistant"] * (len(roles) // 2) + ["user"]
    return [message["content"] for message in asked["messages"]]


def test_turns_are_judged_one_by_one(tab: Browser) -> None:
    """Each shows its verdict, its findings in place and its scores beside the limits."""
    assert "default" in tab.ask("find('policy').textContent")
    said = judged(tab, "𝒿 Write to jane.doe@example.com, please.")
    assert "1 prompt redact pii.email_address" in said
    assert tab.ask(f"{LAST}.querySelector('mark').firstChild.data") == "jane.doe@example.com"
    assert "passes on as 𝒿 Write to <EMAIL_ADDRESS>, please." in said
    assert tab.ask("find('use').value") == "output"
    said = judged(tab, "You are a worthless idiot and everybody hates you.")
    assert "2 output drop toxicity.toxicity" in said
    assert "judged as an answer to what turn 1 passed on" in said
    over = f"[...{LAST}.querySelectorAll('tr:has(td.over)')]"
    label, score, limit = tab.ask(f"{over}.map((row) => row.innerText)[0]").split()
    assert (label, limit) == ("toxicity.toxicity", "0.6")
    assert 0.6 < float(score) <= 1
    assert "nothing passes on" in said
    assert tab.ask("find('use').value") == "prompt"


MESSAGES = [
    {"role": "user", "content": [{"type": "text", "text": "You are a worthless idiot."}]},
    {"role": "assistant", "content": "That is unkind."},
]


def test_a_conversation_is_taken_apart(tab: Browser) -> None:
    """By who speaks, or as messages; each output is judged with what its own prompt passed on."""
    tab.ask("find('use').value = 'conversation'")
    judged(tab, "User: Hello,\n\nit is late.\nASSISTANT: So it is.")
    judged(tab, json.dumps(MESSAGES))
    turns = "[...document.querySelectorAll('#turns li')]"
    told = tab.ask(f"{turns}.map((li) => li.querySelector('.head').innerText.trim())")
    assert told == [
        "1 prompt keep",
        "2 output keep",
        "3 prompt drop toxicity.toxicity",
        "4 output keep",
    ]
    texts = tab.ask(f"{turns}.map((li) => li.querySelector('.text').firstChild.data)")
    assert texts[:2] == ["Hello,\n\nit is late.", "So it is."]
    sources = tab.ask(f"{turns}.map((li) => li.querySelector('.source').innerText)")
    assert sources[1] == "judged as an answer to what turn 1 passed on"
    assert sources[3] == "judged alone: turn 3 passed nothing on"
    write(tab, "nobody speaks")
    tab.until("find('error').textContent.includes('begin each turn')")
    assert tab.ask("find('text').value") == "nobody speaks", "it can be mended"


WATCH = f"""
[window.seen, window.sent, window.plain] = [[], [], window.fetch];
window.fetch = (path, options) => {{
  sent.push(options.body ?? "");
  return plain(path, options);
}};
new MutationObserver(() => {{
  const part = (name) => {LAST}?.querySelector(`.${{name}}`)?.textContent;
  seen.push([part("text"), part("state")]);
}}).observe(find("turns"), {{ childList: true, subtree: true }});
"""


def test_an_answer_streams_as_it_is_released(chat: Browser, running: Running) -> None:
    """It grows by what the guard releases; the next is asked with that, not with what was held."""
    chat.ask(WATCH)
    text, said = answered(chat, BLOCKED)
    assert text == running.said(BLOCKED) != ""
    assert "2 output ended by the policy The answer was stopped by the policy: harm.word." in said
    assert "what was released passes on" in said
    seen = chat.ask("seen")
    grown = [shown for shown, _ in seen if shown and text.startswith(shown)]
    assert len(set(grown)) > 1
    assert grown == sorted(grown, key=len)
    assert "the next words are being judged" in {state for _, state in seen}
    chat.ask("find('longest').value = 8")
    more, said = answered(chat, 3, "and then")
    assert "tiny, under guard, asked with turns 1, 2 and 3" in said
    assert sent(chat) == [ASKED, text, "and then"]
    _, said = answered(chat, 3, REFUSED)
    assert "The prompt was stopped by the policy: harm.prompt." in said
    assert "tiny reads nothing: turn 5 passed nothing on" in said
    answered(chat, 3, "again")
    assert sent(chat) == [ASKED, text, "and then", more, "again"]
    assert chat.said == []


def test_what_the_guard_redacts_is_never_seen(chat: Browser, running: Running) -> None:
    """Not for a moment: of all that the page ever showed, nothing is what was written over."""
    chat.ask(WATCH)
    text, said = answered(chat, REDACTED)
    assert text == running.said(REDACTED)
    assert "2 output released" in said
    hidden = running.raw(REDACTED)[300:312]
    assert all(hidden not in shown for shown, _ in chat.ask("seen") if shown)
    chat.click("#again")
    assert chat.ask("find('turns').childElementCount") == 0


def test_a_text_is_gone_on_with(chat: Browser, running: Running) -> None:
    """A model may be given the beginning of a text instead, by itself."""
    chat.ask("find('use').value = 'beginning'; find('longest').value = 16")
    text, said = answered(chat, 5, "the old river carries stones")
    body = {"model": "tiny", "prompt": "the old river carries stones", "seed": 5, "max_tokens": 16}
    whole = ask(f"{running.url}/v1/completions", body, running.headers).json
    assert text == whole["choices"][0]["text"] != ""
    assert "tiny, under guard, goes on with turn 1" in said
    _, said = answered(chat, 5, REFUSED)
    assert "4 output ended by the policy the prompt was dropped" in said


def test_a_model_without_turns_only_goes_on_with_texts(
    window: Browser, make_filter: Callable[..., Filter]
) -> None:
    """Messages are not offered for it; nothing is while it is loaded."""
    _, engine = tiny_author()
    plain = Tokenizer(tokenizer().content.replace(b"<start_of_turn>", b"<start_of_text>"))
    loaded = Event()

    def load() -> tuple[Engine, Tokenizer]:
        loaded.wait(30)
        return engine, plain

    author = Author("plain", load, warm=1)
    with serving(create_app(make_filter([]), author=author)) as (url, _):
        tab = opened(window, url, "find('policy').textContent.includes('plain (being loaded)')")
        option = "find('use').querySelector('[value={}]').disabled"
        assert tab.ask(option.format("beginning"))
        loaded.set()
        tab.until("find('use').value === 'beginning'")
        assert tab.ask(option.format("message"))
        body = {"model": "plain", "messages": [{"role": "user", "content": ASKED}]}
        assert ask(f"{url}/v1/chat/completions", body).code == "invalid_prompt", "so it is"


@dataclass(frozen=True)
class Held:
    """A server whose answer to `ASKED` is held back where its second unit is judged.

    Attributes:
        engine: What writes there.
        stubborn: What holds it back.
        released: The text before.
        more: The text before what the policy drops.
    """

    url: str
    author: Author
    engine: Engine
    stubborn: Stubborn
    released: str
    more: str


@pytest.fixture
def held(
    running: Running, make_filter: Callable[..., Filter], regexes: Callable[..., Detector]
) -> Iterator[Held]:
    """A server of its own: its engine is damaged in the end."""
    raw = running.raw(CLEAN)
    first, second, *_ = units(raw, Horizon())
    stubborn = Stubborn(waits_on=second.window[-12:])
    stubborn.loaded.set()
    toxic = regexes("toxic", {"toxicity.toxicity": re.escape(raw[-12:])})
    rules = [*RULES, {"labels": "toxicity.toxicity", "action": "drop"}]
    author, engine = tiny_author()
    limits = Limits(beat_seconds=0.05)
    with serving(create_app(make_filter(rules, stubborn, toxic), author=author, limits=limits)) as (
        url,
        _,
    ):
        until_ready(url)
        more = act(raw, make_filter(rules[-1:], toxic), prompt=ASKED).text
        yield Held(url, author, engine, stubborn, first.text, more)


def test_an_answer_is_stopped_or_ends_or_breaks(window: Browser, held: Held) -> None:
    """Stopped, it stays as far as it came; ended, its scores say why; broken, it does not count."""
    tab = opened(window, held.url, ANSWERS)
    tab.ask(f"find('longest').value = {LONG}; find('seed').value = {CLEAN}")
    text = f"{LAST}.querySelector('.text').textContent"
    begun = f"{LAST}?.className === 'writing' && {text}"

    write(tab, ASKED)
    tab.until(f"{begun} && {LAST}.innerText.includes('the next words are being judged: 1 s')")
    tab.click("#stop")
    tab.until(IDLE)
    assert "2 output stopped" in tab.ask(f"{LAST}.innerText")
    assert tab.ask(text) == held.released
    held.stubborn.judging.set()
    while held.author.under_way:
        time.sleep(0.005)

    tab.click("#again")
    released, said = answered(tab, CLEAN)
    assert released == held.more > held.released
    assert "ended by the policy" in said
    assert "Scores against limits, of all that was judged" in said
    assert re.search(r"toxicity\.toxicity\s+1\.000", said), "that is what was never released"

    held.stubborn.judging.clear()
    tab.click("#again")
    write(tab, ASKED)
    tab.until(begun)
    held.engine.params = jax.tree.map(lambda array: array * jnp.nan, held.engine.params)
    held.stubborn.judging.set()
    tab.until(IDLE)
    said = tab.ask(f"{LAST}.innerText")
    assert "2 output broke off the answer could not be written" in said
    assert "nothing passes on" in said
    assert tab.ask("find('text').value") == ASKED
    assert tab.said == []


def test_everybody_can_use_it(tab: Browser) -> None:
    """Each control has a name for who does not see it; a narrow screen shows all, dark or light."""
    judged(tab, "Write to jane.doe@example.com, pl" + "e" * 200 + "ase.")
    tab.ask("document.querySelector('form details').open = true")
    nodes = tab.call("Accessibility.getFullAXTree")["nodes"]
    named = {
        (node["role"]["value"], node["name"]["value"])
        for node in nodes
        if not node["ignored"] and any(p["name"] == "focusable" for p in node["properties"])
    }
    assert ("textbox", "Text") in named
    assert ("button", "Send") in named
    assert all(name for _, name in named), named
    colours = []
    for dark in (False, True):
        tab.look(380, 700, dark=dark)
        assert tab.ask("document.documentElement.scrollWidth") == 380
        colours.append(tab.ask("getComputedStyle(document.body).backgroundColor"))
    tab.look(1000, 800)
    assert len(set(colours)) == 2


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
