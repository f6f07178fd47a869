"""Addresses of computers: of the Internet protocol, and of network cards."""

from __future__ import annotations

import ipaddress
import re

from gemsieve.filters.pii.ours.base import ANYTHING, BEGIN, END, UNCLEAR, Recognizer

# Every computer itself, no computer, every computer, and masks.
NOBODY = {"127.0.0.1", "0.0.0.0", "255.255.255.255", "255.255.255.0", "255.255.0.0", "255.0.0.0"}  # noqa: S104
OCTET = r"(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"
V4 = rf"{OCTET}(?:\.{OCTET}){{3}}"
# Four numbers up to 31 are more often a version or a section; networks 0, 127 and 255 name no
# computer that could be somebody's.
NO_HOST = r"(?!0\.|127\.|255\.)"
SMALL = r"(?!(?!10\.)(?:[12]?[0-9]|3[01])(?:\.(?:[12]?[0-9]|3[01])){3}(?![0-9]))"
PREFIX_4, PREFIX_6 = r"(?:/(?:3[0-2]|[12]?[0-9]))?", r"(?:/(?:12[0-8]|1[01][0-9]|[1-9]?[0-9]))?"
# "4.3.12.4. How to" at the start of a line is a heading.
HEADING = r"(?!(?:(?<=\n)|(?<=\n ))[0-9.]{7,15}\. \S)"
BEFORE_4 = rf"{BEGIN}(?<!\.)(?<![A-Za-z_][-/])(?<![0-9]-)"
AFTER_4 = rf"{END}(?!\.[0-9])(?!\.in-addr)"

GROUP = r"[0-9A-Fa-f]{1,4}"
FULL = rf"(?:{GROUP}:){{7}}{GROUP}"
SHORT = rf"(?:{GROUP}(?::{GROUP}){{0,6}})?::(?:{GROUP}(?::{GROUP}){{0,6}})?"
ZONE = r"(?:%[0-9A-Za-z._-]{1,16})?"
# Not behind a group of the same address; "to:" is none.
BEFORE_6 = rf"{BEGIN}(?<!::)(?<!\.)" + "".join(
    rf"(?<![^0-9A-Za-z][0-9A-Fa-f]{{{count}}}:)" for count in (1, 2, 3, 4)
)
AFTER_6 = rf"{END}(?!:[0-9A-Fa-f:])(?!\.[0-9])"


class Ip(Recognizer):
    """Finds addresses of the Internet protocol, versions 4 and 6, with a prefix or without."""

    entity = "IP_ADDRESS"
    shapes = (
        (rf"{BEFORE_4}{HEADING}{NO_HOST}{SMALL}{V4}{PREFIX_4}{AFTER_4}", 0.6),
        (rf"{BEGIN}(?<!\.){HEADING}{V4}{PREFIX_4}{AFTER_4}", ANYTHING),
        (rf"{BEFORE_6}(?:{FULL}|{SHORT}){ZONE}{PREFIX_6}{AFTER_6}", 0.6),
        (rf"{BEFORE_6}(?:::|(?:{GROUP}:){{1,6}}:?)(?:{GROUP}:){{0,5}}{V4}{PREFIX_6}{AFTER_6}", 0.6),
    )

    def invalidate_result(self, pattern_text: str) -> bool:
        """Say whether it is no address, or too little of one to tell it from code and times."""
        address, _, _ = pattern_text.partition("/")
        if address in NOBODY:
            return True
        try:
            ipaddress.ip_interface(pattern_text)
        except ValueError:
            return True
        if ":" not in address or "." in address:
            return False
        groups = [group for group in re.split("[:%]", address.partition("%")[0]) if group]
        if len(groups) == 8:
            return all(len(group) == 2 for group in groups)  # a world wide name
        # `a::b`, `1::`, `DB::sub`, `::2`: at least four groups, or two of which the first is handed
        # out: global, of a site, of a link, multicast (RFC 4291).
        handed_out = re.match(
            "(?:[23][0-9A-Fa-f]{3}|[Ff][CcDdEeFf][0-9A-Fa-f]{2}|64:ff9b):", address
        )
        return len(groups) < (2 if handed_out else 4)


PAIR, FOUR = r"[0-9A-Fa-f]{2}", r"[0-9A-Fa-f]{4}"
# Digits alone may be dates or amounts.
LETTER = r"(?=[0-9.-]{0,16}[A-Fa-f])"
ALONE, APART = rf"{BEGIN}(?<![:-])", rf"{END}(?![:-])"


class Mac(Recognizer):
    """Finds addresses of network cards (IEEE 802), in the three usual ways of writing them."""

    entity = "MAC_ADDRESS"
    shapes = (
        (rf"{ALONE}{PAIR}(?::{PAIR}){{5}}{APART}", 0.6),
        (rf"{ALONE}{LETTER}{PAIR}(?:-{PAIR}){{5}}{APART}", 0.6),
        (rf"{ALONE}{PAIR}(?:-{PAIR}){{5}}{APART}", UNCLEAR),
        (rf"{BEGIN}(?<!\.){LETTER}{FOUR}\.{FOUR}\.{FOUR}{END}(?!\.\w)", 0.6),
        (rf"{BEGIN}(?<!\.){FOUR}\.{FOUR}\.{FOUR}{END}(?!\.\w)", ANYTHING),
    )

    def invalidate_result(self, pattern_text: str) -> bool:
        """Say whether it names no card: broadcast or all zeros."""
        return re.sub("[:.-]", "", pattern_text).upper() in {"F" * 12, "0" * 12}
