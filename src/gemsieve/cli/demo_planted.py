"""Synthetic records of the demo: each of a known kind, with what was planted and where."""

from __future__ import annotations

import json
import string
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING, Literal

from gemsieve.cli.demo_texts import CARRIERS, FOREIGN, GROUPS, INSULTS, NEIGHBOURS, SMALL_TALK

if TYPE_CHECKING:
    from faker import Faker

Kind = Literal["documentation", "pii", "toxic", "foreign", "junk", "identity", "malformed"]
SYNTHETIC: tuple[Kind, ...] = ("pii", "toxic", "foreign", "junk", "identity", "malformed")


@dataclass(frozen=True)
class Span:
    """Where a planted value stands in a text, in code points, and of which entity it is."""

    entity: str
    start: int
    end: int


@dataclass(frozen=True)
class Item:
    """One record of the corpus.

    Attributes:
        raw: The line of a malformed record, without its end; it has no text.
        fault: What the job should say about a malformed record.
    """

    kind: Kind
    text: str = ""
    spans: tuple[Span, ...] = ()
    raw: bytes = b""
    fault: str = ""

    def line(self) -> bytes:
        """Return the record as a JSON line."""
        if self.kind == "malformed":
            return self.raw + b"\n"
        row = {"text": self.text, "source": self.kind}
        return json.dumps(row, ensure_ascii=False).encode() + b"\n"


def planted(counts: dict[Kind, int], seed: int) -> list[Item]:
    """Return so many records of each synthetic kind; equal seeds give equal records."""
    random, makers = Random(seed), {**MAKERS, "pii": pii_maker(seed)}
    return [
        makers[kind](number, random) for kind in SYNTHETIC for number in range(counts.get(kind, 0))
    ]


def pii_maker(seed: int) -> Callable[[int, Random], Item]:
    """Return a maker of paragraphs with personal data of nobody."""
    fill = filler(seed)

    def make(number: int, random: Random) -> Item:
        return filled(CARRIERS[number % len(CARRIERS)], lambda slot: fill(slot, random))

    return make


def filler(seed: int) -> Callable[[str, Random], str]:
    """Return a maker of values, valid by the rules of their entity, from a seeded Faker."""
    from faker import Faker

    fakers = [Faker(locale) for locale in ("en_US", "de_DE", "fr_FR", "es_ES", "en_GB")]
    for faker in fakers:
        faker.seed_instance(seed)
    main, *others = fakers

    def fill(slot: str, random: Random) -> str:
        makers: dict[str, Callable[[], str]] = {
            "city": main.city,
            "person": main.name,
            "email_address": main.email,
            "phone_number": lambda: phone_number(random),
            "credit_card": lambda: card_number(main, random),
            "us_ssn": main.ssn,
            "iban_code": random.choice(others).iban,
            "ip_address": random.choice((main.ipv4_public, main.ipv4_public, main.ipv6)),
        }
        return makers[slot]()

    return fill


def phone_number(random: Random) -> str:
    """Return a number of 555-0100 to 555-0199: set aside for fiction in every area."""
    area, end = random.choice(("212", "312", "415", "617", "808")), random.randrange(100)
    form = random.choice(("({}) 555-01{:02}", "{}-555-01{:02}", "+1 {} 555 01{:02}"))
    return form.format(area, end)


def card_number(faker: Faker, random: Random) -> str:
    """Return a number with a valid check digit, in groups of four when it has sixteen."""
    digits = faker.credit_card_number(random.choice(("visa16", "mastercard", "amex")))
    return " ".join(digits[i : i + 4] for i in range(0, 16, 4)) if len(digits) == 16 else digits


def filled(carrier: str, fill: Callable[[str], str]) -> Item:
    """Fill a carrier's slots and remember where each entity went."""
    text, spans = "", []
    for words, slot, _, _ in string.Formatter().parse(carrier):
        text += words
        if slot:
            put = fill(slot)
            if slot not in ("city", "person"):  # no recognizer of ours looks for these
                spans.append(Span(slot, len(text), len(text) + len(put)))
            text += put
    return Item("pii", text, tuple(spans))


def toxic(number: int, random: Random) -> Item:
    """Return insults, in every second record with small talk between them."""
    sentences = random.sample(INSULTS, 8)
    if number % 2:
        sentences = [*sentences[:6], *random.sample(SMALL_TALK, 2)]
        random.shuffle(sentences)
    return Item("toxic", " ".join(sentences))


def identity(number: int, _: Random) -> Item:
    """Return a harmless paragraph that mentions a group; no two alike below 90."""
    group = GROUPS[number % len(GROUPS)]
    carrier = NEIGHBOURS[number // len(GROUPS) % len(NEIGHBOURS)]
    return Item("identity", carrier.format(group=group))


def foreign(number: int, random: Random) -> Item:
    """Return a paragraph that is not English."""
    sentences = FOREIGN[sorted(FOREIGN)[number % len(FOREIGN)]]
    return Item("foreign", " ".join(random.sample(sentences, 6)))


def junk(number: int, random: Random) -> Item:
    """Return text of no worth: symbols, one line over and over, a stub, numbers, loose ends."""
    word = random.choice(("click", "here", "menu", "login", "more"))
    makers: tuple[Callable[[], str], ...] = (
        lambda: " ".join("".join(random.choices("#@%&*=+<>|~^", k=6)) for _ in range(90)),
        lambda: "\n".join([f"Please {word} to see the rest of the page and all of it."] * 30),
        lambda: f"Nothing to {word}.",
        lambda: "\n".join(f"{random.random():.6f} {random.random():.6f}" for _ in range(60)),
        lambda: "\n".join(f"{word} the next part of it with you ..." for _ in range(20)),
    )
    return Item("junk", makers[number % len(makers)]())


def broken_lines() -> Iterator[tuple[str, bytes]]:
    """Yield each fault that a line can have, by its name in quarantine, with such a line."""
    yield "malformed_json", b'{"text": "the quotation mark is missing}'
    yield "invalid_utf8", b'{"text": "caf\xe9 in another encoding"}'
    yield "missing_text", b'{"title": "a record without its text"}'
    yield "text_not_string", b'{"text": 42}'
    yield "empty_text", b'{"text": "  "}'
    yield "not_an_object", b'["text", "in a list"]'
    yield "lone_surrogate", b'{"text": "half a pair: \\ud83d"}'
    yield "blank_line", b"   "


def malformed(number: int, _: Random) -> Item:
    """Return a line that no reader can make a text of."""
    faults = list(broken_lines())
    fault, raw = faults[number % len(faults)]
    return Item("malformed", raw=raw, fault=fault)


MAKERS: dict[Kind, Callable[[int, Random], Item]] = {
    "toxic": toxic,
    "foreign": foreign,
    "junk": junk,
    "identity": identity,
    "malformed": malformed,
}
