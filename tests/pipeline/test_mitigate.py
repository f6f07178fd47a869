"""What `[mitigate]` makes of kept records: few words, the policy's own yes, and honest counts."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.strategies import NUMBERS

from gemsieve.filters import Action, Batch, Filter
from gemsieve.filters.bias.gender import swap_gender
from gemsieve.filters.detector import Detector
from gemsieve.filters.identity import IdentityDetector
from gemsieve.filters.language import LanguageDetector
from gemsieve.filters.mitigation import GenderSwap, Mitigation, Target, Weighting
from gemsieve.filters.policy import Policy, Rule, Ruleset, Use
from gemsieve.pipeline.mitigate.draw import draw
from gemsieve.pipeline.mitigate.mitigate import SWAP, Mitigator
from gemsieve.pipeline.mitigate.weights import copies_of
from gemsieve.pipeline.tally import Tally

WOMAN = "The woman closed her shop at noon."
MAN = "The man closed his shop at noon."
MEN, WOMEN = "identity.gender.men", "identity.gender.women"
ALL = Mitigation(GenderSwap(share=1), Weighting((Target("identity.gender.*", (MEN, WOMEN)),)))
KEEP = Rule(("*",), Action.KEEP)


def filter_of(mitigation: Mitigation, *rules: Rule, language: bool = False) -> Filter:
    """Return a loaded filter that looks for identities and numbers, and keeps what no rule says."""
    detectors: tuple[Detector, ...] = (IdentityDetector(), NUMBERS)
    detectors += (LanguageDetector(),) if language else ()
    rulesets: dict[Use, Ruleset] = {"corpus": Ruleset((KEEP, *rules))}
    found = Filter(Policy("test", "0" * 64, rulesets, mitigation=mitigation), {"corpus": detectors})
    found.setup("corpus")
    return found


@pytest.fixture(scope="module")
def judge() -> Filter:
    """Return a filter that redacts numbers, swaps all it can and weighs genders."""
    return filter_of(ALL, Rule(("pii.*",), Action.REDACT))


def rows(judge: Filter, texts: list[str]) -> tuple[list[dict[str, object]], Tally]:
    """Return what is written otherwise of each text, and the counts."""
    tally, batch = Tally(), Batch(texts)
    ids = [f"a.jsonl:{i}" for i, _ in enumerate(texts, 1)]
    return Mitigator(judge).rows(ids, batch, judge(batch, "corpus"), tally), tally


def test_words_are_swapped_and_groups_follow(judge: Filter) -> None:
    """A swapped text, its transform and the group that it now mentions stand in its row."""
    ((row,), tally) = rows(judge, [WOMAN])
    assert row == {"text": MAN, "transforms": [SWAP], "groups": [MEN]}
    assert tally.groups == Counter({("before", WOMEN): 1, ("after", MEN): 1})
    assert tally.transforms[SWAP, "words"] == 2


def test_redaction_comes_first_and_stays(judge: Filter) -> None:
    """What is swapped is the redacted text: its placeholder stands, and is let be."""
    ((row,), _) = rows(judge, [f"{WOMAN} It opened at 9 again."])
    assert row["text"] == f"{MAN} It opened at <NUMBER> again."


def test_a_text_without_such_words_is_left(judge: Filter) -> None:
    """It is counted as chosen, and has no transform."""
    ((row,), tally) = rows(judge, ["The river is deep."])
    assert row == {"transforms": [], "groups": []}
    assert tally.transforms[SWAP, "chosen"] == tally.transforms[SWAP, "nothing"] == 1


def test_a_swap_that_the_policy_would_not_let_be_is_taken_back() -> None:
    """Swapped, the text would be dropped: the original stays, and is counted as reverted."""
    found = filter_of(ALL, Rule((MEN,), Action.DROP))
    (kept, dropped), tally = rows(found, [WOMAN, MAN])
    assert kept == {"transforms": [], "groups": [WOMEN]}
    assert dropped == {}
    assert tally.transforms[SWAP, "reverted"] == tally.transforms[SWAP, "chosen"] == 1
    assert tally.transforms[SWAP, "swapped"] == 0


def test_words_of_other_languages_are_left() -> None:
    """Where the policy asks for the language, "her" in a German text is not taken for English."""
    german = "Der Mann kam vom Fluss her und brachte die Briefe am Abend in das alte Haus."
    (left, swapped), tally = rows(filter_of(ALL, language=True), [german, WOMAN])
    assert left == {"transforms": [], "groups": []}
    assert swapped["text"] == MAN
    assert tally.transforms[SWAP, "language"] == tally.transforms[SWAP, "swapped"] == 1
    assert swap_gender(german) != german


def test_hidden_mentions_are_of_no_group() -> None:
    """A mention that the policy redacts is not in the written text, so its group does not count."""
    found = filter_of(Mitigation(weights=ALL.weights), Rule((WOMEN,), Action.REDACT))
    ((row,), tally) = rows(found, [WOMAN])
    assert row["groups"] == []
    assert tally.groups == Counter({("before",): 1, ("after",): 1})


def test_all_that_was_chosen_is_accounted_for(judge: Filter) -> None:
    """Chosen records are those swapped, reverted, or left for a reason."""
    texts = [WOMAN, MAN, "The river is deep.", "She was pregnant.", "Anna met her brother."]
    written, tally = rows(judge, texts)
    counts = {what: n for (_, what), n in tally.transforms.items()}
    assert counts.pop("chosen") == len(texts) == sum(counts.values()) - counts.pop("words")
    assert counts["swapped"] == sum(bool(row["transforms"]) for row in written)


def test_a_second_pass_swaps_back(judge: Filter) -> None:
    """Doing it twice is doing nothing, word for word, where all words go both ways."""
    ((once,), _) = rows(judge, [WOMAN])
    ((twice,), _) = rows(judge, [str(once["text"])])
    assert twice["text"] == WOMAN
    assert swap_gender(swap_gender(WOMAN)) == WOMAN


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_draws_reach_the_share(share: float) -> None:
    """Of 20,000 records the drawn share is within four binomial deviations of the one asked for."""
    n = 20_000
    drawn = sum(draw(SWAP, 7, f"a.jsonl:{i}") < share for i in range(n)) / n
    assert abs(drawn - share) < 4 * (share * (1 - share) / n) ** 0.5


def test_draws_are_independent_of_seed_and_purpose() -> None:
    """Half of what one seed draws, another draws too; and so for purposes."""
    n = 4000
    ids = [f"a.jsonl:{i}" for i in range(n)]
    first, seed, purpose = (
        {record for record in ids if draw(*how, record) < 0.5}
        for how in ((SWAP, 0), (SWAP, 1), ("copies", 0))
    )
    for other in (seed, purpose):
        assert abs(len(first & other) / n - 0.25) < 4 * (0.25 * 0.75 / n) ** 0.5


@given(weight=st.floats(0, 20), record=st.text(max_size=10), seed=st.integers(0, 9))
def test_copies_are_the_weight_rounded(weight: float, record: str, seed: int) -> None:
    """One less or one more than the weight at the most, and the weight itself where it is whole."""
    copies = copies_of(weight, seed, record)
    assert weight - 1 < copies < weight + 1
    assert copies_of(float(copies), seed, record) == copies


def test_copies_are_unbiased() -> None:
    """Over 20,000 records their mean is the weight, within four deviations."""
    n, weight = 20_000, 2.3
    mean = sum(copies_of(weight, 0, f"a.jsonl:{i}") for i in range(n)) / n
    assert abs(mean - weight) < 4 * (0.3 * 0.7 / n) ** 0.5
