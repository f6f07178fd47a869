"""One job on every runner that can be had here: is it the same job, byte for byte?

Run: python bench/runners.py [--records N] [--tools DIR] [RUNNER ...]

The demo's corpus is sieved by each runner with its own workers, the output verified (every shard
against its digest), and the digest of the manifest, which holds all others, printed as a row of
`docs/runners.md`. `make prism` and `make flink` fetch what is needed, and call this.
"""

from __future__ import annotations

import argparse
import os
import shlex
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from flink_cluster import cluster

from gemsieve.cli.demo_corpus import write_corpus
from gemsieve.pipeline.manifest import Manifest, verify

POOL = "localhost:50321"
EXTERNAL = ["--environment_type=EXTERNAL", f"--environment_config={POOL}"]


def flags_of(runner: str, tools: Path) -> list[str]:
    """Return the flags that choose a runner and its workers.

    Raises:
        SystemExit: What it needs is not there; says what to do.
    """
    engine, _, pool = runner.partition("-")
    flags = {
        "memory": ["--runner=FnApiRunner"],
        "threads": ["--runner=FnApiRunner", "--workers=2"],
        "prism": ["--runner=PrismRunner", f"--prism_location={tools / 'prism'}"],
        "flink": ["--runner=FlinkRunner", "--parallelism=2"],
    }[engine]
    if engine in {"prism", "flink"} and not (tools / engine).exists():
        raise SystemExit(f"{tools / engine}: missing; run `make {engine}`")
    return flags + EXTERNAL if pool else flags


@contextmanager
def engine(flags: Sequence[str], tools: Path) -> Iterator[list[str]]:
    """Run a cluster while the body runs, where flags ask for one; yield flags that lead there."""
    if "--runner=FlinkRunner" not in flags:
        yield list(flags)
        return
    with cluster(tools / "flink") as jobs:
        yield [*flags, f"--job_endpoint={jobs}"]


@contextmanager
def workers(flags: Sequence[str]) -> Iterator[None]:
    """Serve worker processes of Beam's own while the body runs, where flags ask for them."""
    if EXTERNAL[0] not in flags:
        yield
        return
    module = "apache_beam.runners.worker.worker_pool_main"
    command = [sys.executable, "-m", module, f"--service_port={POOL.split(':')[1]}"]
    # It starts its workers as `python`, whichever that is.
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    pool = subprocess.Popen(command, stderr=subprocess.DEVNULL, env=os.environ | {"PATH": path})
    try:
        yield
    finally:
        pool.terminate()
        pool.wait()


def sieved(corpus: Path, output: Path, flags: Sequence[str], tools: Path) -> Manifest:
    """Sieve a corpus as a user would, and prove the output."""
    command = [sys.executable, "-m", "gemsieve.cli", "filter", "--input", f"{corpus}/*"]
    command += ["--output", str(output)]
    with engine(flags, tools) as led, workers(flags):
        subprocess.run([*command, *led], check=True, stdout=subprocess.DEVNULL)
    return verify(output)


def main() -> int:
    """Run the same job on each runner; status 1 when two outputs differ."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("runners", nargs="*", default=["memory", "threads", "prism", "prism-pool"])
    parser.add_argument("--records", type=int, default=500)
    parser.add_argument("--tools", type=Path, default=Path("build/tools"))
    args = parser.parse_args()
    chosen = {runner: flags_of(runner, args.tools.absolute()) for runner in args.runners}
    digests = set()
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        write_corpus(work, args.records, 0)
        print(
            "| runner | flags | records | seconds | digest of the manifest |\n|---|---|---|---|---|"
        )
        for runner, flags in chosen.items():
            begun = time.perf_counter()
            books = sieved(work / "corpus", work / runner, flags, args.tools.absolute())
            seconds = time.perf_counter() - begun
            digests.add(books.digest)
            told = f"`{shlex.join(flags)}` | {books.counts['in']:,} | {seconds:.0f}"
            print(f"| {runner} | {told} | `{books.digest[:16]}` |", flush=True)
    return 0 if len(digests) == 1 else 1


if __name__ == "__main__":
    sys.exit(main())
