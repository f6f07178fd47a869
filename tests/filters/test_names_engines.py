"""Names by other engines, from a folder: Presidio's own answer, no failure taken for silence."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Any, cast

import pytest

from gemsieve.filters import Batch, Finding
from gemsieve.filters.detect import detect
from gemsieve.filters.names import NamesDetector
from gemsieve.filters.names.engines import finder
from gemsieve.filters.names.models import PACKAGED
from gemsieve.filters.names.pipeline import Pipeline

pytestmark = [
    pytest.mark.skipif(find_spec("transformers") is None, reason="transformers is not installed"),
    pytest.mark.filterwarnings("default"),  # those of libraries that we do not install
]

TEXTS = ["Mary Smith met Bo in Paris.", "bo", "", "A bad day in Rome for Mary.", "in in in"]


@pytest.fixture(scope="module")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Return the configuration of a transformer of 16 dimensions, its words in a folder."""
    transformers: Any = pytest.importorskip("transformers")
    folder = tmp_path_factory.mktemp("encoder")
    letters = [chr(c) for c in range(ord("a"), ord("z") + 1)]
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "."]
    vocabulary = [*special, *letters, *(f"##{letter}" for letter in letters)]
    (folder / "vocab.txt").write_text("\n".join(vocabulary))
    tokenizer = transformers.BertTokenizerFast(vocab=str(folder / "vocab.txt"))
    tokenizer.model_max_length = 64
    tokenizer.save_pretrained(folder)
    labels = dict(enumerate(["O", "B-PER", "I-PER", "B-LOC", "I-LOC", "B-ORG"]))
    return transformers.BertConfig(
        _name_or_path=str(folder),
        vocab_size=len(vocabulary),
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=16,
        max_position_embeddings=64,
        initializer_range=1.0,
        id2label=labels,
        label2id={label: number for number, label in labels.items()},
    )


@pytest.fixture(scope="module")
def classifier(encoder: Any) -> str:
    """Return the folder of a token classifier that nobody has trained."""
    torch: Any = pytest.importorskip("torch")
    transformers: Any = pytest.importorskip("transformers")
    torch.manual_seed(5)
    transformers.BertForTokenClassification(encoder).save_pretrained(encoder.name_or_path)
    return str(encoder.name_or_path)


def theirs(model: str, text: str) -> list[Finding]:
    """Return what Presidio's engine finds by its own file with this model in it."""
    import presidio_analyzer
    from presidio_analyzer import AnalyzerEngine, RecognizerRegistry
    from presidio_analyzer.nlp_engine import NlpEngineProvider
    from presidio_analyzer.predefined_recognizers import TransformersRecognizer

    file = Path(presidio_analyzer.__file__).parent / "conf" / "transformers.yaml"
    settings: dict[str, Any] = NlpEngineProvider(conf_file=file).nlp_configuration
    names = {"spacy": PACKAGED, "transformers": model}
    settings["models"] = [{"lang_code": "en", "model_name": names}]
    engine = AnalyzerEngine(
        registry=RecognizerRegistry([TransformersRecognizer()], supported_languages=["en"]),
        nlp_engine=NlpEngineProvider(nlp_configuration=settings).create_engine(),
    )
    asked = ["LOCATION", "ORGANIZATION", "PERSON"]
    results = engine.analyze(text, "en", entities=asked, score_threshold=0)
    found = [Finding(f"names.{r.entity_type.lower()}", r.score, (r.start, r.end)) for r in results]
    return sorted(found, key=lambda f: (f.span or (0, 0), f.label))


def test_findings_are_those_of_presidio(classifier: str) -> None:
    """In a batch as alone, and an untrained model finds something."""
    detector = NamesDetector(engine="transformers", model=classifier)
    found = detector(Batch(TEXTS))
    assert found == [theirs(classifier, text) for text in TEXTS]
    assert any(found)
    assert len(detector.weights) == 64
    assert "+transformers-" in detector.version


def test_a_text_on_which_the_model_fails_fails_closed(classifier: str) -> None:
    """Presidio would say that there are no names; the other texts of the batch keep theirs."""
    detector = NamesDetector(engine="transformers", model=classifier)
    expected = detector(Batch(TEXTS))
    run = cast(Pipeline, finder("transformers", classifier, tuple(detector.entities)))
    sound = run.witness.model

    def broken(texts: str | list[str]) -> object:
        if "bad" in "".join(texts):
            raise ValueError(texts)
        return sound(texts)

    run.witness.model = broken
    try:
        found, _ = detect([detector], Batch(TEXTS))
    finally:
        run.witness.model = sound
    for text, got, good in zip(TEXTS, found, expected, strict=True):
        assert got == ([Finding("error.names", 1.0)] if "bad" in text else good)


def test_gliner_is_asked_for_our_entities(encoder: Any, tmp_path: Path) -> None:
    """An untrained GLiNER finds something, in a batch as alone, and each finding in the text."""
    gliner: Any = pytest.importorskip("gliner")
    torch: Any = pytest.importorskip("torch")
    transformers: Any = pytest.importorskip("transformers")
    base = encoder.name_or_path
    torch.manual_seed(0)
    transformers.BertModel(encoder).save_pretrained(base)
    settings = {"model_name": base, "hidden_size": 16, "max_width": 6, "max_len": 40, "name": "t"}
    gliner.GLiNER.from_config(settings).save_pretrained(tmp_path / "gliner")
    detector = NamesDetector(engine="gliner", model=str(tmp_path / "gliner"))
    found = detector(Batch(TEXTS))
    assert found == [detector(Batch([text]))[0] for text in TEXTS]
    assert any(found)
    for text, findings in zip(TEXTS, found, strict=True):
        assert all(f.label in detector.labels.events for f in findings)
        assert all(f.span and 0 <= f.span[0] < f.span[1] <= len(text) for f in findings)
