"""The inspector's page: one file of HTML that holds its style and script and fetches no other."""

from __future__ import annotations

import hashlib
from base64 import b64encode
from functools import cache
from importlib import resources


def part(name: str) -> str:
    """Return a file of the templates."""
    return (resources.files("gemsieve.pipeline") / "templates" / name).read_text("utf-8")


@cache
def page() -> str:
    """Return the page; nothing of any output is in it."""
    style, script = part("inspect.css"), part("inspect.js")
    return part("inspect.html").replace("/* style */", style).replace("/* script */", script)


@cache
def content_policy() -> str:
    """Return the policy under which a browser shows the page: its own script, its own server."""
    style, script = (digest(part(f"inspect.{kind}")) for kind in ("css", "js"))
    return (
        f"default-src 'none'; script-src '{script}'; style-src '{style}'; connect-src 'self';"
        " base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


def digest(text: str) -> str:
    """Return the source expression that lets a browser run one inline text and no other."""
    return f"sha256-{b64encode(hashlib.sha256(text.encode()).digest()).decode()}"
