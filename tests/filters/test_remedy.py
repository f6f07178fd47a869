"""What a rule asks for beside dropping, and what it only tells of."""

from __future__ import annotations

import pytest
from tests import strategies as own

from gemsieve.filters import Action, Batch
from gemsieve.filters.filter import Filter
from gemsieve.filters.policy import Policy, Use
from gemsieve.filters.policy_file import PolicyError, read, ruleset
from gemsieve.filters.remedy import BLOCK, Remedy, strictest

NUMBER = 'labels = "pii.number"\n'
REST = 'labels = ["pii.*", "size.*", "kind.*"]\naction = "keep"'


def load(*rules: str, use: Use = "output") -> Filter:
    """Return a filter of these rules and one that keeps all else."""
    text = "".join(f"[[{use}]]\n{rule}\n" for rule in (*rules, REST))
    found, detectors = ruleset(read(f'name = "x"\n{text}', "p.toml"), use, "p.toml", own.DETECTORS)
    return Filter(Policy("x", "", {use: found}), {use: detectors})


@pytest.mark.parametrize(
    ("rule", "use", "error"),
    [
        ('action = "drop"\nthen = "regenrate"', "output", "did you mean 'regenerate'"),
        ('action = "drop"\nthen = "replace"', "output", "message: must be a string"),
        ('action = "drop"\nthen = "replace"\nmessage = ""', "output", "message: must be a"),
        ('action = "drop"\nthen = "block"\nmessage = "No."', "output", "message: belongs to"),
        ('action = "drop"\nmessage = "No."', "output", "then: None is none of"),
        ('action = "drop"\nthen = "block"\nattempts = 2', "output", "attempts: belongs to"),
        ('action = "drop"\nthen = "regenerate"\nattempts = 0', "output", "0 is no whole number"),
        ('action = "drop"\nthen = "regenerate"\nattempts = 9', "output", "in 1..8"),
        ('action = "drop"\nthen = "regenerate"\nattempts = true', "output", "no whole number"),
        ('action = "redact"\nthen = "block"', "output", 'is for action = "drop"'),
        ('action = "drop"\nthen = "block"', "corpus", "in [[prompt]] and [[output]]"),
        ('action = "flag"', "corpus", "a corpus counts all"),
        ('action = "drop"\nthen = "regenerate"', "prompt", "no other prompt"),
    ],
)
def test_what_has_no_meaning_is_refused(rule: str, use: Use, error: str) -> None:
    """Each mistake is named with the rule's place and its key."""
    with pytest.raises(PolicyError) as refused:
        load(NUMBER + rule, use=use)
    assert f"p.toml: {use}[1]." in str(refused.value)
    assert error in str(refused.value)


@pytest.mark.parametrize(
    ("rule", "remedy"),
    [
        ("", BLOCK),
        ('then = "block"', BLOCK),
        ('then = "replace"\nmessage = "No."', Remedy(0, "No.")),
        ('then = "regenerate"', Remedy(1)),
        ('then = "regenerate"\nattempts = 3\nmessage = "No."', Remedy(3, "No.")),
    ],
)
def test_a_verdict_tells_what_its_rule_asks_for(rule: str, remedy: Remedy) -> None:
    """The remedy comes with the drop, and with nothing else."""
    judge = load(f'{NUMBER}action = "drop"\n{rule}')
    dropped, kept = judge(Batch(["see 12", "see nothing"]), "output")
    assert (dropped.action, dropped.remedy) == (Action.DROP, remedy)
    assert (kept.action, kept.remedy) == (Action.KEEP, BLOCK)


def test_the_strictest_remedy_has_its_way() -> None:
    """Fewer attempts before more, silence before a message; what asks for none blocks."""
    ordered = [BLOCK, Remedy(0, "No."), Remedy(1), Remedy(1, "No."), Remedy(3)]
    for at, remedy in enumerate(ordered):
        assert strictest(reversed(ordered[at:])) == remedy
    judge = load(
        f'{NUMBER}action = "drop"\nthen = "regenerate"', 'labels = "pii.word"\naction = "drop"'
    )
    assert [v.remedy for v in judge(Batch(["12", "12 aab"]), "output")] == [Remedy(1), BLOCK]


def test_a_flag_is_told_and_decides_nothing() -> None:
    """Beside what is kept, redacted or dropped the flagged label is there, and only there."""
    for action in Action:
        judge = load(
            f'{NUMBER}action = "flag"\nabove = 0.1',
            f'labels = "pii.word"\naction = "{action.name.lower()}"',
        )
        both, word, early = judge(Batch(["see 12 aab", "see aab", "12 see"]), "output")
        assert both.flags == ("pii.number",)
        assert (word.flags, early.flags) == ((), ())
        assert both.action is word.action is action
        assert both.reasons == word.reasons
    assert (early.action, early.redacted) == (Action.KEEP, "12 see")
