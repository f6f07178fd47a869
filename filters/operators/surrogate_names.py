"""Stand-ins for e-mail addresses and URLs: names under example domains that carry a keyed mark.

Nobody has an address under them (RFC 2606, section 3), yet anybody may write one, with words before
the @ that are somebody's. So only names that this key has marked are taken for stand-ins.
"""

from __future__ import annotations

import hmac
import re

from gemsieve.filters.operators.draw import Draw, alike, draws
from gemsieve.filters.operators.key import Key
from gemsieve.filters.pii.validity import folded

LETTERS = "abcdefghijklmnopqrstuvwxyz"
HALF = 10  # letters: 2^47 names, and a mark that one word in 2^47 has by chance
SEPARATORS = "._+-"
SUFFIXES = ("com", "net", "org")

EMAIL = re.compile(r"([^@\s]+)@([^@\s]+)")
OWN_EMAIL = re.compile(rf"([a-z{re.escape(SEPARATORS)}]+)@example\.(?:com|net|org)")
URL = re.compile(r"""(["']?)(https?://|)(www\.|)([^\s/:?#"']+)[^\s"']*\1""", re.IGNORECASE)
OWN_URL = re.compile(r"""(["']?)(?:https?://)?(?:www\.)?example\.(?:com|net|org)/([a-z]+)\1""")


def email(word: str, key: Key) -> str | None:
    """Return an address at an example domain, its local part divided as the word's is."""
    value = folded(word).lower()
    match = EMAIL.fullmatch(value)
    if match is None:
        return None
    for draw in draws(key, "EMAIL_ADDRESS", value):
        name = marked(draw, key, "EMAIL_ADDRESS")
        if not alike(name, re.sub(f"[{re.escape(SEPARATORS)}]", "", value)):
            return f"{divided(name, match[1])}@example.{suffix(match[2], draw)}"
    return None


def is_email(word: str, key: Key) -> bool:
    """Say whether a word is an address that this key has marked."""
    match = OWN_EMAIL.fullmatch(word)
    name = match and match[1].translate(dict.fromkeys(map(ord, SEPARATORS)))
    return bool(name) and is_marked(str(name), key, "EMAIL_ADDRESS")


def url(word: str, key: Key) -> str | None:
    """Return an address at an example domain, with the word's scheme, `www.` and quotes."""
    match = URL.fullmatch(folded(word))
    if match is None:
        return None
    quote, scheme, www, host = match.groups()
    for draw in draws(key, "URL", folded(word).strip("\"'")):
        name = marked(draw, key, "URL")
        if not alike(name, folded(word).lower()):
            place = f"example.{suffix(host, draw)}/{name}"
            return f"{quote}{scheme.lower()}{www.lower()}{place}{quote}"
    return None


def is_url(word: str, key: Key) -> bool:
    """Say whether a word is a URL that this key has marked."""
    match = OWN_URL.fullmatch(word)
    return match is not None and is_marked(match[2], key, "URL")


def marked(draw: Draw, key: Key, entity: str) -> str:
    """Return a name of letters, the second half of which the key makes from the first."""
    first = draw.string(LETTERS, HALF)
    return first + mark(first, key, entity)


def is_marked(name: str, key: Key, entity: str) -> bool:
    """Say whether the key made the second half of a name from the first."""
    return len(name) == 2 * HALF and hmac.compare_digest(
        name[HALF:].encode(), mark(name[:HALF], key, entity).encode()
    )


def mark(first: str, key: Key, entity: str) -> str:
    """Return the letters that a key gives to the first half of a name."""
    secret = key.derive("surrogate mark", entity)
    left, letters = int.from_bytes(hmac.digest(secret, first.encode(), "sha256")), ""
    for _ in range(HALF):
        left, number = divmod(left, len(LETTERS))
        letters += LETTERS[number]
    return letters


def divided(name: str, model: str) -> str:
    """Return a name with separators where a model has them, as far as the name reaches."""
    out, left = "", name
    for part, sign in re.findall(
        f"([^{re.escape(SEPARATORS)}]+)([{re.escape(SEPARATORS)}]?)", model
    ):
        if not sign or len(part) >= len(left):
            break
        out, left = out + left[: len(part)] + sign, left[len(part) :]
    return out + left


def suffix(host: str, draw: Draw) -> str:
    """Return the suffix of an example domain: the host's own where there is one."""
    own = host.rsplit(".", 1)[-1].lower()
    return own if own in SUFFIXES else SUFFIXES[draw.below(len(SUFFIXES))]
