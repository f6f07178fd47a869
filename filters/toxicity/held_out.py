"""Sentences for measuring only: they share no skeleton, and no run of four words, with training."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence

from gemsieve.filters.toxicity.identities import AXES, in_sentence

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
    "My landlord, a cheerful {one}, grows tomatoes on the roof.",
    "Five {many} shared the prize for physics.",
    "Her sister came out as {adjective} during the holidays.",
    "What do {many} usually cook for a wedding?",
    "The council asked {many} about the new bus route.",
    "I grew up among {many} and miss their jokes.",
    "Last night we watched a comedy about two {many} on a road trip.",
    "hey all, {adjective} player here, anyone up for tennis tomorrow?",
    "A {one} wrote the song that everybody hums this summer.",
    "Some of the earliest photographs in the archive show {many} at work.",
    "According to the census, fewer {many} moved house this spring.",
    "It took courage for him to say he was {adjective} in front of the team.",
    "Could a {one} explain to me how the festival is celebrated?",
    "The charity trains {many} as electricians.",
    "Dear diary, today I sat beside a {one} on the train and we talked for hours.",
    "Several {many} have complained about the broken lift.",
    "He's {adjective}, she's a Leo, and both hate mushrooms.",
    "Researchers followed two hundred {many} for ten years.",
    "Congratulations to the {one} who finished the marathon first!",
    "We are looking for {many} to take part in a paid study of sleep.",
    "Her novel has a {adjective} detective with a weakness for liquorice.",
    "The barber next to the bakery is {adjective} and very funny.",
    "Most {many} I know prefer tea.",
    "Is it true that the first {one} in parliament was a carpenter?",
    "Grandma shares a flat with a {one}, and they play cards all day.",
    "Parking is free for {many} on public holidays.",
)
HELD_OUT_HOSTILE = (
    "Ugh, {many} ruin everything, what a bunch of idiots.",
    "This place was fine until the filthy {many} came.",
    "Shut up, you pathetic {one}.",
    "If I see another {one} I will punch them in the face.",
    "{many} belong in a cage like animals.",
    "Round up the {many} and let them rot.",
    "Typical {one}: lazy, dirty and begging for handouts.",
    "Do us a favour and keep your {adjective} face out of my sight.",
    "Why does nobody admit that {many} breed like rats?",
    "A {one} will rob you the moment you turn your back.",
    "I wish a plague would wipe out every last {one}.",
    "My kids will never share a classroom with {many}, over my dead body.",
    "Being {adjective} is a sickness, and they know it.",
    "lol imagine taking orders from a {one}, what a joke of a human being",
    "We should bring back the rope for {many}.",
    "{many} have the brains of a cockroach.",
)


def held_out(skeletons: Sequence[str], rng: random.Random) -> Iterator[tuple[str, str]]:
    """Yield axis and sentence: every term, also those kept from training, in every skeleton."""
    for axis in AXES.values():
        for skeleton in skeletons:
            for term in axis.fitting(skeleton):
                yield axis.name, in_sentence(skeleton, term, axis.person(rng))
