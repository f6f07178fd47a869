"""`GET /`: a page to try a policy on a conversation. All that it needs is in it."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from importlib import resources

from fastapi.responses import HTMLResponse

from gemsieve.safety.api.route import router

# One script, in this order.
SCRIPTS = ("playground_ask", "playground_show", "playground_chat", "playground")

playground = router(scope=None)


@playground.get("/", response_class=HTMLResponse, include_in_schema=False)
async def page() -> HTMLResponse:
    """Return the page; it may load nothing, and ask nobody but this server."""
    text, policy = assembled()
    return HTMLResponse(text, headers={"content-security-policy": policy})


@cache
def assembled() -> tuple[str, str]:
    """Return the page, and the policy that lets its own style and script run and no other."""
    page, style = part("playground.html"), part("playground.css")
    script = "\n".join(part(f"{name}.js") for name in SCRIPTS)
    policy = (
        f"default-src 'none'; style-src {source(style)}; script-src {source(script)}; "
        "connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'"
    )
    return page.replace("{{style}}", style).replace("{{script}}", script), policy


def part(name: str) -> str:
    """Return a file of the templates."""
    return (resources.files("gemsieve.safety") / "templates" / name).read_text("utf-8")


def source(text: str) -> str:
    """Return the name of an inline text in a content security policy."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
