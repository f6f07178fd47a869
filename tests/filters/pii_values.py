"""Strategies of values that obey the public rule of their kind, entity by entity."""

from __future__ import annotations

import string

from hypothesis import strategies as st
from tests.filters.check_digits import grouped, iban, luhn

DIGITS = string.digits
UPPER = string.ascii_uppercase


def filled(form: str, digits: str) -> str:
    """Write digits in the places of a form, which are its #."""
    left = iter(digits)
    return "".join(next(left) if sign == "#" else sign for sign in form)


def in_groups(value: str, size: int, sign: str) -> str:
    """Cut a value into groups of a size, the last as long as is left."""
    whole, rest = divmod(len(value), size)
    return grouped(value, *[size] * whole, *[rest] * bool(rest), by=sign)


signs = st.sampled_from(["", " ", "-"])
hosts = st.from_regex(r"[a-z]{2,8}(\.[a-z]{2,6})?\.(com|org|de|co\.uk)", fullmatch=True)
locals_ = st.from_regex(r"[a-z0-9]{1,9}([._+-][a-z0-9]{1,9}){0,2}", fullmatch=True)
emails = st.builds("{}@{}".format, locals_, hosts)
urls = st.builds(
    "{}{}{}{}".format,
    st.sampled_from(["", "http://", "https://"]),
    st.sampled_from(["", "www."]),
    hosts,
    st.from_regex(r"(/[a-z0-9]{0,9}){0,3}(\?[a-z]=[a-z0-9%]{1,5})?", fullmatch=True),
)
cards = st.builds(
    lambda start, rest, sign: in_groups(luhn(start + rest), 4, sign),
    st.sampled_from(["4", "51", "37", "6011", "35"]),
    st.text(DIGITS, min_size=11, max_size=13),
    signs,
)
ssns = st.builds(
    lambda area, group, serial, sign: f"{area:03d}{sign}{group:02d}{sign}{serial:04d}",
    st.integers(1, 899).filter(lambda area: area != 666),
    st.integers(1, 99),
    st.integers(1, 9999),
    st.sampled_from(["", " ", "-", "."]),
)
ibans = st.builds(
    lambda country, bank, account, sign: in_groups(iban(country, bank + account), 4, sign),
    st.just("DE"),
    st.text(DIGITS, min_size=8, max_size=8),
    st.text(DIGITS, min_size=10, max_size=10),
    signs,
) | st.builds(
    lambda country, bank, account, sign: in_groups(iban(country, bank + account), 4, sign),
    st.just("GB"),
    st.text(UPPER, min_size=4, max_size=4),
    st.text(DIGITS, min_size=14, max_size=14),
    signs,
)
phones = st.builds(
    filled,
    st.sampled_from(
        (
            *("212-86#-####", "(312) 72#-####", "+1 415 22####9", "1-604-68#-####", "+1713######7"),
            *("+44 20 71## ####", "+44 (0)161 2######", "079## ######", "01865 2#####"),
            *("0808 2######", "+49 30 2######", "+33 1 42 ## ## ##", "+91 98### #####"),
            *("030 / 2######", "0# 42 ## ## ##"),
        )
    ),
    st.text("123456789", min_size=10, max_size=10),
)
ipv4 = st.ip_addresses(v=4).map(str)
ipv6 = st.ip_addresses(v=6).map(str)
macs = st.builds(
    lambda digits, sign: in_groups(digits, 2, sign),
    st.text("0123456789abcdef", min_size=12, max_size=12)
    | st.text("0123456789ABCDEF", min_size=12, max_size=12),
    st.sampled_from([":", "-"]),
)
VALUES = {
    "CREDIT_CARD": cards,
    "EMAIL_ADDRESS": emails,
    "IBAN_CODE": ibans,
    "IP_ADDRESS": ipv4 | ipv6,
    "MAC_ADDRESS": macs,
    "PHONE_NUMBER": phones,
    "URL": urls,
    "US_SSN": ssns,
}
values = st.sampled_from(sorted(VALUES)).flatmap(lambda e: st.tuples(st.just(e), VALUES[e]))
