"""Input and output in a bucket of Google's: the same shards as on a disk, over the wire."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest
from tests.pipeline.beam_warnings import BEAM_WARNINGS
from tests.pipeline.short_policy import SHORT

from gemsieve.pipeline.job import Job
from gemsieve.pipeline.manifest import verify
from gemsieve.pipeline.run import run_job
from gemsieve.pipeline.storage import Remote

BUCKET = "corpus"
pytestmark = [pytest.mark.slow, *BEAM_WARNINGS]

# Beam asks for a user's credentials first; a token that is good for long is never exchanged.
CREDENTIALS = {
    "type": "authorized_user",
    "client_id": "any",
    "client_secret": "any",
    "refresh_token": "any",
    "token": "any",
    "expiry": "2099-01-01T00:00:00Z",
}


@pytest.fixture
def bucket(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A server of the protocol in this process; its address and credentials reach children too."""
    from gcp_storage_emulator.server import create_server
    from google.cloud import storage

    server = create_server("127.0.0.1", 0, in_memory=True, default_bucket=BUCKET)
    server.start()
    port = server._api._httpd.socket.getsockname()[1]
    credentials = tmp_path / "credentials.json"
    credentials.write_text(json.dumps(CREDENTIALS))
    monkeypatch.setenv("STORAGE_EMULATOR_HOST", f"http://127.0.0.1:{port}")
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(credentials))
    monkeypatch.setenv("GOOGLE_CLOUD_PROJECT", "any")
    try:
        yield storage.Client.create_anonymous_client().bucket(BUCKET)
    finally:
        server.stop()


def test_a_bucket_of_googles_holds_what_a_disk_holds(bucket: Any, tmp_path: Path) -> None:
    """Sieved from a bucket into it: a manifest that verifies, of the shards that a disk gets."""
    local = tmp_path / "in"
    local.mkdir()
    for name in ("a", "b"):
        lines = [json.dumps({"text": f"number {i} of {name}" if i % 3 else "no"}) for i in range(9)]
        (local / f"{name}.jsonl").write_text("\n".join([*lines, "{"]))
        bucket.blob(f"in/{name}.jsonl").upload_from_filename(local / f"{name}.jsonl")

    def run(inputs: str, output: str) -> Any:
        job = Job(output, SHORT, "short.toml")
        return run_job(job, [f"{inputs}/*"], 1, [], lambda *_: nullcontext()).manifest

    here, there = (
        run(str(local), str(tmp_path / "out")),
        run(f"gs://{BUCKET}/in", "gs://corpus/out"),
    )
    assert there.counts == here.counts == {"in": 20, "kept": 12, "dropped": 6, "quarantined": 2}
    assert there.shards == here.shards
    assert verify(Remote(f"gs://{BUCKET}/out")).shards == here.shards
    left = {blob.name for blob in bucket.client.list_blobs(BUCKET, prefix="out/")}
    assert not [name for name in left if "work" in name]
