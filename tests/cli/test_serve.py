"""`gemsieve serve`: mistakes are told before it listens; what it answers is in safety/api."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from gemsieve.cli import main


def test_mistakes_end_with_status_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A wrong policy, one without rules for output and an address that cannot be had."""
    (tmp_path / "wrong.toml").write_text('name = "x"\noutptu = 1')
    (tmp_path / "empty.toml").write_text('name = "x"')
    with socket.create_server(("127.0.0.1", 0)) as taken:
        for options, reason in [
            (["--policy", str(tmp_path / "wrong.toml")], "did you mean 'output'"),
            (["--policy", str(tmp_path / "empty.toml")], "has no [[output]] rules"),
            (["--port", str(taken.getsockname()[1])], "Address already in use"),
            (["--port", "99999"], "--port 99999: must be 0..65535"),
            (["--tls-key", "key.pem"], "--tls-cert and --tls-key go together"),
            (["--threads", "0"], "at least 1"),
            (["--rate", "often"], "--rate, --rate-store: couldn't parse"),
            (["--rate-store", "redis://x"], "--rate-store"),
            (["--keys", str(tmp_path / "none.json")], "cannot read the keys"),
            (["--keys", str(tmp_path / "wrong.toml")], "not a file of keys"),
        ]:
            assert main(["serve", *options]) == 2
            assert reason in capsys.readouterr().err
