"""Rules on columns: licences and opt-outs drop by what a source says, and fail closed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gemsieve.filters import Action, Batch
from gemsieve.filters.catalogue import filter_from_text
from gemsieve.filters.policy import Ruleset
from gemsieve.filters.policy_column import FALSE, TRUE, ColumnRule
from gemsieve.filters.policy_file import PolicyError

OPEN = 'column = "license"\nis_not = ["CC0-1.0", "cc-by-*", 4]'
OUT = 'column = "opt_out"\nis = true'


def actions(rule: str, column: str, values: list[str | None], **more: list[str | None]) -> str:
    """Judge records by one rule; a letter each, d for dropped and k for kept."""
    judge = filter_from_text(f'name = "x"\n[[columns]]\n{rule}\n', "x.toml")
    batch = Batch(["text"] * len(values), {column: values, **more})
    for verdict in (verdicts := judge(batch, "corpus")):
        assert verdict.reasons == ((f"column.{column}",) if verdict.action else ())
    return "".join("k" if v.action is Action.KEEP else "d" for v in verdicts)


def test_a_licence_is_allowed_by_name() -> None:
    """Names are globs in any case; another licence, an empty one and none at all drop."""
    values = ["cc0-1.0", " CC-BY-4.0 ", "4", "MIT", "cc-by", "", None]
    assert actions(OPEN, "license", [*values]) == "kkkdddd"
    assert actions(f'{OPEN}\nmissing = "keep"', "license", [*values]) == "kkkddkk"


def test_of_several_values_one_is_enough_to_drop() -> None:
    """Each licence of a list must be allowed, and one refused word refuses; no list is a word."""
    values = ['["CC0-1.0"]', '["cc0-1.0", "4"]', '["cc0-1.0", "MIT"]', "[]", '["cc0-1.0", ""]', "["]
    assert actions(OPEN, "license", [*values]) == "kkdddd"
    assert actions('column = "license"\nis = "mit"', "license", [*values]) == "kkdkdk"


def test_an_opt_out_is_read_however_it_is_spelt() -> None:
    """True in any spelling drops, false does not; what is neither counts as missing."""
    values: list[str | None] = ["True", "YES", "1", "False", "no", "0", "maybe", "", None]
    assert actions(OUT, "opt_out", values) == "dddkkkddd"
    assert actions(f'{OUT}\nmissing = "keep"', "opt_out", values) == "dddkkkkkk"
    consent = 'column = "consent"\nis_not = true'
    assert actions(consent, "consent", values) == "kkkdddddd"


def test_a_refused_word_drops() -> None:
    """`is` with words drops those that are named, and none that has another value."""
    rule = 'column = "robots"\nis = "noai*"\nmissing = "keep"'
    assert actions(rule, "robots", ["NoAI, noimageai", "index", None]) == "dkk"


def test_when_bounds_a_rule_to_a_source_and_never_spares_an_unknown_one() -> None:
    """A rule for one source leaves the others alone; where the source is unknown it holds."""
    rule = f'{OUT}\nwhen = {{ source = "web*" }}'
    sources: list[str | None] = ["web.jsonl", "books.jsonl", None]
    assert actions(rule, "opt_out", [None] * 3, source=sources) == "dkd"


def test_a_column_that_nobody_brought_fails_closed() -> None:
    """A batch without the column is a batch without its values."""
    judge = filter_from_text(f'name = "x"\n[[columns]]\n{OUT}\n', "x.toml")
    assert judge(Batch(["text"]), "corpus")[0].reasons == ("column.opt_out",)
    assert judge.policy.ruleset("corpus").reads == {"opt_out"}


VALUES = st.one_of(st.none(), st.text(max_size=5), st.sampled_from(sorted(TRUE | FALSE)))
RULES = st.builds(
    ColumnRule,
    st.just("c"),
    st.booleans() | st.tuples(st.sampled_from(["*", "y*", "on", ""])),
    st.booleans(),
    st.booleans(),
)


@given(st.lists(RULES, max_size=3), RULES, VALUES)
def test_one_more_rule_is_never_milder(
    rules: list[ColumnRule], more: ColumnRule, value: str
) -> None:
    """Adding a rule keeps every drop, and only rules that act are reasons."""
    columns = {"c": value}
    before = Ruleset((), columns=tuple(rules)).decide("text", [], columns)
    after = Ruleset((), columns=(*rules, more)).decide("text", [], columns)
    assert after.action >= before.action
    assert after.reasons == (("column.c",) if any(r.acts(columns) for r in [*rules, more]) else ())


@given(st.booleans(), st.booleans(), VALUES)
def test_a_rule_and_its_opposite_drop_all(values: bool, missing: bool, value: str) -> None:
    """`is` and `is_not` of one value: each text is dropped by exactly one, an unknown by both."""
    rules = [ColumnRule("c", values, negated, missing) for negated in (False, True)]
    acting = sum(rule.acts({"c": value}) for rule in rules)
    known = (value or "").strip().casefold() in TRUE | FALSE
    assert acting == (1 if known else 2 * missing)


@pytest.mark.parametrize(
    ("rule", "error"),
    [
        ("column = 1", "columns[1].column: missing"),
        ('column = "a"', "columns[1]: needs is or is_not"),
        ('column = "a"\nis = "x"\nis_not = "y"', "columns[1]: needs is or is_not"),
        ('column = "a"\nis = []', "columns[1].is: must be a string"),
        ('column = "a"\nis = [true]', "columns[1].is: must be a string"),
        ('column = "a"\nis = 0.5', "columns[1].is: must be a string"),
        ('column = "a"\nis_no = "x"', "columns[1].is_no: unknown key; did you mean 'is_not'?"),
        ('column = "a"\nis = "x"\nmissing = "redact"', "columns[1].missing: must be"),
        ('column = "a"\nis = "x"\nwhen = 1', "columns[1].when: must be a table"),
        ('column = "a"\nis = "x"\nwhen = {b = true}', "columns[1].when.b: must be a string"),
    ],
)
def test_a_wrong_rule_is_named_by_its_place(rule: str, error: str) -> None:
    """Each mistake is told with the rule's place and what would be valid."""
    with pytest.raises(PolicyError) as caught:
        filter_from_text(f'name = "x"\n[[columns]]\n{rule}\n', "x.toml")
    assert str(caught.value).startswith(f"x.toml: {error}")


def test_columns_must_be_an_array() -> None:
    """One table is not several."""
    with pytest.raises(PolicyError, match="must be an array of tables"):
        filter_from_text('name = "x"\n[columns]\ncolumn = "a"', "x.toml")
