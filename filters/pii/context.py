"""Weigh hits by the words beside them: no model, no lemmas, a few dozen characters a hit.

Read are five words before a hit, within 80 characters, and four behind it, within its clause.
Words that only say that a number comes ("no.", "is") are read over. The nearest word counts: one
that speaks for the hit's entity raises its score, one that names a thing ("version", "order"),
within two words before, lowers it. Of hits that overlap, the one whose word is nearest keeps it: in
"passport 123456789, account 987654321" each number is what its own word says.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from gemsieve.filters.pii.context_words import RUNS, Vocabulary, folded, stem, table, tokens
from gemsieve.filters.pii.overlap import Hit

if TYPE_CHECKING:
    from presidio_analyzer import EntityRecognizer

BEFORE, BEHIND = 80, 40  # characters
WORDS_BEFORE, WORDS_BEHIND, WORDS_AGAINST = 5, 4, 2
# Presidio adds as much, and then lifts to 0.4: a score on which a limit of 0.4 does not act.
CHANGE, LIFT = 0.35, 0.45
# What scores less is not worth a finding.
LEAST = 0.2
PROVEN = 1.0
# So many signs of a script that does not part its words count as one.
SIGNS = 4

# Stands where something was redacted, and speaks for nothing.
PLACEHOLDER = re.compile("<[A-Z_]{2,40}>")
# Behind a hit, its clause ends here; with a digit or a colon, it is the label of what follows.
CLAUSE_END = re.compile(r"[\n\r,;|<]|\.\s")
NEXT = re.compile(r"[0-9:=]")

Distances = dict[str, float]  # how many words away the nearest word for a key is
AGAINST = float("inf")


class WordContext:
    """Gives hits the scores that their surroundings call for, and drops those worth nothing.

    Args:
        recognizers: Entities without an entry in the table take their recognizers' context words.
    """

    def __init__(self, recognizers: Sequence[EntityRecognizer] = ()) -> None:
        self.vocabulary = Vocabulary()
        self.keys: dict[str, tuple[str, ...]] = {}
        self.filler = {stem(folded(word)) for word in table()["filler"]["words"]}
        for theme, languages in table()["themes"].items():
            for terms in languages.values():
                self.vocabulary.add(theme, terms)
        for entity, entry in table()["entities"].items():
            self.vocabulary.add(entity, entry.get("words", []))
            self.vocabulary.add(f"{entity} beside", entry.get("beside", []))
            self.keys[entity] = (*entry.get("themes", []), entity)
        for recognizer in recognizers:
            for entity in recognizer.supported_entities:
                if entity not in table()["entities"]:
                    self.vocabulary.add(entity, recognizer.context or [])
                    self.keys[entity] = (entity,)

    def __call__(self, text: str, sightings: Sequence[tuple[EntityRecognizer, Hit]]) -> list[Hit]:
        """Return the hits with the scores that count, in order."""
        hits = sorted({hit for _, hit in sightings}, key=lambda h: (h.start, h.end, h.entity))
        words: list[float | None] = []
        place, before, behind = (-1, -1), Distances(), Distances()
        for hit in hits:
            if (hit.start, hit.end) != place:
                place = (hit.start, hit.end)
                before, behind = self.before(text, hit.start), self.behind(text, hit.end)
            words.append(self.nearest(hit.entity, before, behind))
        outdone = set(farther(hits, words))
        weighed = (
            hit._replace(score=weight(hit.score, None if i in outdone else words[i]))
            for i, hit in enumerate(hits)
        )
        return [hit for hit in weighed if hit.score >= LEAST]

    def nearest(self, entity: str, before: Distances, behind: Distances) -> float | None:
        """Return how far the nearest word for an entity is, or AGAINST; None for no word."""
        found = [
            places[key]
            for places in (before, behind)
            for key in self.keys.get(entity, ())
            if key in places
        ]
        beside = f"{entity} beside"
        found += [places[beside] for places in (before, behind) if places.get(beside, 1) < 1]
        nearest = min(found, default=None)
        against = before.get("things", WORDS_AGAINST)
        if against < WORDS_AGAINST and (nearest is None or against < nearest):
            return AGAINST
        return nearest

    def before(self, text: str, start: int) -> Distances:
        """Return the distances of the words before a place."""
        begin = max(0, start - BEFORE)
        piece = text[begin:start]
        if text[max(0, begin - 1) : begin].isalnum():
            piece = re.sub(r"^\w+", "", piece)  # the rest of a word
        piece = folded(PLACEHOLDER.sub(" ", piece))
        found = Distances()
        row, distance = tokens(piece), 0
        while row and distance < WORDS_BEFORE:
            for key in self.vocabulary.ending(row):
                found.setdefault(key, distance)
            distance += stem(row.pop()) not in self.filler
        return self.within(piece[::-1], found, -1)

    def behind(self, text: str, end: int) -> Distances:
        """Return the distances of the words behind a place: half a word more than before it."""
        piece = text[end : end + BEHIND]
        clause = CLAUSE_END.search(piece)
        piece = piece[: clause.start()] if clause else piece
        found = Distances()
        if NEXT.search(piece):
            return found
        piece = folded(piece)
        row, distance = tokens(piece), 0.5
        for i, word in enumerate(row):
            for key in self.vocabulary.ending(row[: i + 1]):
                found.setdefault(key, distance)
            distance += stem(word) not in self.filler
            if distance > WORDS_BEHIND:
                break
        return self.within(piece, found, 1)

    def within(self, piece: str, found: Distances, direction: int) -> Distances:
        """Add the words within runs of signs, of a piece as it is met from the hit."""
        if RUNS.search(piece):
            for term, keys in self.vocabulary.inside.items():
                at = piece.find(term[::direction])
                for key in keys if at >= 0 else ():
                    found[key] = min(found.get(key, AGAINST), at // SIGNS + (direction > 0) / 2)
        return found


def farther(hits: Sequence[Hit], words: Sequence[float | None]) -> Iterator[int]:
    """Yield the numbers of hits that overlap one of another entity whose word is nearer."""
    active: list[int] = []
    for i, hit in enumerate(hits):
        active = [j for j in active if hits[j].end > hit.start]
        for j in active:
            mine, other = words[i], words[j]
            if hit.entity == hits[j].entity or mine is None or other is None or mine == other:
                continue
            loser, word = (i, mine) if mine > other else (j, other)
            if word != AGAINST:
                yield loser
        active.append(i)


def weight(score: float, word: float | None) -> float:
    """Return a score as the words around change it; what is proven stays as it is."""
    if word is None or score >= PROVEN:
        return score
    if word == AGAINST:
        return max(0.0, score - CHANGE)
    return min(PROVEN, max(score + CHANGE, LIFT))
