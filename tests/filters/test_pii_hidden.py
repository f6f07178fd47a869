"""The detector of hidden values: what it finds behind disguises, and that it finds no more."""

from __future__ import annotations

import pickle
import subprocess
import sys

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.counting import calls
from tests.filters.disguises import disguise, disguised
from tests.filters.pii_tables import TABLES
from tests.filters.pii_tables.row import Found, parsed

from gemsieve.filters import Batch, Finding
from gemsieve.filters.catalogue import filter_from_text
from gemsieve.filters.pii import PiiDetector
from gemsieve.filters.pii.hidden import HiddenPiiDetector
from gemsieve.filters.pii.view import normalise
from gemsieve.filters.policy import Action

COMMON = ["CREDIT_CARD", "EMAIL_ADDRESS", "IBAN_CODE", "IP_ADDRESS", "PHONE_NUMBER", "US_SSN"]
# One finding each, in texts that no view changes: their values can be disguised in place.
PLAIN: dict[str, list[tuple[str, Found]]] = {
    entity: [
        (text, expected[0])
        for text, expected in map(parsed, rows)
        if len(expected) == 1 and normalise(text).text == text
    ]
    for entity, rows in TABLES.items()
}


def find(text: str, *entities: str) -> list[tuple[str, str, float]]:
    """Return the entities, words and scores that only the view shows."""
    (findings,) = HiddenPiiDetector(mode="stock", entities=entities or COMMON)(Batch([text]))
    return [
        (f.label.removeprefix("pii.").upper(), text[slice(*f.span)], f.score)
        for f in findings
        if f.span
    ]


HIDDEN = [
    ("４０００００１２３４５６７８９９.", "CREDIT_CARD", "４０００００１２３４５６７８９９", 1),
    ("ssn ٥٣٦-٩٠-٤٣٩٩", "US_SSN", "٥٣٦-٩٠-٤٣٩٩", 0.5),
    ("५३६-९०-४३९९ है", "US_SSN", "५३६-९०-४३९९", 0.5),
    ("5\u200b3\u200b6-90-4399", "US_SSN", "5\u200b3\u200b6-90-4399", 0.5),
    ("5️⃣36-90-4399", "US_SSN", "5️⃣36-90-4399", 0.5),
    ("536‑90–4399", "US_SSN", "536‑90–4399", 0.5),
    ("536\u00a090\u202f4399", "US_SSN", "536\u00a090\u202f4399", 0.5),
    ("536-90-4399\u200d", "US_SSN", "536-90-4399", 0.5),  # a joiner is part of a word, unseen
    ("jane＠example.com", "EMAIL_ADDRESS", "jane＠example.com", 1),
    ("jane@example。com", "EMAIL_ADDRESS", "jane@example。com", 1),
    ("jane@example.соm", "EMAIL_ADDRESS", "jane@example.соm", 1),
    ("ja\u00adne@exam\u200bple.com!", "EMAIL_ADDRESS", "ja\u00adne@exam\u200bple.com", 1),
    ("𝐣𝐚𝐧𝐞@𝗲𝘅𝗮𝗺𝗽𝗹𝗲.𝚌𝚘𝚖", "EMAIL_ADDRESS", "𝐣𝐚𝐧𝐞@𝗲𝘅𝗮𝗺𝗽𝗹𝗲.𝚌𝚘𝚖", 1),
    ("at 192．0．2．17", "IP_ADDRESS", "192．0．2．17", 0.6),
    ("at 2001：db8::1", "IP_ADDRESS", "2001：db8::1", 0.6),
]  # fmt: skip

OPEN = [
    "ssn 536-90-4399 and jane@example.com",
    "Телефон +7 (495) 123-45-67, почта jane@example.com",
    "\u200bsee\u200b 536-90-4399 — here",
    "اتصل على ٠١٢٣ غدا",
    "+33\u00a01\u00a042\u00a068\u00a053\u00a000",
    "Мост 2019 года, e-mail: нет",
    "今日は２０２４年。明日も。",
    "👨‍👩‍👧 11️⃣ fans",
]


@pytest.mark.parametrize(("text", "entity", "value", "score"), HIDDEN)
def test_hidden_values_are_found(text: str, entity: str, value: str, score: float) -> None:
    """With what is hidden in them, nothing beside, and the score of what they show."""
    assert find(text) == [(entity, value, score)]


@pytest.mark.parametrize(("text", "entity", "value", "_score"), HIDDEN)
def test_the_default_mode_looks_behind_disguises_too(
    text: str, entity: str, value: str, _score: float
) -> None:
    """The same values, at whatever score the words beside them give."""
    (findings,) = HiddenPiiDetector()(Batch([text]))
    found = [(f.label, text[slice(*f.span)]) for f in findings if f.span]
    assert found == [(f"pii.{entity.lower()}", value)]


@pytest.mark.parametrize("text", OPEN)
def test_what_stands_openly_is_left_to_the_other_detector(text: str) -> None:
    """Nor is there anything where only the typography is rich."""
    assert find(text) == []


