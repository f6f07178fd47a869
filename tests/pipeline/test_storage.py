"""An output on an object store: the same bytes, resumption, sweeping and proof as on a disk."""

import json
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from tests.pipeline.beam_warnings import BEAM_WARNINGS
from tests.pipeline.short_policy import SHORT

from gemsieve.pipeline import manifest
from gemsieve.pipeline.job import Job
from gemsieve.pipeline.manifest import ManifestError, verify
from gemsieve.pipeline.reading import files
from gemsieve.pipeline.run import Outcome, OutputError, run_job
from gemsieve.pipeline.storage import (
    Remote,
    is_empty,
    lies_in,
    listed,
    remove_all,
    size_at,
    write_atomically,
)

from .store import BUCKET, store

pytestmark = BEAM_WARNINGS


@pytest.fixture(scope="module")
def bucket() -> Iterator[tuple[Any, list[str]]]:
    """A client of a bucket's, and Beam's flags."""
    with store() as (client, flags):
        files.configure([f"s3://{BUCKET}"], flags)
        yield client, flags
        files.configure([f"s3://{BUCKET}"], [])


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two files, one with a fault."""
    folder = tmp_path_factory.mktemp("corpus")
    for name in ("a", "b"):
        lines = [json.dumps({"text": f"number {i} of {name}" if i % 3 else "no"}) for i in range(9)]
        (folder / f"{name}.jsonl").write_text("\n".join([*lines, "{"]))
    return folder


def run(corpus: Path, output: str, flags: list[str], workers: int = 1) -> Outcome:
    """Sieve the corpus."""
    job = Job(output, SHORT, "short.toml")
    return run_job(job, [f"{corpus}/*"], workers, flags, lambda *_: nullcontext())


class Killed(BaseException):
    """Ends a job where no handler stands."""


@dataclass(frozen=True)
class Sieved:
    """The corpus on a disk, and in a bucket, where the job was ended once and spoilt.

    Attributes:
        resumed: How many slices the second attempt did not judge again.
    """

    local: Path
    remote: Remote
    resumed: int


@pytest.fixture(scope="module")
def sieved(
    corpus: Path, bucket: tuple[Any, list[str]], tmp_path_factory: pytest.TempPathFactory
) -> Sieved:
    """The corpus sieved to both, the bucket's by two workers and in two attempts.

    Between them a shard gets lost, and one appears that nobody signed for.
    """
    client, flags = bucket
    local, remote = tmp_path_factory.mktemp("local") / "out", f"s3://{BUCKET}/out"
    run(corpus, str(local), [])

    def killed(*_: object) -> Any:
        raise Killed

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("gemsieve.pipeline.run.finish", killed)
        with pytest.raises(Killed):
            run(corpus, remote, flags, workers=2)
    client.delete_object(Bucket=BUCKET, Key="out/kept/00001-of-00002.parquet")
    client.put_object(Bucket=BUCKET, Key="out/kept/00007-of-00009.parquet", Body=b"unsigned")
    return Sieved(local, Remote(remote), run(corpus, remote, flags, workers=2).resumed)


def digests(client: Any, prefix: str) -> dict[str, str]:
    """Return the digests of all objects below a name, but of the report, which has timings."""
    found = client.list_objects_v2(Bucket=BUCKET, Prefix=f"{prefix}/")["Contents"]
    bodies = {o["Key"]: client.get_object(Bucket=BUCKET, Key=o["Key"])["Body"] for o in found}
    return {
        key.removeprefix(f"{prefix}/"): sha256(body.read()).hexdigest()
        for key, body in bodies.items()
        if "/report/" not in key
    }


@pytest.mark.slow
def test_a_bucket_holds_what_a_disk_holds(sieved: Sieved, bucket: tuple[Any, list[str]]) -> None:
    """Resumed after a loss: the same files and bytes, nothing else, a manifest that verifies."""
    local = sieved.local
    expected = {
        path.relative_to(local).as_posix(): sha256(path.read_bytes()).hexdigest()
        for path in local.rglob("*")
        if path.is_file() and "report" not in path.relative_to(local).parts
    }
    assert manifest.NAME in expected
    assert digests(bucket[0], "out") == expected
    assert sieved.resumed == 1
    assert verify(sieved.remote).counts == {"in": 20, "kept": 12, "dropped": 6, "quarantined": 2}


@pytest.mark.slow
def test_a_changed_missing_or_strange_object_is_named(
    sieved: Sieved, bucket: tuple[Any, list[str]]
) -> None:
    """Whatever does not agree with the manifest is found in a bucket, too."""
    client, kept = bucket[0], verify(sieved.remote).shards[0]
    key = f"out/{kept.path}"
    body = client.get_object(Bucket=BUCKET, Key=key)["Body"].read()
    client.put_object(Bucket=BUCKET, Key=key, Body=body[:-1] + b"x")
    with pytest.raises(ManifestError, match="changed after the job"):
        verify(sieved.remote)
    client.delete_object(Bucket=BUCKET, Key=key)
    with pytest.raises(ManifestError, match="missing"):
        verify(sieved.remote)
    client.put_object(Bucket=BUCKET, Key=key, Body=body)
    client.put_object(Bucket=BUCKET, Key="out/kept/mine.parquet", Body=b"x")
    with pytest.raises(ManifestError, match="not listed"):
        verify(sieved.remote)
    client.delete_object(Bucket=BUCKET, Key="out/kept/mine.parquet")


def test_a_folder_that_is_not_ours_is_left_alone(
    corpus: Path, bucket: tuple[Any, list[str]]
) -> None:
    """A bucket's folder with somebody's file in it is refused, as one on a disk is."""
    client, flags = bucket
    client.put_object(Bucket=BUCKET, Key="taken/notes.txt", Body=b"not yours")
    with pytest.raises(OutputError, match="not ours"):
        run(corpus, f"s3://{BUCKET}/taken", flags)


def test_places_in_a_bucket(bucket: tuple[Any, list[str]]) -> None:
    """The verbs of a place: absent things are told from empty ones, and names do not escape."""
    folder = Remote(f"s3://{BUCKET}/verbs")
    assert is_empty(folder)
    assert size_at(folder / "a") is None
    with pytest.raises(FileNotFoundError, match="verbs/a"):
        (folder / "a").read_bytes()
    (folder / "a").unlink(missing_ok=True)
    for name in ("b", "a", "deep/c"):
        write_atomically(folder / name, name.encode())
    assert [place.name for place in listed(folder)] == ["a", "b"]
    assert (folder / "deep/c").read_bytes() == b"deep/c"
    assert size_at(folder / "a") == 1
    assert lies_in(folder / "a", folder)
    assert not lies_in(folder / "../other", folder)
    remove_all(folder)
    assert is_empty(folder)


def test_drafts_are_for_their_owner_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is on its way to a bucket stands where no other user of the machine can read it."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    drafts = Job(f"s3://{BUCKET}/out", SHORT, "short.toml").drafts
    assert drafts.is_relative_to(tmp_path)
    assert drafts.stat().st_mode & 0o777 == 0o700


def test_an_output_that_cannot_be_is_told_in_a_line(corpus: Path) -> None:
    """Neither an unknown scheme nor a pattern for a name begins a job."""
    with pytest.raises(OutputError, match="xyz://corpus/out: no filesystem"):
        run(corpus, f"xyz://{BUCKET}/out", [])
    with pytest.raises(OutputError, match="name a folder"):
        run(corpus, f"s3://{BUCKET}/out*", [])
