"""Inputs on an object store are read as local ones are, from a server of S3's protocol."""

import gzip
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.pipeline.spoilt import PAGE_RECORD, ROW, arrow, cells, parquet, texts

from gemsieve.pipeline.reading import files
from gemsieve.pipeline.reading.files import InputError
from gemsieve.pipeline.reading.read import read
from gemsieve.pipeline.reading.record import Broken, Meter, Record
from gemsieve.pipeline.reading.slices import plan

pytestmark = [
    # Beam 2.77 and boto3 leave these to their users.
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::FutureWarning"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]

FILES = {
    "a.jsonl": ROW * 3,
    "b.jsonl.gz": gzip.compress(ROW * 3),
    "cut.jsonl.gz": gzip.compress(ROW * 3)[:-9],
    "c.csv": cells(["text"], ["one"], ["two"]),
    "d.txt": b"a text",
    "e.parquet": parquet(texts()),
    "f.arrow": arrow(texts(), stream=True),
    "g.ipc": arrow(texts(), stream=False),
    "h.warc.gz": gzip.compress(PAGE_RECORD) * 2,
    "deep/er/i.jsonl": ROW,
}


@pytest.fixture(scope="module")
def bucket() -> Iterator[list[str]]:
    """A bucket with files of every kind on a server in this process; Beam's flags to reach it."""
    import boto3
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    flags = [f"--s3_endpoint_url=http://{host}:{port}", "--s3_region_name=us-east-1"]
    flags += ["--s3_access_key_id=any", "--s3_secret_access_key=any"]
    client = boto3.client(
        "s3",
        endpoint_url=f"http://{host}:{port}",
        region_name="us-east-1",
        aws_access_key_id="any",
        aws_secret_access_key="any",
    )
    client.create_bucket(Bucket="corpus")
    for name, content in FILES.items():
        client.put_object(Bucket="corpus", Key=f"in/{name}", Body=content)
    files.configure(["web=s3://corpus"], flags)
    yield flags
    files.configure(["s3://corpus"], [])
    server.stop()


def found(pattern: str) -> list[tuple[str, Record | Broken]]:
    """Read what a pattern names, in small slices."""
    return [
        (piece.source, one)
        for piece in plan([pattern], 50)
        for one in read(piece, "text", (), Meter())
    ]


@pytest.mark.usefixtures("bucket")
def test_a_bucket_is_read_as_a_folder_is(tmp_path: Path) -> None:
    """The same records under the same names, by a pattern, from every kind of file."""
    for name, content in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(content)
    assert found("s3://corpus/in/**") == found(f"{tmp_path}/**")
    assert {name for name, _ in found("web=s3://corpus/in/**.jsonl")} == {
        "web/a.jsonl",
        "web/i.jsonl",
    }


@pytest.mark.usefixtures("bucket")
def test_what_cannot_be_reached_is_named() -> None:
    """No such file, no such bucket, no such scheme: each is told in a line."""
    with pytest.raises(InputError, match=r"s3://corpus/none\*: no such file"):
        plan(["s3://corpus/none*"])
    with pytest.raises(InputError, match=r"s3://other/x\.jsonl: "):
        plan(["s3://other/x.jsonl"])
    with pytest.raises(InputError, match="no filesystem for it is installed"):
        plan(["nowhere://x.jsonl"])
