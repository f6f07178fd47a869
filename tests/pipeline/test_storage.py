"""An output on an object store: the same bytes, resumption, sweeping and proof as on a disk."""

import json
from collections.abc import Iterator
from contextlib import nullcontext
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from gemsieve.pipeline import files, manifest
from gemsieve.pipeline.job import Job
from gemsieve.pipeline.manifest import ManifestError, verify
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

pytestmark = [
    # Beam 2.77 and boto3 leave these to their users.
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::FutureWarning"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]
POLICY = """
name = "short"
[[corpus]]
labels = "quality.*"
action = "keep"
[[corpus]]
labels = "quality.gopher.word_count"
below = 3
action = "drop"
[audit]
sentences = 0
"""


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
    job = Job(output, POLICY, "short.toml")
    return run_job(job, [f"{corpus}/*"], workers, flags, lambda *_: nullcontext())


@pytest.fixture(scope="module")
def both(
    corpus: Path, bucket: tuple[Any, list[str]], tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, Remote]:
    """The corpus sieved to a disk and, by two workers, to the bucket."""
    local = tmp_path_factory.mktemp("local") / "out"
    run(corpus, str(local), [])
    run(corpus, f"s3://{BUCKET}/out", bucket[1], workers=2)
    return local, Remote(f"s3://{BUCKET}/out")


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
def test_a_bucket_holds_what_a_disk_holds(
    both: tuple[Path, Remote], bucket: tuple[Any, list[str]]
) -> None:
    """The same files with the same bytes, nothing else besides, and a manifest that verifies."""
    local, remote = both
    expected = {
        path.relative_to(local).as_posix(): sha256(path.read_bytes()).hexdigest()
        for path in local.rglob("*")
        if path.is_file() and "report" not in path.relative_to(local).parts
    }
    assert manifest.NAME in expected
    assert digests(bucket[0], "out") == expected
    assert verify(remote).counts == {"in": 20, "kept": 12, "dropped": 6, "quarantined": 2}


@pytest.mark.slow
def test_a_changed_missing_or_strange_object_is_named(
    both: tuple[Path, Remote], bucket: tuple[Any, list[str]]
) -> None:
    """Whatever does not agree with the manifest is found in a bucket, too."""
    client, kept = bucket[0], verify(both[1]).shards[0]
    body = client.get_object(Bucket=BUCKET, Key=f"out/{kept.path}")["Body"].read()
    client.put_object(Bucket=BUCKET, Key=f"out/{kept.path}", Body=body[:-1] + b"x")
    with pytest.raises(ManifestError, match="changed after the job"):
        verify(both[1])
    client.delete_object(Bucket=BUCKET, Key=f"out/{kept.path}")
    with pytest.raises(ManifestError, match="missing"):
        verify(both[1])
    client.put_object(Bucket=BUCKET, Key=f"out/{kept.path}", Body=body)
    client.put_object(Bucket=BUCKET, Key="out/kept/mine.parquet", Body=b"x")
    with pytest.raises(ManifestError, match="not listed"):
        verify(both[1])
    client.delete_object(Bucket=BUCKET, Key="out/kept/mine.parquet")
    verify(both[1])


@pytest.mark.slow
def test_an_unfinished_job_resumes_and_sweeps(
    both: tuple[Path, Remote], corpus: Path, bucket: tuple[Any, list[str]]
) -> None:
    """Without its manifest and a shard, with one that nobody signed for: mended, or refused."""
    client, flags = bucket
    output = f"s3://{BUCKET}/again"
    expected = digests(client, "out")
    client.put_object(Bucket=BUCKET, Key="taken/notes.txt", Body=b"not yours")
    with pytest.raises(OutputError, match="not ours"):
        run(corpus, f"s3://{BUCKET}/taken", flags)

    class Killed(BaseException):
        pass

    def killed(*_: object) -> Any:
        raise Killed

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("gemsieve.pipeline.run.finish", killed)
        with pytest.raises(Killed):
            run(corpus, output, flags)
    client.delete_object(Bucket=BUCKET, Key="again/kept/00001-of-00002.parquet")
    client.put_object(Bucket=BUCKET, Key="again/kept/00007-of-00009.parquet", Body=b"unsigned")
    assert run(corpus, output, flags).resumed == 1
    assert digests(client, "again") == expected


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


def test_an_output_that_cannot_be_is_told_in_a_line(corpus: Path) -> None:
    """Neither an unknown scheme nor a pattern for a name begins a job."""
    with pytest.raises(OutputError, match="xyz://corpus/out: no filesystem"):
        run(corpus, f"xyz://{BUCKET}/out", [])
    with pytest.raises(OutputError, match="name a folder"):
        run(corpus, f"s3://{BUCKET}/out*", [])
