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

from gemsieve.cli.demo_corpus import write_corpus
from gemsieve.pipeline.manifest import Manifest, verify

POOL = "localhost:50321"
JAR = "beam-runners-flink-*-job-server-*.jar"


def flags_of(runner: str, tools: Path) -> list[str]:
    """Return the flags that choose a runner and its workers.

    Raises:
        SystemExit: What it needs is not there; says what to do.
    """
    pool = ["--environment_type=EXTERNAL", f"--environment_config={POOL}"]
    prism = ["--runner=PrismRunner", f"--prism_location={tools / 'prism'}"]
    jar = next(tools.glob(JAR), tools / JAR)
    flink = ["--runner=FlinkRunner", f"--flink_job_server_jar={jar}", "--flink_master=[local]"]
    found = {
        "memory": ["--runner=FnApiRunner"],
        "threads": ["--runner=FnApiRunner", "--workers=2"],
        "prism": prism,
        "prism-pool": prism + pool,
        "flink": [*flink, "--parallelism=2"],
        "flink-pool": [*flink, *pool, "--parallelism=2"],
    }[runner]
    for tool in (tools / "prism", jar):
        if any(flag.endswith(f"={tool}") for flag in found) and not tool.exists():
            raise SystemExit(f"{tool}: missing; run `make {runner.split('-', maxsplit=1)[0]}`")
    return found


@contextmanager
def workers(flags: Sequence[str]) -> Iterator[None]:
    """Serve worker processes of Beam's own while the body runs, where flags ask for them."""
    if "--environment_type=EXTERNAL" not in flags:
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


def sieved(corpus: Path, output: Path, flags: Sequence[str]) -> Manifest:
    """Sieve a corpus as a user would, and prove the output."""
    command = [sys.executable, "-m", "gemsieve.cli", "filter", "--input", f"{corpus}/*"]
    command += ["--output", str(output), *flags]
    with workers(flags):
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
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
            books = sieved(work / "corpus", work / runner, flags)
            seconds = time.perf_counter() - begun
            digests.add(books.digest)
            told = f"`{shlex.join(flags)}` | {books.counts['in']:,} | {seconds:.0f}"
            print(f"| {runner} | {told} | `{books.digest[:16]}` |", flush=True)
    return 0 if len(digests) == 1 else 1


if __name__ == "__main__":
    sys.exit(main())
