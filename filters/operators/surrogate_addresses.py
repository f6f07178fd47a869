"""Stand-ins for the addresses of machines, from the ranges that are set aside for examples."""

from __future__ import annotations

import ipaddress
import re

from gemsieve.filters.operators.draw import alike, draws
from gemsieve.filters.operators.key import Key
from gemsieve.filters.pii.validity import folded

# RFC 5737, section 3, and RFC 3849, section 4. Of the third block, 203.0.113, most addresses read
# as somebody's telephone number: it is known, and not drawn from.
IPV4 = ("192.0.2", "198.51.100")
NETWORKS = tuple(ipaddress.IPv4Network(f"{block}.0/24") for block in (*IPV4, "203.0.113"))
IPV6 = ipaddress.IPv6Network("2001:db8::/32")

# An address, a zone of an IPv6 one, and the length of a prefix.
ADDRESS = re.compile(r"([0-9A-Fa-f:.]+)(?:%[^/]*)?(/[0-9]{1,3})?")

# RFC 9542, section 2.1.2: identifiers for documentation.
MAC = "00005E0053"
HARDWARE = re.compile(r"[0-9A-Fa-f]{2}([:-])(?:[0-9A-Fa-f]{2}\1){4}[0-9A-Fa-f]{2}")
DOTTED = re.compile(r"[0-9A-Fa-f]{4}\.[0-9A-Fa-f]{4}\.[0-9A-Fa-f]{4}")


def parsed(word: str) -> tuple[ipaddress.IPv4Address | ipaddress.IPv6Address, str] | None:
    """Return an address and the prefix's length behind it, or None for no address."""
    match = ADDRESS.fullmatch(folded(word))
    if match is None:
        return None
    try:
        return ipaddress.ip_address(match[1]), match[2] or ""
    except ValueError:
        return None


def ip(word: str, key: Key) -> str | None:
    """Return an address for documentation of the same version; a zone goes, a prefix stays."""
    found = parsed(word)
    if found is None:
        return None
    address, prefix = found
    for draw in draws(key, "IP_ADDRESS", str(address)):
        if address.version == 4:
            return f"{IPV4[draw.below(len(IPV4))]}.{draw.below(256)}{prefix}"
        host = draw.below(1 << 96)
        if not alike(f"{host:024x}", f"{int(address):032x}"):
            return f"{IPV6.network_address + host}{prefix}"
    return None


def is_ip(word: str, _key: Key) -> bool:
    """Say whether a word is an address for documentation."""
    found = parsed(word)
    if found is None:
        return False
    address = found[0]
    if isinstance(address, ipaddress.IPv4Address):
        return any(address in network for network in NETWORKS)
    return address in IPV6


def mac(word: str, key: Key) -> str | None:
    """Return an identifier for documentation, written as the word is."""
    text = folded(word)
    if not HARDWARE.fullmatch(text) and not DOTTED.fullmatch(text):
        return None
    plain = re.sub("[:.-]", "", text)
    draw = next(draws(key, "MAC_ADDRESS", plain.lower()))
    signs = iter(f"{MAC}{draw.below(256):02X}")
    found = "".join(sign if sign in ":.-" else next(signs) for sign in text)
    return found if plain.isupper() or plain.isdigit() else found.lower()


def is_mac(word: str, _key: Key) -> bool:
    """Say whether a word is an identifier for documentation."""
    plain = re.sub("[:.-]", "", folded(word))
    return len(plain) == 12 and plain.upper().startswith(MAC)
