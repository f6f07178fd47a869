"""The inspector's server: this machine's own browser alone, under an address nobody can guess.

It listens on 127.0.0.1, answers only what names that address (so that no foreign site's name can
lead to it) and carries the token of this run, lets no other origin read, and logs nothing.
"""

from __future__ import annotations

import hmac
import json
import secrets
from collections.abc import Callable, Mapping
from functools import cached_property
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from gemsieve.pipeline.inspector.api import Inspector, RefusedError
from gemsieve.pipeline.inspector.page import content_policy, page

HOST = "127.0.0.1"
MOST = 100_000  # bytes of a request's body
JSON = "application/json"

HEADERS = {
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",  # it would carry the token
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


class Server(ThreadingHTTPServer):
    """Serves one inspector until it is shut down."""

    daemon_threads = True

    def __init__(self, inspector: Inspector, port: int = 0) -> None:
        """Listen; port 0 is any that is free.

        Raises:
            OSError: The port cannot be had.
        """
        super().__init__((HOST, port), Handler)
        self.inspector = inspector
        self.token = secrets.token_urlsafe(24)

    @property
    def origin(self) -> str:
        """The origin of everything that is served."""
        return f"http://{HOST}:{self.server_port}"

    @property
    def url(self) -> str:
        """The address of the page."""
        return f"{self.origin}/{self.token}/"

    @cached_property
    def page(self) -> bytes:
        """The page."""
        return page().encode()

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: a browser that went away is no error, and a traceback may hold words."""


class Handler(BaseHTTPRequestHandler):
    """Answers one connection."""

    server: Server
    protocol_version = "HTTP/1.1"
    server_version = "gemsieve"
    sys_version = ""
    timeout = 60

    def log_message(self, *_: object) -> None:
        """Log nothing: an address may hold what was searched for."""

    def do_GET(self) -> None:
        """Answer what changes nothing."""
        inspector = self.server.inspector
        answers: Mapping[str, Callable[[Mapping[str, list[str]]], Any]] = {
            "api/about": inspector.about,
            "api/words": inspector.words,
            "api/search": inspector.search,
            "api/record": inspector.record,
            "api/marks": inspector.marked,
        }
        self._answer(lambda name, asked: self._read(name, asked, answers))

    def do_POST(self) -> None:
        """Answer what changes the marks."""
        inspector = self.server.inspector
        answers = {"api/mark": inspector.mark, "api/undo": inspector.undo}
        self._answer(lambda name, _: self._json(found(answers, name)(self._body())))

    def _read(self, name: str, asked: Mapping[str, list[str]], answers: Mapping[str, Any]) -> None:
        if name == "":
            self._send(200, self.server.page, "text/html; charset=utf-8")
        elif name == "export":
            lines = self.server.inspector.export(asked).lines
            self._send(200, "".join(lines).encode(), "application/x-ndjson", save="marks.jsonl")
        else:
            self._json(found(answers, name)(asked))

    def _answer(self, answer: Callable[[str, Mapping[str, list[str]]], None]) -> None:
        """Refuse what is not for us, and tell of errors without words of a text."""
        try:
            parts = urlsplit(self.path)
            answer(self._admitted(parts.path), parse_qs(parts.query, keep_blank_values=True))
        except RefusedError as error:
            self.close_connection = True
            self._send(error.status, json.dumps({"error": str(error)}).encode(), JSON)
        except (ConnectionError, TimeoutError):
            self.close_connection = True
        except Exception as error:
            self.close_connection = True
            said = {"error": f"this could not be answered ({type(error).__name__})"}
            self._send(500, json.dumps(said).encode(), JSON)

    def _admitted(self, path: str) -> str:
        """Return what is asked for, below the token.

        Raises:
            RefusedError: It comes from elsewhere, or without the token.
        """
        server = self.server
        if self.headers.get_all("Host") != [f"{HOST}:{server.server_port}"]:
            raise RefusedError(421, "this is not the host that you asked for")
        if self.headers.get("Origin", server.origin) != server.origin:
            raise RefusedError(403, "no other origin is answered")
        _, token, name = [*path.split("/", 2), "", ""][:3]
        if not hmac.compare_digest(token.encode(), server.token.encode()):
            raise RefusedError(404, "open the whole address that `gemsieve inspect` printed")
        return name

    def _body(self) -> dict[str, Any]:
        """Return the JSON object that was sent.

        Raises:
            RefusedError: There is none.
        """
        length = self.headers.get("Content-Length", "")
        if self.headers.get("Content-Type") != JSON:  # which no form of another site can send
            raise RefusedError(415, f"send {JSON}")
        if not length.isdigit() or int(length) > MOST:
            raise RefusedError(413, f"send at most {MOST} bytes, with their length")
        try:
            body = json.loads(self.rfile.read(int(length)))
        except ValueError:
            raise RefusedError(400, "send JSON in UTF-8") from None
        if not isinstance(body, dict):
            raise RefusedError(400, "send an object")
        return body

    def _json(self, told: object) -> None:
        self._send(200, json.dumps(told, ensure_ascii=False, allow_nan=False).encode(), JSON)

    def _send(self, status: int, content: bytes, kind: str, save: str = "") -> None:
        self.send_response(HTTPStatus(status))
        for name, value in HEADERS.items():
            self.send_header(name, value)
        self.send_header("Content-Security-Policy", content_policy())
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        if save:
            self.send_header("Content-Disposition", f'attachment; filename="{save}"')
        self.end_headers()
        self.wfile.write(content)


def found(answers: Mapping[str, Any], name: str) -> Any:  # noqa: ANN401  # some answer
    """Return the answer of a name.

    Raises:
        RefusedError: There is none.
    """
    if name not in answers:
        raise RefusedError(404, "there is nothing of this name")
    return answers[name]
