"""The secrets detector: what it finds of each kind, what it leaves, what hostile text costs."""

from __future__ import annotations

import logging
import pickle
import subprocess
import sys
from functools import cache

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.counting import calls
from tests.filters.secret_tables import LEFT, PEM, PLACED, PROVEN, TOKENS
from tests.strategies import policy

from gemsieve.filters import Batch, Filter, load_filter
from gemsieve.filters.pii.overlap import Hit
from gemsieve.filters.pii.stock import engine
from gemsieve.filters.policy import Action, Rule
from gemsieve.filters.secrets import SecretsDetector, scanner
from gemsieve.filters.secrets.recognizers import recognizers
from gemsieve.filters.secrets.table import compiled, table

FRAMES = ("{}", "use {} here", '["{}"]', "x={};", "é {}\n", "({})", "a, {}, b")
VALUES = [(label, prefix + rest) for label, prefix, rest in TOKENS] + PROVEN
thorough = settings(suppress_health_check=[HealthCheck.too_slow])


def find(text: str) -> list[tuple[str, str, float]]:
    """Return the labels without their family, the words and the scores of what is found."""
    (findings,) = SecretsDetector()(Batch([text]))
    return [
        (f.label.removeprefix("secret."), text[slice(*f.span)], f.score) for f in findings if f.span
    ]


@pytest.mark.parametrize(("number", "label", "value"), [(i, *row) for i, row in enumerate(VALUES)])
def test_tokens_are_found_whole(number: int, label: str, value: str) -> None:
    """Each token is found in running text, with just its characters, once."""
    text = FRAMES[number % len(FRAMES)].format(value)
    assert [(name, words) for name, words, _ in find(text)] == [(label, value)]


@pytest.mark.parametrize(("label", "prefix", "rest"), TOKENS)
def test_tokens_with_holes_are_left(label: str, prefix: str, rest: str) -> None:
    """A token whose drawn part was struck out, cut short or glued to a word is none."""
    for text in (prefix + "x" * len(rest), prefix + rest[:12], f"q{prefix}{rest}"):
        if text != f"q{rest}":
            assert label not in [name for name, *_ in find(text)]


@pytest.mark.parametrize(("label", "value"), PROVEN)
def test_proven_keys_score_one(label: str, value: str) -> None:
    """A checksum that holds leaves no doubt."""
    assert find(f"use {value} here") == [(label, value, 1.0)]


@pytest.mark.parametrize(("label", "value"), PROVEN)
@given(st.data())
@settings(max_examples=25)
def test_a_changed_character_is_never_found(label: str, value: str, data: st.DataObject) -> None:
    """One other character of the same kind anywhere behind the prefix, and the checksum fails."""
    place = data.draw(st.integers(len(value) - 30, len(value) - 1))
    others = [c for c in set(value[-30:]) if c != value[place] and c.isalnum()]
    changed = value[:place] + data.draw(st.sampled_from(sorted(others))) + value[place + 1 :]
    assert find(f"use {changed} here") == []


@pytest.mark.parametrize(("label", "before", "secret", "after"), PLACED)
def test_secrets_are_found_in_their_places(
    label: str, before: str, secret: str, after: str
) -> None:
    """The finding is the secret alone; its name, its host and its quotes stay."""
    found = [(name, words) for name, words, _ in find(before + secret + after)]
    assert found == [(label, secret)]


@pytest.mark.parametrize(("label", "text"), LEFT)
def test_what_only_looks_alike_is_left(label: str, text: str) -> None:
    """Placeholders, public parts, code and wrong structure are no secrets."""
    assert label not in [name for name, *_ in find(text)]


def test_every_rule_has_its_rows() -> None:
    """Each rule matches a row by itself; each kind that no prefix tells has a row that is left."""
    rows = VALUES + [(label, f"{before}{secret}{after}") for label, before, secret, after in PLACED]
    for rule in table():
        own = [text for label, text in rows if f"secret.{label}" == rule.label]
        assert any(compiled(rule.expression).search(text) for text in own), rule.expression
    told = {label for label, *_ in TOKENS + PROVEN}
    kinds = {rule.label.removeprefix("secret.") for rule in table()}
    assert kinds - told <= {label for label, _ in LEFT}
    assert len(told) > 80


def test_rules_say_where_they_come_from() -> None:
    """Every rule names its source and is scored by what it rests on."""
    for rule in table():
        assert rule.docs
        assert rule.proof is not None or rule.score in {0.9, 0.7, 0.5}, rule.label


def test_a_publisher_is_named_rather_than_the_assignment() -> None:
    """A token that is assigned to a telling name is found once, as its publisher's."""
    for label, value in PROVEN:
        assert find(f'api_key = "{value}"') == [(label, value, 1.0)]