@pytest.mark.parametrize("entity", TABLES)
@given(st.data())
@settings(max_examples=12, suppress_health_check=[HealthCheck.too_slow])
def test_no_disguise_hides_a_value(entity: str, data: st.DataObject) -> None:
    """A value of the tables in other digits, letters, signs, and with invisible ones within."""
    text, (begin, end, score) = data.draw(st.sampled_from(PLAIN[entity]))
    masked = data.draw(disguise(text[begin:end]))
    batch = Batch([text[:begin] + masked + text[end:]])
    findings = {
        finding
        for kind in (PiiDetector, HiddenPiiDetector)
        for finding in kind(mode="stock", entities=[entity])(batch)[0]
    }
    span = (begin, begin + len(masked))
    assert Finding(f"pii.{entity.lower()}", score, span) in findings


@given(st.text(st.characters(max_codepoint=127)) | st.sampled_from([t for t, _ in PLAIN["US_SSN"]]))
def test_plain_ascii_shows_nothing_more(text: str) -> None:
    """Whatever it holds."""
    assert HiddenPiiDetector()(Batch([text])) == [[]]


@given(disguised)
def test_findings_touch_what_is_hidden(text: str) -> None:
    """Spans lie in the text, begin and end with what shows, and the text alone shows less."""
    detector, view = HiddenPiiDetector(mode="stock", entities=COMMON), normalise(text)
    (findings,), (plain,) = detector(Batch([text])), detector.sight(Batch([text]))
    (seen,) = detector.sight(Batch([view.text]))
    shown = {(f.label, view.span(*f.span), f.score): view.touches(*f.span) for f in seen if f.span}
    for finding in findings:
        assert finding.span
        assert shown[finding.label, finding.span, finding.score]
        assert finding not in plain
        assert 0 <= finding.span[0] < finding.span[1] <= len(text)


POLICY = """
name = "hidden"
[detectors.pii]
mode = "stock"
entities = {entities}
[[corpus]]
labels = {labels}
action = "redact"
"""


@given(st.data())
@settings(max_examples=30, suppress_health_check=[HealthCheck.too_slow])
def test_redaction_takes_the_whole_hidden_value(data: st.DataObject) -> None:
    """Through a filter, nothing of the value is left, and nothing beside it is lost."""
    entity = data.draw(st.sampled_from(COMMON))
    text, (begin, end, _) = data.draw(st.sampled_from(PLAIN[entity]))
    masked = data.draw(disguise(text[begin:end]))
    judge = filter_from_text(POLICY.format(entities=[entity], labels='"pii.*"'), "hidden.toml")
    (verdict,) = judge(Batch([f"{text[:begin]}{masked}{text[end:]}"]), "corpus")
    assert verdict.action is Action.REDACT
    assert verdict.redacted == f"{text[:begin]}<{entity}>{text[end:]}"


def test_it_looks_for_what_the_open_detector_looks_for() -> None:
    """Options of `pii` hold for both, so a policy need not name labels that it does not want."""
    policy = POLICY.format(entities=["US_SSN"], labels='"pii.us_ssn"')
    judge = filter_from_text(policy, "hidden.toml")
    labels = {d.name: d.labels.events for d in judge.detectors["corpus"]}
    assert labels == {"pii": {"pii.us_ssn"}, "pii_hidden": {"pii.us_ssn"}}
    own = policy + '[detectors.pii_hidden]\nmode = "stock"\nentities = ["EMAIL_ADDRESS"]\n'
    judge = filter_from_text(own, "hidden.toml")
    assert [d.name for d in judge.detectors["corpus"]] == ["pii"]


def test_a_detector_travels_and_is_light() -> None:
    """Pickled and back it is equal; building one imports no library of recognizers."""
    detector = HiddenPiiDetector(mode="stock", entities=["US_SSN"])
    assert pickle.loads(pickle.dumps(detector)) == detector  # noqa: S301
    assert detector.version.endswith(detector.sight.version)
    code = (
        "import sys; from gemsieve.filters.pii.hidden import HiddenPiiDetector as D; d = D();"
        "d.labels, d.version, d.needs, d.weights, d.name;"
        "print([m for m in ('presidio_analyzer', 'hyperscan', 'regex', 'numpy')"
        " if m in sys.modules])"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout == "[]\n"


@pytest.mark.parametrize(
    "piece", ["５", "5\u200b", "а@а。", "５３６-９０-４３９９ ", "١.", "\u2060@"]
)
def test_hostile_text_takes_linear_work(piece: str) -> None:
    """Eight times the text takes about eight times the calls."""
    detector = HiddenPiiDetector(mode="stock", entities=COMMON)
    detector.setup()
    short, long = (
        calls(lambda n=n: detector(Batch([piece * n])))  # type: ignore[misc]
        for n in (50, 400)
    )
    assert long <= 12 * short
