"""Whether what has a secret's shape may be one: entropy, placeholders, and what can be decoded."""

from __future__ import annotations

import base64
import json
import math
import re
from collections import Counter
from collections.abc import Callable, Mapping

# What people write where a secret would stand: words for one, holes to fill, keys struck in order.
PLACEHOLDER = re.compile(
    r"example|placeholder|change[_-]?(?:me|this|it)|redacted|dummy|sample|(?:replace|insert)[_-]"
    r"|(?:^|[^a-z])(?:your|my)[_-]|^your|[_-]here$|x{4}|\*{3}|\.{3}|…"
    r"|0?123456789|abcdefgh|^[$%]|[$#{]\{|\{\{|^\{.*\}$|^<.*>$|^\[.*\]$|^&lt;|^%\(",
    re.IGNORECASE | re.DOTALL,
)
# Values of documentation and of empty forms, once digits and signs are left out.
WORDS = re.compile(
    "admin|changeme|default|demo|empty|example|false|foo|foobar|guest|key|login|name|none|null"
    "|optional|pass|passwd|passphrase|password|passwort|prompt|pw|pwd|required|root|secret|string"
    "|test|testing|text|token|true|undefined|user|username|value|xxx"
)
# `config.key`, `process.env.KEY`, `/oauth/v2/token`.
CODE = re.compile(r"[a-z]{1,12}\.[A-Za-z_]|[a-z0-9_.-]*(?:/[a-z0-9_.-]+){2}")
# Words in names: with a capital or after a sign, not before a digit; or in capitals between signs.
WORD = re.compile(
    r"(?:[A-Z][a-z]{3,}|(?<![A-Za-z0-9])[a-z]{4,})(?![0-9a-z])"
    r"|(?<![A-Za-z0-9])[A-Z]{4,}(?![A-Za-z0-9])"
)
# The shortest private key in use, Ed25519 in PKCS #8, has 48 bytes: 64 characters.
KEY_CHARACTERS, KEY_ENTROPY = 64, 4.0


def bits(word: str) -> float:
    """Return the Shannon entropy of a word's characters, in bits a character."""
    counts = Counter(word).values()
    return math.log2(len(word)) - sum(n * math.log2(n) for n in counts) / len(word)


def plausible(secret: str) -> bool:
    """Say whether a word is no placeholder: `YOUR_KEY`, `xxxx`, `<password>`, `${VAR}`."""
    return PLACEHOLDER.search(secret) is None and len(set(secret)) > 1


def password(secret: str) -> bool:
    """Say whether a word may be a password, where one is sure to stand."""
    letters = re.sub(r"[^a-z]", "", secret.lower())
    return plausible(secret) and not (letters and WORDS.fullmatch(letters))


def chosen(secret: str) -> bool:
    """Say whether a quoted word may be a password: a letter, a digit, and not a path or code."""
    both = re.search("[A-Za-z]", secret) and re.search("[0-9]", secret)
    return bool(both) and password(secret) and not CODE.match(secret)


def mixed(secret: str) -> bool:
    """Say whether a word looks drawn at random, where only its neighbours say that it is secret.

    It has letters and digits, or many capitals among small letters; it is neither a reference in
    code nor a path, and not made of words.
    """
    small, capitals = (len(re.findall(kind, secret)) for kind in ("[a-z]", "[A-Z]"))
    digits = re.search("[0-9]", secret) and small + capitals
    if not ((digits or min(small, capitals) > 3) and password(secret)):
        return False
    worded = sum(map(len, WORD.findall(secret)))
    return not CODE.match(secret) and 2 * worded < len(re.sub("[^A-Za-z0-9]", "", secret))


def jwt(secret: str) -> bool:
    """Say whether the first part is the header of a JSON Web Token: an object with `alg`."""
    header = decoded_json(secret[secret.find("ey") :].split(".", 1)[0])
    return isinstance(header, dict) and isinstance(header.get("alg"), str)


def decoded_json(part: str) -> object:
    """Return what base64url without padding says in JSON; None if it does not."""
    try:
        return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except (ValueError, RecursionError):
        return None


def private_key(block: str) -> bool:
    """Say whether an armoured block has a body: long runs of base64, and not of one character."""
    body = "".join(re.findall("[A-Za-z0-9+/=]{16,}", re.sub(r"\\[rn]", "\n", block)))
    return len(body) >= KEY_CHARACTERS and bits(body) > KEY_ENTROPY


def basic_auth(secret: str) -> bool:
    """Say whether a word is the base64 of a user and a password."""
    try:
        user, colon, word = base64.b64decode(secret, validate=True).decode().partition(":")
    except ValueError:
        return False
    return bool(colon) and (user + word).isprintable() and password(word)


def discord(secret: str) -> bool:
    """Say whether the first part is a user's number in base64, of 17 to 20 digits."""
    part = secret.split(".", 1)[0]
    try:
        return bool(re.fullmatch(rb"[0-9]{17,20}", base64.urlsafe_b64decode(part + "==")))
    except ValueError:
        return False


CHECKS: Mapping[str, Callable[[str], bool]] = {
    "basic_auth": basic_auth,
    "chosen": chosen,
    "discord": discord,
    "jwt": jwt,
    "mixed": mixed,
    "password": password,
    "plausible": plausible,
    "private_key": private_key,
}