@cache
def judge() -> Filter:
    """Return a filter that redacts every secret."""
    rules = policy(Rule(("secret.*",), Action.REDACT))
    return Filter(rules, {"corpus": (SecretsDetector(),)})


ROWS = [f"{before}{secret}{after}" for _, before, secret, after in PLACED]
pieces = st.lists(
    st.sampled_from([*ROWS, *(value for _, value in VALUES), *(text for _, text in LEFT)])
    | st.sampled_from([" ", "\n", "é", '"', "=", "token: ", "-----", "@", ":", "", "\udc80", "\0"])
    | st.text(max_size=5),
    max_size=8,
).map("".join)


@given(pieces)
@settings(thorough, max_examples=150)
def test_redacted_text_is_clean_on_a_second_look(text: str) -> None:
    """What is redacted holds no secret, and redacting it again changes nothing."""
    (first,) = judge()(Batch([text]), "corpus")
    assert first.redacted is not None
    assert find(first.redacted) == []


@given(st.lists(pieces, max_size=4))
@settings(thorough, max_examples=40)
def test_batching_changes_nothing(texts: list[str]) -> None:
    """Many texts at once are judged as one by one."""
    detector = SecretsDetector()
    assert detector(Batch(texts)) == [detector(Batch([text]))[0] for text in texts]


@cache
def presidio() -> object:
    """Return Presidio's own engine over the same recognizers."""
    return engine(recognizers(table()))


@given(pieces)
@settings(thorough, max_examples=100)
def test_hits_are_those_of_presidios_engine(text: str) -> None:
    """The rules are Presidio's recognizers: its engine finds what our scanner does."""
    text = text.replace("\udc80", "\ue000")
    results = presidio().analyze(text, "en", score_threshold=0)  # type: ignore[attr-defined]
    expected = [Hit(r.entity_type, r.start, r.end, r.score) for r in results]
    assert scanner().hits(text) == sorted(expected, key=lambda h: (h.start, h.end, h.entity))


@pytest.mark.parametrize(
    "piece",
    [
        *(
            "A",
            "a1",
            "-",
            "ey",
            "eyJ.",
            "://a:",
            "=a;",
            "token=",
            "password=",
            '"',
            "\\n",
            "\udc80",
        ),
        *("-----BEGIN PRIVATE KEY-----", "xoxb-", "glpat-", "MII", "secret key: ", "bearer "),
        *("AKIA", "0.", "1/", "ghs_", "Private-Lines: 1\n", "Abc1", "http://a:b"),
    ],
)
def test_hostile_text_takes_work_in_proportion(piece: str) -> None:
    """Four times the text takes no more than some five times the calls."""
    detector = SecretsDetector()
    detector.setup()
    small, large = (Batch([piece * (size // len(piece))]) for size in (5_000, 20_000))
    assert calls(lambda: detector(large)) < 5 * calls(lambda: detector(small)) + 1000


def test_the_shipped_policy_hides_secrets_and_ends_an_answer_at_a_private_key() -> None:
    """A token is redacted in prompt and answer; a key block in a prompt only, since it is long."""
    shipped = load_filter()
    texts = Batch([f"Take {PROVEN[0][1]}, please.", f"Here it is:\n{PEM}"])
    prompts, answers = shipped(texts, "prompt"), shipped(texts, "output")
    assert [v.redacted for v in prompts] == [
        "Take <GITHUB_TOKEN>, please.",
        "Here it is:\n<PRIVATE_KEY>",
    ]
    assert [v.redacted for v in answers] == ["Take <GITHUB_TOKEN>, please.", None]
    assert answers[1].reasons == ("secret.private_key",)


def test_a_detector_is_light_until_it_is_used() -> None:
    """Building one and reading all it declares imports no library of recognizers."""
    code = (
        "import sys; from gemsieve.filters.secrets import SecretsDetector; d = SecretsDetector();"
        "d.labels, d.version, d.needs, d.weights, d.name;"
        "print([m for m in ('presidio_analyzer', 'spacy', 'hyperscan', 'regex', 'numpy')"
        " if m in sys.modules])"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout == "[]\n"


def test_a_detector_travels_as_its_options() -> None:
    """Pickled and back it is equal, and the version names the library that judges."""
    detector = SecretsDetector()
    assert pickle.loads(pickle.dumps(detector)) == detector  # noqa: S301
    assert "presidio-analyzer-" in detector.version
    assert all(label.startswith("secret.") for label in detector.labels.events)


def test_no_words_in_logs(caplog: pytest.LogCaptureFixture) -> None:
    """Nothing of a text is logged at any level."""
    with caplog.at_level(logging.DEBUG):
        find("\n".join(ROWS))
    for _, _, secret, _ in PLACED:
        assert secret not in caplog.text
