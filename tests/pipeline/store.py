"""A server of S3's protocol in this process, with a bucket."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

BUCKET = "corpus"


@contextmanager
def store() -> Iterator[tuple[Any, list[str]]]:
    """Serve a bucket while the body runs; yield a client, and Beam's flags to reach it."""
    import boto3
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    where = f"http://{host}:{port}"
    flags = [f"--s3_endpoint_url={where}", "--s3_region_name=us-east-1"]
    flags += ["--s3_access_key_id=any", "--s3_secret_access_key=any"]
    keys = {"aws_access_key_id": "any", "aws_secret_access_key": "any"}
    client = boto3.client("s3", endpoint_url=where, region_name="us-east-1", **keys)
    client.create_bucket(Bucket=BUCKET)
    try:
        yield client, flags
    finally:
        server.stop()
