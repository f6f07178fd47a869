"""The inspector's page in a real browser: keys, masks, marks, hostile text, sizes and colours."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.browser import BINARY, Browser, browser

from gemsieve.pipeline.inspector.server import Server

from .inspected import MAIL, inspector, served

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(BINARY is None, reason="there is no Chromium on this machine"),
]

ROWS = "document.querySelectorAll('#rows li').length"
BLOCK = "document.querySelector('.block')?.textContent"
TITLE = "document.querySelector('#record-title').textContent"
COUNTS = "document.querySelector('#counts').textContent"
# The contrast of each letter that is seen against what is behind it (WCAG 2.2, 1.4.3).
CONTRAST = """
(() => {
  const parts = (c) => c.match(/[\\d.]+/g).map(Number);
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const rgb = (c) => { canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = c;
    canvas.fillRect(0, 0, 1, 1); return [...canvas.getImageData(0, 0, 1, 1).data]; };
  const light = (c) => { const [r, g, b] = c.slice(0, 3).map((v) => v / 255)
    .map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
  const behind = (e) => { for (; e; e = e.parentElement) {
    const c = rgb(getComputedStyle(e).backgroundColor); if (c[3] === 255) return c; }
    return [255, 255, 255]; };
  const found = [];
  for (const e of document.querySelectorAll("body *")) {
    const own = [...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim());
    if (!own || !e.getClientRects().length || e.closest(":disabled, script, style")) continue;
    const [a, b] = [light(rgb(getComputedStyle(e).color)), light(behind(e))];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) found.push([e.tagName, e.className, ratio]);
  }
  return found;
})()
"""
NAMELESS = """
[...document.querySelectorAll("button, input, select, a, [role=region]")]
  .filter((e) => !(e.textContent.trim() || e.labels?.length || e.getAttribute("aria-label")))
  .map((e) => e.outerHTML)
"""


@pytest.fixture(scope="module")
def tab() -> Iterator[Browser]:
    """A browser for all tests."""
    with browser() as found:
        yield found


@pytest.fixture
def server(inspected: Path, tmp_path: Path) -> Iterator[Server]:
    """A server whose inspector knows the inputs."""
    with served(inspector(inspected, tmp_path / "m.sqlite", read=True)) as found:
        yield found


@pytest.fixture
def page(tab: Browser, server: Server) -> Browser:
    """The inspector's page, loaded; what was said before is forgotten."""
    tab.look(1400, 1000)
    tab.said.clear()
    tab.open(server.url)
    tab.until(f"{ROWS} === 20 && {BLOCK}")
    return tab


def fill(page: Browser, name: str, words: str) -> None:
    """Write words into a field of the search form and submit it."""
    page.ask(f"document.querySelector('#ask [name={name}]').select()")
    page.type(words)
    page.press("Enter")


def search(page: Browser, name: str, words: str, id_: str) -> None:
    """Search, and wait until the record of this id is shown, its texts as well."""
    fill(page, name, words)
    page.ask("document.querySelector('#ask').requestSubmit()")
    page.until(f"{TITLE}.startsWith({json.dumps(id_ + ' ')})")
    page.until(f"{BLOCK} && document.querySelector('#whole').dataset.n")


def test_words_are_masked_until_asked_for(page: Browser) -> None:
    """By a click one finding, by a key all of them, and masked again with the next record."""
    search(page, "reason", "pii.*", "a.jsonl:6")
    shown = "document.querySelector('.block').innerText"
    assert MAIL not in page.ask("document.documentElement.outerHTML")
    page.click(".block .mask")
    page.until(f"{shown}.includes({json.dumps(MAIL)})")
    assert "Muslim" not in page.ask(shown)
    page.press("v")
    page.until(f"{shown}.includes('Muslim')")
    page.press("v")
    page.until(f"!{shown}.includes({json.dumps(MAIL)})")
    for key, words in (("v", "Muslim"), ("s", MAIL)):
        here = page.ask(TITLE)
        page.press("n")
        page.press(key)
        page.until(f"{shown}.includes({json.dumps(words)})")
        page.press("j")
        page.until(f"{TITLE} !== {json.dumps(here)}")
        assert words not in page.ask("document.documentElement.outerHTML")
    assert page.said == []


def test_keys_go_through_records_and_pages(page: Browser) -> None:
    """`j` and `k` take the next and the previous record, over the edge of a page too."""
    first = page.ask(TITLE)
    for _ in range(20):
        here = page.ask(TITLE)
        page.press("j")
        page.until(f"{TITLE} !== {json.dumps(here)}")
    assert page.ask("document.querySelector('#paged').textContent") == "2 of 4"
    page.press("k")
    page.until("document.querySelector('#paged').textContent === '1 of 4'")
    page.until("document.querySelector('#rows li:last-child button').ariaCurrent === 'true'")
    assert page.ask(TITLE) != first


def test_marks_are_made_and_taken_back_by_keys(page: Browser, server: Server) -> None:
    """A verdict, then a finding under another label with a note; the table tells; undo undoes."""
    search(page, "reason", "pii.*", "a.jsonl:6")
    page.press("r")
    page.until(f"{COUNTS}.startsWith('1 mark on 1 record')")
    page.press("n")
    page.until("document.querySelector('#target').textContent.includes('pii.email_address')")
    page.ask("document.querySelector('#judge [name=meant]').focus()")
    page.type("pii.url")
    page.ask("document.querySelector('#judge [name=note]').focus()")
    page.type("r is a letter here")
    page.press("Escape")
    page.press("w")
    page.until(f"{COUNTS}.startsWith('2 marks on 1 record')")
    table = page.ask("document.querySelector('#precision').innerText").split()
    assert table[table.index("pii.email_address") + 1 :][:3] == ["0", "1", "0"]
    (_, finding) = server.inspector.marks.every()
    assert (finding.meant, finding.note, finding.verdict) == (
        "pii.url",
        "r is a letter here",
        "wrong",
    )
    page.press("u")
    page.until(f"{COUNTS}.startsWith('1 mark on 1 record')")
    assert "a.jsonl:6, was taken back" in page.ask(COUNTS)
    badge = "document.querySelector('#rows li').textContent.includes('marked')"
    assert page.ask(badge)
    page.press("u")
    page.until(f"{COUNTS}.startsWith('0 marks') && !{badge}")
    assert page.said == []


