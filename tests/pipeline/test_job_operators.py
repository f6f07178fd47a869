"""A job whose policy writes more than placeholders: one key, the same bytes, and no trace of it."""

import json
import os
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from tests.pipeline.beam_warnings import BEAM_WARNINGS

from gemsieve.cli import main
from gemsieve.filters.operators.key import Key
from gemsieve.filters.operators.keyed import decrypt
from gemsieve.filters.policy_file import PolicyError
from gemsieve.pipeline.job import Job
from gemsieve.pipeline.manifest import verify
from gemsieve.pipeline.run import Outcome, OutputError, run_job

pytestmark = BEAM_WARNINGS

DIGITS = bytes(range(32)).hex()
KEY = Key(bytes(range(32)))
POLICY = """
    name = "keyed"
    [key]
    env = "A_KEY"
    [detectors.pii]
    entities = ["EMAIL_ADDRESS", "PHONE_NUMBER", "IP_ADDRESS"]
    [leak_check]
    limit = 0
    [[corpus]]
    labels = ["pii.phone_number", "pii.ip_address"]
    above = 0.3
    action = "surrogate"
    [[corpus]]
    labels = "pii.email_address"
    action = "encrypt"
    [[corpus]]
    labels = "pii.*"
    action = "keep"
"""
MAIL, PHONE, ADDRESS = "zqjane@acme.com", "020 7123 4567", "10.20.30.40"
TEXTS = [
    f"Write to {MAIL} or call {PHONE}.",
    f"From {ADDRESS}: {MAIL}",
    f"No more {PHONE}; the host was {ADDRESS}.",
]


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    """Set the key where the policy says."""
    monkeypatch.setenv("A_KEY", DIGITS)


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """Two files of three records."""
    folder = tmp_path / "in"
    folder.mkdir()
    for name in ("a", "b"):
        lines = "".join(json.dumps({"text": text}) + "\n" for text in TEXTS)
        (folder / f"{name}.jsonl").write_text(lines)
    return folder


def run(output: Path, corpus: Path, workers: int = 1, **settings: str) -> Outcome:
    """Run a job without a bar."""
    job = replace(Job(str(output), POLICY, "keyed.toml"), **settings)  # type: ignore[arg-type]
    return run_job(job, [str(corpus / "*")], workers, [], lambda *_: nullcontext())


def kept(output: Path) -> list[str]:
    """Return the kept texts, in order."""
    paths = sorted((output / "kept").glob("*.parquet"))
    return [text for path in paths for text in pq.read_table(path)["text"].to_pylist()]


def files(output: Path) -> Iterator[Path]:
    """Yield every file that a job left."""
    return (path for path in output.rglob("*") if path.is_file())


def test_a_corpus_under_one_key(corpus: Path, tmp_path: Path) -> None:
    """Values are consistent throughout, ciphertexts come back, and the manifest tells the key."""
    output = tmp_path / "out"
    manifest = run(output, corpus).manifest
    assert manifest.policy["operators"] == "encrypt, surrogate"
    assert manifest.policy["key"] == KEY.fingerprint
    texts = kept(output)
    assert texts[:3] == texts[3:]
    assert not any(value in text for text in texts for value in (MAIL, PHONE, ADDRESS))
    assert decrypt(texts[1], KEY)[0].endswith(f": {MAIL}")
    phone = texts[0].split(" call ")[1]
    assert phone.startswith("020 7946 0")
    assert phone.removesuffix(".") in texts[2]
    # The British stand-in is a valid number: it is the key that tells it from a leak.
    spared = manifest.leak_check["spared"]
    assert spared["PHONE_NUMBER"] == {"surrogate": 4}
    for path in files(output):
        held = path.read_bytes()
        assert not any(secret.encode() in held for secret in (DIGITS, MAIL, PHONE, ADDRESS))
    verify(output)


def test_each_worker_reads_the_key_and_writes_the_same(corpus: Path, tmp_path: Path) -> None:
    """Two processes give byte for byte what one gives."""
    digests = []
    for workers in (1, 2):
        run(tmp_path / str(workers), corpus, workers)
        paths = sorted((tmp_path / str(workers)).glob("kept/*"))
        digests.append([sha256(path.read_bytes()).hexdigest() for path in paths])
    assert digests[0] == digests[1]


def test_another_key_is_another_job(
    corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A finished folder is known by its key too, and a worker with another key stops the job."""
    run(tmp_path / "out", corpus)
    assert run(tmp_path / "out", corpus).resumed == 2
    monkeypatch.setenv("A_KEY", DIGITS[::-1])
    with pytest.raises(OutputError, match="finished job"):
        run(tmp_path / "out", corpus)
    job = Job(str(tmp_path / "new"), POLICY, "keyed.toml", key=KEY.fingerprint)
    with pytest.raises(PolicyError, match=r"keyed.toml: key: a worker has another key"):
        job.build_filter()


def test_without_its_key_a_job_does_not_begin(
    corpus: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Status 2, the table and what to do; nothing is read or written."""
    monkeypatch.delenv("A_KEY")
    (tmp_path / "keyed.toml").write_text(POLICY)
    output = tmp_path / "out"
    paths = ["--input", str(corpus / "*"), "--output", str(output)]
    assert main(["filter", *paths, "--policy", str(tmp_path / "keyed.toml")]) == 2
    error = capsys.readouterr().err
    assert "keyed.toml: key.env: A_KEY: is not set; set it to at least 32 hexadecimal" in error
    assert not output.exists()
    assert "A_KEY" not in os.environ
