"""Claims about the worked examples: they run as they stand and do what they say."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"
PERSONAL = ("rosa.gardener@example.org", "4111 1111 1111 1111")

# The libraries behind `datasets` warn about threads and files of their own.
pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")


@pytest.fixture
def shown(request: pytest.FixtureRequest, capsys: pytest.CaptureFixture[str]) -> str:
    """Run one example as a script and return what it prints."""
    runpy.run_path(str(EXAMPLES / request.param), run_name="__main__")
    return capsys.readouterr().out


@pytest.mark.parametrize("shown", ["sieve_without_beam.py"], indirect=True)
def test_the_sieve_keeps_the_letter_and_masks_its_address_both_ways(shown: str) -> None:
    """Iterator and data set keep one text of two, redacted; the short one is gone."""
    text, row = shown.splitlines()
    assert "<EMAIL_ADDRESS>" in text
    assert row == f"redact {len(text)}"
    assert not any(value in shown for value in PERSONAL)


@pytest.mark.parametrize("shown", ["guard_a_sampler.py"], indirect=True)
def test_the_guard_masks_the_prompt_and_the_answer(shown: str) -> None:
    """The toy never hears the card number, and its address is masked in what it says."""
    answer, *told = shown.splitlines()
    assert "<CREDIT_CARD>" in answer
    assert "<EMAIL_ADDRESS>" in answer
    assert told == [
        "prompt: redact pii.credit_card",
        "answer: redact pii.email_address",
        "ended: stop",
    ]
    assert not any(value in shown for value in PERSONAL)


def test_every_example_is_run_by_a_test() -> None:
    """An example without a test may rot."""
    source = Path(__file__).read_text()
    assert all(f'["{path.name}"]' in source for path in EXAMPLES.glob("*.py"))
