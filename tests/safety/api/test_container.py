"""The recipe of the container: what can be known of it without Docker."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import yaml

from gemsieve.cli import command_parser
from gemsieve.safety.api.server import STOPPING

ROOT = Path(__file__).resolve().parents[3]
RECIPE = ROOT / "examples/container"


def instructions() -> list[tuple[str, str]]:
    """Return each instruction of the recipe and what follows it."""
    text = (RECIPE / "Dockerfile").read_text().replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return [(word, rest) for word, _, rest in (line.partition(" ") for line in lines)]


def test_what_the_image_runs_is_a_command_of_ours() -> None:
    """It serves, to others, with keys and a log; and is nobody while it does."""
    said = dict(instructions())
    assert json.loads(said["ENTRYPOINT"]) == ["gemsieve"]
    command, *options = json.loads(said["CMD"])
    assert command == "serve"
    args = command_parser(command).parse_args(options)
    assert args.host == "0.0.0.0"  # noqa: S104 - only inside the container
    assert args.keys
    assert args.audit_log
    assert int(said["USER"]) > 0


def test_what_the_image_copies_is_sent_to_docker() -> None:
    """Each source is there, or is the wheel that is built first, and is among what is sent."""
    copied = [rest for word, rest in instructions() if word == "COPY" and "--from" not in rest]
    sources = [rest.split()[0] for rest in copied]
    assert sources == ["configs/requirements/serve.txt", "dist/gemsieve-*.whl"]
    assert (ROOT / sources[0]).is_file()
    _, everything, *sent = (RECIPE / "Dockerfile.dockerignore").read_text().splitlines()
    assert everything == "*"
    assert sent == ["!configs/requirements/serve.txt", "!dist/*.whl"]


def test_the_health_check_asks_whether_the_server_is_ready(url: str) -> None:
    """Its program, asked of a server: status 0; of an address where none is: another."""
    words = json.loads(dict(instructions())["HEALTHCHECK"].partition(" CMD ")[2])
    assert words[:2] == ["python", "-c"]
    assert "http://127.0.0.1:8080/" in words[2]
    for address, works in ((url, True), ("http://127.0.0.1:1", False)):
        program = words[2].replace("http://127.0.0.1:8080", address)
        done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=False)
        assert (done.returncode == 0) is works


def test_the_service_can_write_nothing_but_its_log() -> None:
    """A file system to read, no rights, volumes where the command writes, and time to stop in."""
    service = yaml.safe_load((RECIPE / "compose.yaml").read_text())["services"]["gemsieve"]
    assert (service["read_only"], service["cap_drop"]) == (True, ["ALL"])
    assert (RECIPE / service["build"]["context"]).resolve() == ROOT
    assert (ROOT / service["build"]["dockerfile"]).is_file()
    assert all(port.startswith("127.0.0.1:") for port in service["ports"])
    assert int(service["stop_grace_period"].removesuffix("s")) > STOPPING
    mounts = {volume.split(":")[1]: volume.endswith(":ro") for volume in service["volumes"]}
    args = command_parser("serve").parse_args(json.loads(dict(instructions())["CMD"])[1:])
    for path in (args.audit_log, args.audit_heads):
        assert mounts[str(path)] is False
    for path in (args.keys, args.audit_key):
        assert mounts[str(path.parent)] is True
    assert "secrets/" in (RECIPE / ".gitignore").read_text()
