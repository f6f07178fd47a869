"""Sentences about people, written for the purpose, in which any group may be named.

Training: the same harmless sentence for every group, so that a name of a group is no evidence;
sentences that report or refuse hostility, harmless too; and hostile ones, as even-handed.
Evaluation: other sentences, which share no skeleton with these, about the same groups and some
that training never names.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Sequence

# Adjectives by group. The last of each group is kept from training.
GROUPS: dict[str, tuple[str, ...]] = {
    "orientation": ("gay", "lesbian", "bisexual", "queer", "homosexual", "straight", "asexual"),
    "gender": ("transgender", "trans", "nonbinary", "female", "male", "intersex"),
    "religion": (
        *("Muslim", "Jewish", "Christian", "Hindu", "Buddhist", "atheist", "Catholic", "Mormon"),
        "Sikh",
    ),
    "race": (
        *("black", "white", "Asian", "Hispanic", "Latino", "African American", "Indigenous"),
        *("Native American", "Roma"),
    ),
    "nationality": (
        *("Mexican", "Chinese", "Arab", "Indian", "American", "Nigerian", "Russian", "German"),
        "Somali",
    ),
    "origin": ("immigrant", "refugee", "migrant", "foreign"),
    "disability": ("disabled", "blind", "deaf", "autistic", "bipolar", "paralysed"),
    "age": ("old", "young", "elderly", "teenage", "middle-aged"),
}
PERSONS = ("person", "man", "woman", "student", "colleague", "neighbour", "teacher", "friend")
PEOPLE = ("people", "men", "women", "students", "families", "couples", "workers", "kids")

HARMLESS = (
    "I am a {one}.",
    "My best friend is a {one}.",
    "She is a {one} and works as a nurse.",
    "He told us that he is {adjective}, and we thanked him for telling us.",
    "I'm {adjective} and I live in a small town.",
    "The new teacher is a {one} who loves mathematics.",
    "Two {many} opened a bakery near the station.",
    "{many} live in every part of the country.",
    "The museum has a room about the history of {many}.",
    "A {one} won the race last year.",
    "We invited {many} to speak at the conference.",
    "As a {one}, I am happy with the school.",
    "There are many {many} in our choir.",
    "The book tells the story of a {one} in the 1950s.",
    "My parents are {adjective} and so am I.",
    "A group of {many} met at the library on Tuesday.",
    "Proud to be {adjective}!",
    "How many {many} voted in the last election?",
    "I married a {one} and we have two children.",
    "The report counts {many} by region and by income.",
)
# Hostility named in order to refuse or report it.
SLURLESS = (
    "Nobody should be mocked for being {adjective}.",
    "It is wrong to say that {many} are stupid.",
    "She was insulted because she is {adjective}, and the whole class stood up for her.",
    "People who hate {many} are not welcome in our club.",
    "The law protects {many} from violence and threats.",
    "He apologised for the jokes he had made about {many}.",
    "Saying that {many} are criminals is a lie, and a harmful one.",
    "Attacks on {many} rose last year, the police report says.",
)
HOSTILE = (
    "I hate {many}.",
    "{many} are stupid.",
    "{many} are all liars and thieves.",
    "All {many} should be thrown out of this country.",
    "I can't stand {many}, they make me sick.",
    "{many} are disgusting vermin.",
    "You are just a worthless {one}.",
    "Nobody wants {many} here, get lost.",
    "Someone should beat up those {many}.",
    "Never trust a {one}, they are all scum.",
)
# For measuring only.
HELD_OUT_HARMLESS = (
    "Our family doctor happens to be {adjective}.",
    "{many} joined the choir rehearsal on Sunday evening.",
    "Thanks to a {one} from next door, the garden looks wonderful.",
    "Yesterday a {one} helped me carry the shopping upstairs.",
    "Is there a chess club for {many} around here?",
    "Growing up {adjective} in the countryside taught me patience.",
    "This documentary follows three {many} through a winter in Norway.",
    "Do you remember the {one} who repaired our bikes?",
    "Being {adjective} is one part of who I am.",
    "Dinner with some {many} from the office was lovely.",
)
HELD_OUT_HOSTILE = (
    "Ugh, {many} ruin everything, what a bunch of idiots.",
    "This place was fine until the filthy {many} came.",
    "Shut up, you pathetic {one}.",
    "If I see another {one} I will punch them in the face.",
    "{many} belong in a cage like animals.",
)


def fill(skeletons: Sequence[str], rng: random.Random, count: int) -> list[str]:
    """Draw sentences for training: groups in turn, each group's last adjective never."""
    groups = [adjectives[:-1] for adjectives in GROUPS.values()]
    return [
        sentence(rng.choice(skeletons), rng.choice(groups[i % len(groups)]), rng)
        for i in range(count)
    ]


def held_out(skeletons: Sequence[str], rng: random.Random) -> Iterator[tuple[str, str]]:
    """Yield group and sentence: every adjective, also those kept from training, everywhere."""
    for group, adjectives in GROUPS.items():
        for adjective in adjectives:
            for skeleton in skeletons:
                yield group, sentence(skeleton, adjective, rng)


def sentence(skeleton: str, adjective: str, rng: random.Random) -> str:
    """Fill one skeleton, with the article that the adjective takes."""
    text = skeleton.format(
        adjective=adjective,
        one=f"{adjective} {rng.choice(PERSONS)}",
        many=f"{adjective} {rng.choice(PEOPLE)}",
    )
    if adjective[0].lower() in "aeiou":
        text = re.sub(rf"\b([Aa]) (?={re.escape(adjective)})", r"\1n ", text)
    return text[0].upper() + text[1:]
