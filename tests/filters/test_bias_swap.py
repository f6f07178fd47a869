"""Identity swaps: what is written for another group fits its sentence, and the way back exists."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gemsieve.filters.bias.swap import Swap, parts, swapped, swaps
from gemsieve.filters.bias.swap_table import normal, swap_table
from gemsieve.filters.identity import mentions
from gemsieve.filters.identity_terms import lexicon

GROUPS = sorted(swap_table().forms)
# Where each slot can stand, without a word that any group clashes with.
PLACES = {
    "adjective": "Yesterday a {} person called, and a {} family came.",
    "noun": "We asked a {} from the village, and another {} answered.",
    "plural": "There are {} here, and many {} there.",
    "bare": "There are {} here, and many {} there.",
    "collective": "Some help for the {}, said the {}.",
    "condition": "Some people {} and a child {} came.",
    "person": "We asked a {} from the village.",
    "persons": "There are {} here.",
    "man": "We asked a {} from the village.",
    "men": "There are {} here.",
    "woman": "We asked a {} from the village.",
    "women": "There are {} here.",
}


def into(text: str, group: str) -> str | None:
    """Return the text with another group in it, where there is such a swap."""
    return next((s.text for s in swaps(text) if s.target == f"identity.{group}"), None)


@pytest.mark.parametrize(
    ("text", "group", "expected"),
    [
        ("I met a Muslim at work.", "religion.atheist", "I met an atheist at work."),
        ("I met a Muslim at work.", "religion.jewish", "I met a Jew at work."),
        ("a Muslim woman", "religion.jewish", "a Jewish woman"),
        ("She is Muslim.", "religion.jewish", "She is Jewish."),
        ("every young Jew said so", "religion.christian", "every young Christian said so"),
        ("Muslims and a Muslim, MUSLIMS", "religion.jewish", "Jews and a Jew, JEWS"),
        ("Muslims pray.", "religion.atheist", "Atheists pray."),
        ("Some Muslims pray.", "religion.atheist", "Some atheists pray."),
        ("AN ATHEIST MAN", "religion.hindu", "A HINDU MAN"),
        ("An atheist man", "religion.hindu", "A Hindu man"),
        ("a gay couple", "sexual_orientation.asexual", "an asexual couple"),
        ("He is gay.", "sexual_orientation.heterosexual", "He is straight."),
        ("He is gay.", "sexual_orientation.lesbian", None),
        ("a gay person", "sexual_orientation.lgbtq", "an LGBTQ person"),
        ("an LGBT person", "sexual_orientation.gay", "a gay person"),
        ("Black families", "race_ethnicity.white", "White families"),
        ("Some Black families", "race_ethnicity.white", "Some White families"),
        ("Some black families", "race_ethnicity.asian", "Some Asian families"),
        ("African\u2011American voters", "race_ethnicity.arab", "Arab voters"),
        ("the French said no", "nationality.german", "the Germans said no"),
        ("the Germans said no", "nationality.french", "the French said no"),
        ("a French family", "nationality.british", "a British family"),
        ("an American family", "nationality.ukrainian", "a Ukrainian family"),
        ("two Frenchmen", "nationality.welsh", "two Welshmen"),
        ("two Frenchmen", "nationality.german", None),
        ("help for the deaf.", "disability.blind", "help for the blind."),
        ("children with autism", "disability.adhd", "children with ADHD"),
        ("an elderly man", "age.teenagers", "a teenage man"),
    ],
)
def test_the_new_words_fit_their_place(text: str, group: str, expected: str | None) -> None:
    """Part of speech, number, article and letter case follow; what cannot fit is not offered."""
    assert into(text, group) == expected


@pytest.mark.parametrize(
    "text",
    [
        "Christian Bale bought black coffee by the straight road.",
        "in the French Revolution, in German, a German shepherd",
        "Muslims and Christians met Jews, Hindus, Buddhists, Sikhs, Jains, Mormons, Baha'is, "
        "Taoists, pagans, atheists and agnostics.",
        "gay rights for members of the Sinti",
        "",
    ],
)
def test_other_senses_and_groups_already_there_are_not_written(text: str) -> None:
    """Nothing stands in for a name, a colour or a tongue, and no group comes in twice."""
    assert not [s for s in swaps(text) if "straight" in s.text.replace("straight road", "")]
    assert {s.source for s in swaps(text)} <= {"identity.sexual_orientation.gay"}


def test_every_word_of_the_table_is_a_term_and_may_be_replaced() -> None:
    """No entry is dead: the detector knows each word under its group."""
    known = {(term.label, term.words) for term in lexicon().terms}
    assert set(swap_table().slots) <= known


@pytest.mark.parametrize("slot", PLACES)
def test_swapping_back_restores_the_text(slot: str) -> None:
    """In each slot the first word of every group can be put for every other's, and undone."""
    forms = {g: f[slot] for g, f in swap_table().forms.items() if slot in f}
    assert len(forms) > 1
    for label, form in forms.items():
        article = "an" if form[0] in "AEIOaeio" or form.startswith(("LGBT", "Un")) else "a"
        text = PLACES[slot].replace("{}", form).replace(f"a {form}", f"{article} {form}")
        axis = label.rsplit(".", 1)[0]
        wanted = {g for g in forms if g.startswith(axis + ".") and g != label}
        for target in wanted:
            there = swapped(text, label, target, parts(text))
            assert there, (slot, label, target)
            back = swapped(there.text, target, label, parts(there.text))
            assert back
            assert back.text == text


@given(
    st.lists(
        st.sampled_from([word for _, word in swap_table().slots])
        | st.sampled_from(
            ["the", "a", "an", "A", "AN", "people", "is", "said.", "İ", "\ud800", "-"]
        )
        | st.characters(),
    ).map(" ".join)
)
def test_a_swap_changes_one_group_into_one_other(text: str) -> None:
    """For any text: after a swap the source is gone, the target is there, and no other changed."""
    before = {f.label for f in mentions(text)}
    made = swaps(text)
    assert made == swaps(text)
    for swap in made:
        start, end = swap.span
        after = {f.label for f in mentions(swap.text)}
        assert swap.source in before
        assert swap.target not in before
        assert swap.target in after
        assert (swap.source, normal(text[start:end])) in swap_table().slots


def test_a_limit_chooses_by_text_and_seed() -> None:
    """A choice is as long as asked for, part of all swaps, stable, and differs by seed."""
    text = "A German family and a Muslim teacher met."
    everything = swaps(text)
    few = swaps(text, limit=5)
    assert few == swaps(text, limit=5)
    assert len(few) == 5
    assert set(few) < set(everything)
    assert {tuple(swaps(text, limit=5, seed=str(seed))) for seed in range(5)} != {tuple(few)}
    assert set(swaps(text, limit=1000)) == set(everything)
    assert swaps(text, limit=0) == []


def test_swaps_say_what_they_did() -> None:
    """A swap names both groups and the place of the first mention."""
    (swap,) = [s for s in swaps("Two Muslims left.") if s.target == "identity.religion.sikh"]
    assert swap == Swap(
        "Two Sikhs left.", "identity.religion.muslim", "identity.religion.sikh", (4, 11)
    )
