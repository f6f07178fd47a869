"""Claims about the synthetic half of the demo's corpus."""

from __future__ import annotations

import ipaddress
import re
from pathlib import Path

import pytest

from gemsieve.cli.demo_planted import SYNTHETIC, Item, Kind, broken_lines, filled, planted
from gemsieve.cli.demo_texts import CARRIERS, FOREIGN, INSULTS, NEIGHBOURS, SMALL_TALK
from gemsieve.pipeline.reading.read import read
from gemsieve.pipeline.reading.read_jsonl import parse
from gemsieve.pipeline.reading.record import Broken, Meter
from gemsieve.pipeline.reading.slices import plan

COUNTS: dict[Kind, int] = dict.fromkeys(SYNTHETIC, 20)


def luhn(number: str) -> bool:
    """Say whether a card number's check digit is right (ISO/IEC 7812-1)."""
    digits = [int(c) for c in reversed(number.replace(" ", ""))]
    doubled = [sum(divmod(2 * d, 10)) for d in digits[1::2]]
    return (sum(digits[::2]) + sum(doubled)) % 10 == 0


def iban(number: str) -> bool:
    """Say whether an account number's check digits are right (ISO 13616)."""
    moved = number[4:] + number[:4]
    return int("".join(str(int(c, 36)) for c in moved)) % 97 == 1


def ssn(number: str) -> bool:
    """Say whether a number may be issued: no part of zeros, no area 666 or from 900."""
    area, group, serial = number.split("-")
    return "000" < area < "900" and area != "666" and group > "00" and serial > "0000"


def ip(address: str) -> bool:
    """Say whether an address can be parsed."""
    return bool(ipaddress.ip_address(address))


RULES = {
    "credit_card": luhn,
    "email_address": lambda value: re.fullmatch(r"[\w.+-]+@[\w-]+\.[a-z]+", value),
    "iban_code": iban,
    "ip_address": ip,
    "phone_number": lambda value: re.fullmatch(r"(\+1 )?\(?\d{3}\)?[ -]555[ -]01\d\d", value),
    "us_ssn": ssn,
}


@pytest.mark.parametrize("seed", range(3))
def test_every_planted_span_holds_a_valid_value_of_its_entity(seed: int) -> None:
    """The ground truth points at values that their entity's own rules accept, all six of them."""
    spans = [(item.text, s) for item in planted({"pii": 60}, seed) for s in item.spans]
    assert {span.entity for _, span in spans} == set(RULES)
    for text, span in spans:
        assert RULES[span.entity](text[span.start : span.end]), span.entity


def test_equal_seeds_give_equal_records_and_others_do_not() -> None:
    """A demo can be repeated, and varied."""
    assert planted(COUNTS, 7) == planted(COUNTS, 7)
    assert planted(COUNTS, 7) != planted(COUNTS, 8)


@pytest.mark.parametrize("carrier", [*CARRIERS, *NEIGHBOURS])
def test_carriers_are_long_enough_and_harmless_without_their_slots(carrier: str) -> None:
    """A carrier has at least 60 words, no digit and no @: only what is planted can be found."""
    text = filled(carrier, lambda _: "").text if carrier in CARRIERS else carrier
    assert len(text.split()) >= 60
    assert not re.search(r"[0-9@]", text)


def test_texts_judged_for_abuse_are_long_enough_for_the_quality_rules() -> None:
    """No abusive, foreign or harmless record can be dropped for having under 50 words."""
    judged = [item for item in planted(COUNTS, 0) if item.kind in ("toxic", "foreign", "identity")]
    assert len(judged) == 60
    assert min(len(item.text.split()) for item in judged) >= 50


def test_tables_hold_no_sentence_twice() -> None:
    """Samples vary because every sentence of a table is its own."""
    for table in (INSULTS, *FOREIGN.values()):
        assert len(set(table)) == len(table)


@pytest.mark.parametrize(("fault", "line"), list(broken_lines()))
def test_each_malformed_line_has_the_fault_it_is_planted_for(
    fault: str, line: bytes, tmp_path: Path
) -> None:
    """The reader names the very fault that the ground truth promises."""
    (tmp_path / "a.jsonl").write_bytes(line + b"\n")
    (piece,) = plan([str(tmp_path / "a.jsonl")])
    assert [*read(piece, "text", (), Meter())] == [Broken(1, fault)]  # type: ignore[arg-type]


def test_a_well_formed_record_reads_back_as_its_text_and_kind() -> None:
    """What is written as a line is what was meant, quotes and accents included."""
    item = Item("foreign", 'Sie sagte: "schön"\n')
    record = parse(1, item.line(), "text", ("source",))
    assert not isinstance(record, Broken)
    assert (record.text, record.columns["source"]) == (item.text, "foreign")


def test_abusive_records_differ_and_every_second_one_hides_in_small_talk() -> None:
    """Abusive records are no copies of each other, and not all of them are easy."""
    texts = [item.text for item in planted({"toxic": 40}, 0)]
    assert len(set(texts)) == 40
    mixed = [any(sentence in text for sentence in SMALL_TALK) for text in texts]
    assert mixed == [False, True] * 20
