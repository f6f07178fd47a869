"""`gemsieve filter` from one file: the job that it says, signed for."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from tests.pipeline.beam_warnings import BEAM_WARNINGS

from gemsieve.cli import main
from gemsieve.cli.filter import failed
from gemsieve.pipeline.manifest import verify

pytestmark = BEAM_WARNINGS
CONFIG = """
version = 1
[inputs]
text_field = "content.body"
columns = ["url"]
limit = 3
[inputs.files]
web = "{folder}/*.jsonl"
[policy.inline]
name = "consent"
[[policy.inline.columns]]
column = "opt_out"
is = true
missing = "keep"
[output]
folder = "{folder}/out"
sign_key = "{folder}/private.pem"
"""


def test_a_job_from_one_file_is_the_job_that_it_says(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Inputs, inline policy, limit and signature are the file's; a bad key is told at once."""
    rows = [
        {"content": {"body": f"text {i}"}, "url": f"x.example/{i}", "opt_out": i == 1}
        for i in range(5)
    ]
    (tmp_path / "a.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (tmp_path / "job.toml").write_text(CONFIG.format(folder=tmp_path))
    (tmp_path / "private.pem").write_text("none")
    command = ["--config", str(tmp_path / "job.toml")]
    for name in ("filter", "config check"):
        assert main([*name.split(), *command]) == 2
        assert "private.pem: no private key in PEM" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
    key = Ed25519PrivateKey.generate()
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (tmp_path / "private.pem").write_bytes(pem)
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    (tmp_path / "public.pem").write_bytes(public)
    assert main(["filter", *command]) == 0
    books = verify(tmp_path / "out")
    assert books.counts == {"in": 3, "kept": 2, "dropped": 1, "quarantined": 0}
    assert books.policy["name"] == "consent"
    assert [entry["name"] for entry in books.inputs] == ["web/a.jsonl"]
    where = [str(tmp_path / "out"), "--key", str(tmp_path / "public.pem")]
    assert main(["verify", *where]) == 0
    capsys.readouterr()
    assert main(["config", "check", *command]) == 0
    assert f"output: {tmp_path}/out, holds this job, finished" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("gemsieve.x.StepError: a.jsonl:3: crashed [while running 'Judge']", "a.jsonl:3: crashed"),
        (
            "Pipeline job-1 failed in state FAILED: Exception in thread main\n\tat a.B(C.java:1)\n"
            "Caused by: java.lang.RuntimeException: Error received: Traceback (most recent call):\n"
            '  File "a.py", line 1, in process\n'
            "gemsieve.x.FailedError: a.jsonl: no such file [while running 'Judge']\n"
            "\n\tat a.D(E.java:2)\n\t... 1 more\n",
            "a.jsonl: no such file",
        ),
        (
            "Pipeline job-1 failed: Exception in thread main\n\tat a.B(C.java:1)\n"
            "Caused by: org.apache.flink.JobMasterException: TaskManager 7 is gone.\n\tat a.D(E:2)",
            "TaskManager 7 is gone.",
        ),
    ],
)
def test_a_failed_job_says_its_cause_in_a_line(
    words: str, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Of what a runner says the last cause's words are told; neither traces nor classes."""
    assert failed("filter", RuntimeError(words)) == 1
    first, _ = capsys.readouterr().err.splitlines()
    assert first == f"gemsieve filter: the job failed and wrote no manifest: {told}"
