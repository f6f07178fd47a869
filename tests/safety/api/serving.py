"""Real servers for the tests of the API: in this process or another, and plain HTTP to them."""

from __future__ import annotations

import json
import re
import select
import socket
import ssl
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from fastapi import FastAPI

from gemsieve.filters import Batch, Finding, Labels
from gemsieve.safety.api.server import Server, make_server

JSON = {"content-type": "application/json"}


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """What the body says."""
        return json.loads(self.body)

    @property
    def code(self) -> str:
        """The code of an error, all of whose fields are there."""
        error = self.json["error"]
        assert set(self.json) == {"error"}
        assert set(error) == {"message", "type", "param", "code"}
        return str(error["code"])


def ask(
    url: str,
    body: object = None,
    headers: Mapping[str, str] | None = None,
    trust: ssl.SSLContext | None = None,
) -> Answer:
    """GET, or POST a body: bytes as they are, anything else as JSON."""
    data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {**JSON, **(headers or {})})  # noqa: S310  # ours
    try:
        with urllib.request.urlopen(request, timeout=60, context=trust) as response:  # noqa: S310
            return Answer(response.status, dict(response.headers), response.read())
    except urllib.error.HTTPError as error:
        with error:
            return Answer(error.code, dict(error.headers), error.read())


def address(url: str) -> tuple[str, int]:
    """Return the host and port of a server."""
    host, port = url.removeprefix("http://").split(":")
    return host, int(port)


def raw(url: str, *chunks: bytes, pause: float = 0.0) -> bytes:
    """Send chunks, a pause after each, until an answer comes; return it when the server closes."""
    with socket.create_connection(address(url), timeout=30) as wire:
        for chunk in chunks:
            wire.sendall(chunk)
            if select.select([wire], [], [], pause)[0] and pause:
                break
        return received(wire)


def received(wire: socket.socket) -> bytes:
    """Return what comes until the other side closes."""
    got = bytearray()
    try:
        while chunk := wire.recv(65536):
            got += chunk
    except ConnectionResetError:
        pass
    return bytes(got)


@contextmanager
def serving(
    app: FastAPI, drain: float = 0.0, certificate: Path | None = None, key: Path | None = None
) -> Iterator[tuple[str, Server]]:
    """Serve an application from this process."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = make_server(app, drain=drain, certificate=certificate, key=key)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}", server
        finally:
            server.should_exit = True
            thread.join()


@contextmanager
def command(
    *options: str, trust: ssl.SSLContext | None = None
) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """Run `gemsieve serve` and wait until it is ready."""
    line = [sys.executable, "-m", "gemsieve.cli", "serve", "--port", "0", *options]
    with subprocess.Popen(line, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr
        told = re.search(r"https?://127\.0\.0\.1:\d+", process.stderr.readline())
        assert told
        try:
            until_ready(told.group(), trust)
            yield told.group(), process
        finally:
            process.terminate()


def certify(certificate: Path, key: Path) -> None:
    """Write a certificate of this machine, signed by itself, and its key."""
    from ipaddress import ip_address

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    secret = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "test")])
    now = datetime.now(UTC)
    signed = (
        x509.CertificateBuilder(name, name, secret.public_key(), x509.random_serial_number())
        .not_valid_before(now)
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False
        )
        .sign(secret, hashes.SHA256())
    )
    certificate.write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    key.write_bytes(
        secret.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )


def until_ready(url: str, trust: ssl.SSLContext | None = None) -> None:
    """Wait until the models are loaded; nothing but 503 may be said before."""
    deadline, ready = time.monotonic() + 120, f"{url}/v2/health/ready"
    while (seen := ask(ready, trust=trust).status) != 200 and time.monotonic() < deadline:
        assert seen == 503
        time.sleep(0.02)
    assert seen == 200


@dataclass(frozen=True)
class Stubborn:
    """A detector that loads when it is let, judges when it is let, and fails where it is told."""

    loaded: threading.Event = field(default_factory=threading.Event)
    judging: threading.Event = field(default_factory=threading.Event)
    begun: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    setup_fails: bool = False
    fails_on: str | None = None
    waits_on: str | None = None
    batches: list[int] = field(default_factory=list)
    name: str = "stubborn"
    version: str = "1"
    weights: str = ""
    needs: tuple[str, ...] = ()
    labels: Labels = field(default=Labels(events=frozenset({"harm.any"})))

    def setup(self) -> None:
        """Wait, then fail or not."""
        self.loaded.wait(30)
        if self.setup_fails:
            raise FileNotFoundError("the weights are not there")

    def __call__(self, batch: Batch) -> list[list[Finding]]:
        """Find nothing, wait, or fail with the text in hand."""
        self.batches.append(len(batch.texts))
        for text in batch.texts:
            if self.fails_on is not None and self.fails_on in text:
                raise RuntimeError(text)
            if self.waits_on is not None and self.waits_on in text:
                self.begun.release()
                self.judging.wait(30)
        return [[] for _ in batch.texts]


RULES = [{"labels": "harm.any", "action": "drop"}]
