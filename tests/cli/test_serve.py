"""`gemsieve serve`: mistakes are told before it listens; what it answers is in safety/api."""

from __future__ import annotations

import json
import signal
import socket
import ssl
import urllib.request
from pathlib import Path

import pytest
from tests.safety.api.serving import certify, command

from gemsieve.cli import main
from gemsieve.safety.keys import create

POLICY = """
name = "small"
[[output]]
labels = "secret.*"
action = "drop"
"""


def test_mistakes_end_with_status_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A wrong policy, one without rules for output and an address that cannot be had."""
    (tmp_path / "wrong.toml").write_text('name = "x"\noutptu = 1')
    wrong = str(tmp_path / "wrong.toml")
    (tmp_path / "empty.toml").write_text('name = "x"')
    with socket.create_server(("127.0.0.1", 0)) as taken:
        for options, reason in [
            (["--policy", wrong], "did you mean 'output'"),
            (["--policy", str(tmp_path / "empty.toml")], "has no [[output]] rules"),
            (["--port", str(taken.getsockname()[1])], "Address already in use"),
            (["--port", "99999"], "--port 99999: must be 0..65535"),
            (["--tls-key", "key.pem"], "--tls-cert and --tls-key go together"),
            (["--tls-cert", wrong, "--tls-key", wrong], "--tls-cert, --tls-key: "),
            (["--threads", "0"], "at least 1"),
            (["--model", str(tmp_path)], "no checkpoint here"),
            (["--model", str(tmp_path), "--rows", "0"], "at least 1"),
            (["--model", str(tmp_path), "--max-requests", "72"], "--max-requests must be more"),
            (["--model-name", "x"], "--model-name goes with --model"),
            (["--rate", "often"], "--rate, --rate-store: couldn't parse"),
            (["--rate-store", "redis://x"], "--rate-store"),
            (["--keys", str(tmp_path / "none.json")], "cannot read the keys"),
            (["--keys", wrong], "not a file of keys"),
        ]:
            assert main(["serve", *options]) == 2
            assert reason in capsys.readouterr().err


def test_a_server_with_keys_tls_and_lines_stops_in_order(tmp_path: Path) -> None:
    """The options reach the server: HTTPS, a key asked for, a line as JSON, an end by SIGTERM."""
    files = {name: tmp_path / name for name in ("policy.toml", "cert.pem", "key.pem", "keys.json")}
    files["policy.toml"].write_text(POLICY)
    certify(files["cert.pem"], files["key.pem"])
    _, words = create(files["keys.json"], "app", ["judge"])
    options = ["--policy", files["policy.toml"], "--keys", files["keys.json"]]
    options += ["--tls-cert", files["cert.pem"], "--tls-key", files["key.pem"]]
    trust = ssl.create_default_context(cafile=str(files["cert.pem"]))
    with command(*map(str, options), "--log-format", "json", trust=trust) as (url, process):
        assert url.startswith("https://")
        request = urllib.request.Request(  # noqa: S310  # our own server
            f"{url}/v1/check",
            b'{"input": "a secret"}',
            {"content-type": "application/json", "authorization": f"Bearer {words}"},
        )
        with urllib.request.urlopen(request, context=trust) as response:  # noqa: S310
            assert json.loads(response.read())["policy"]["name"] == "small"
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=30)
    lines = [json.loads(line) for line in errors.splitlines()]
    assert (
        lines[-1].items() >= {"event": "answered", "endpoint": "/v1/check", "status": 200}.items()
    )
    assert lines[-1]["key"] == words.split("-")[1]
    assert "secret" not in errors
    assert process.returncode == -signal.SIGTERM