def test_keys_that_are_pressed_soon_are_for_what_is_shown_by_then(
    page: Browser, server: Server
) -> None:
    """A verdict after each step, without waiting: each record has its own."""
    for key in "rjwjrjwj":
        page.press(key)
    page.until(f"{COUNTS}.startsWith('4 marks on 4 records')")
    marks = [(mark.record, mark.verdict) for mark in server.inspector.marks.every()]
    assert marks == [(0, "right"), (1, "wrong"), (2, "right"), (3, "wrong")]


def test_missed_words_are_marked_where_they_were_selected(page: Browser, server: Server) -> None:
    """The places are code points of the text as it was read."""
    search(page, "words", "a.jsonl:6", "a.jsonl:6")
    page.ask("document.querySelector('#judge [name=meant]').value = 'names.person'")
    page.ask("document.activeElement.blur()")
    page.ask("""(() => { const node = document.querySelector('.block span').firstChild;
        getSelection().setBaseAndExtent(node, 18, node, 4); })()""")
    page.press("m")
    page.until(f"{COUNTS}.startsWith('1 mark on 1 record')")
    (mark,) = server.inspector.marks.every()
    assert (mark.verdict, mark.label, mark.start, mark.end) == ("missed", "names.person", 4, 18)


def test_hostile_text_stays_text(page: Browser) -> None:
    """A script in a record neither runs nor becomes an element; hidden letters are seen."""
    search(page, "words", "<script>", "a.jsonl:5")
    shown = page.ask("document.querySelector('.block').innerText")
    assert "<script>document.title = 'owned'</script><img src=x onerror" in shown
    assert "U+202E" in shown
    assert "\u202e" not in page.ask("document.body.textContent")
    assert page.ask("document.title") == "Inspector · out"
    assert (
        page.ask("document.querySelectorAll('#list img, #record img, #record script').length") == 0
    )
    assert page.said == []


def test_where_nothing_answers_keys_do_nothing(page: Browser) -> None:
    """No record, no mark, no error; the next search shows records again."""
    fill(page, "words", "nothing of the kind")
    page.ask("document.querySelector('#ask').requestSubmit()")
    page.until(f"{TITLE} === 'No record' && {ROWS} === 0")
    for key in "jknpsvrwm":
        page.press(key)
    page.press("Escape")
    page.ask("document.querySelector('#ask').reset()")
    page.until(f"{ROWS} === 20 && {BLOCK}")
    assert page.ask(COUNTS).startswith("0 marks")
    assert page.said == []


def test_a_sample_is_drawn_again_by_its_seed(page: Browser) -> None:
    """Another order, the same for the same seed."""
    ids = "[...document.querySelectorAll('#rows .id')].map((e) => e.textContent).join()"
    order = "document.querySelector('#ask [name=order]')"
    seen = [page.ask(ids)]
    for seed in ("5", "6", "5"):
        page.ask(f"{order}.value = 'random'; {order}.dispatchEvent(new Event('change'))")
        fill(page, "seed", seed)
        page.ask("document.querySelector('#ask').requestSubmit()")
        page.until(f"{ids} !== {json.dumps(seen[-1])} && {ROWS} === 20")
        seen.append(page.ask(ids))
    assert seen[1] == seen[3] != seen[2]
    page.ask("document.querySelector('#ask').reset()")
    page.until(f"{ids} === {json.dumps(seen[0])}")


@pytest.mark.parametrize("dark", [False, True], ids=["day", "night"])
@pytest.mark.parametrize("width", [400, 1400])
def test_the_page_can_be_read_by_all(page: Browser, tmp_path: Path, width: int, dark: bool) -> None:
    """No line runs out of a narrow page, every control has a name, and letters stand out."""
    search(page, "words", "a.jsonl:6", "a.jsonl:6")
    page.press("r")
    page.until(f"{COUNTS}.startsWith('1 mark')")
    page.ask("document.querySelectorAll('details').forEach((e) => { e.open = true; })")
    page.look(width, 900, dark=dark)
    assert page.ask("document.documentElement.scrollWidth") <= width
    assert page.ask(NAMELESS) == []
    assert page.ask(CONTRAST) == []
    page.picture(tmp_path / "page.png")
    assert page.said == []


def test_a_server_that_is_gone_is_told_of(page: Browser, server: Server) -> None:
    """The page says so instead of doing nothing."""
    server.token += "x"
    page.press("j")
    page.until("!document.querySelector('#trouble').hidden")
    assert "whole address" in page.ask("document.querySelector('#trouble').textContent")
    page.said.clear()


def test_the_tab_sees_errors(tab: Browser) -> None:
    """The driver hears of scripts that fail and policies that are broken: silence means none."""
    tab.said.clear()
    tab.open("data:text/html,<script>reportError(new Error('x')); throw new Error('y')</script>")
    tab.until("document.readyState === 'complete'")
    assert len(tab.said) == 2
