"""The inspector's page: one file of HTML that holds its style and script and fetches no other."""

from __future__ import annotations

import hashlib
from base64 import b64encode
from functools import cache
from importlib import resources


def part(name: str) -> str:
    """Return a file of the templates."""
    return (resources.files("gemsieve.pipeline") / "templates" / name).read_text("utf-8")


SCRIPTS = ("inspect", "inspect_list", "inspect_record", "inspect_marks")


@cache
def script() -> str:
    """Return the page's script: one scope that no other script of the browser's reaches."""
    parts = "\n".join(part(f"{name}.js") for name in SCRIPTS)
    return f'"use strict";\n(() => {{\n{parts}}})();\n'


@cache
def page() -> str:
    """Return the page; nothing of any output is in it."""
    whole = part("inspect.html").replace("/* style */", part("inspect.css"))
    return whole.replace("/* script */", script())


@cache
def content_policy() -> str:
    """Return the policy under which a browser shows the page: its own script, its own server."""
    run, drawn = digest(script()), digest(part("inspect.css"))
    return (
        f"default-src 'none'; script-src '{run}'; style-src '{drawn}'; connect-src 'self';"
        " base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


def digest(text: str) -> str:
    """Return the source expression that lets a browser run one inline text and no other."""
    return f"sha256-{b64encode(hashlib.sha256(text.encode()).digest()).decode()}"
