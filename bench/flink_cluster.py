"""A Flink cluster on this machine: a job manager, a task manager, and who takes Beam's jobs in.

Run: python bench/flink_cluster.py [--tools DIR]

prints what to hand to gemsieve, and serves until it is ended. `make flink` fetches what is needed.
"""

from __future__ import annotations

import argparse
import json
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from flink_jobs import serving

SUBMIT = Path(__file__).parent / "flink" / "Submit.java"
PATIENCE = 120  # seconds until the cluster is there
SLOTS = 2
# Flink closes over classes of the JDK's that Java 17 keeps to itself.
OPENED = ("java.lang", "java.util", "java.net", "java.io", "java.nio", "java.time")
OPEN = [word for one in OPENED for word in ("--add-opens", f"java.base/{one}=ALL-UNNAMED")]
JVM = ["java", "-Xmx700m", *OPEN, "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn"]
MASTER = "org.apache.flink.runtime.entrypoint.StandaloneSessionClusterEntrypoint"
WORKER = "org.apache.flink.runtime.taskexecutor.TaskManagerRunner"
SETTINGS = """
jobmanager.rpc.address: localhost
jobmanager.rpc.port: {rpc}
rest.address: localhost
rest.port: {rest}
blob.server.port: 0
heartbeat.interval: 1000
heartbeat.timeout: 10000
taskmanager.numberOfTaskSlots: {slots}
taskmanager.cpu.cores: {slots}
taskmanager.memory.framework.heap.size: 128m
taskmanager.memory.framework.off-heap.size: 128m
taskmanager.memory.task.heap.size: 256m
taskmanager.memory.task.off-heap.size: 64m
taskmanager.memory.network.min: 64m
taskmanager.memory.network.max: 64m
taskmanager.memory.managed.size: 128m
taskmanager.memory.jvm-metaspace.size: 256m
taskmanager.memory.jvm-overhead.min: 128m
taskmanager.memory.jvm-overhead.max: 128m
io.tmp.dirs: {folder}
"""


def free_ports(count: int) -> list[int]:
    """Return ports that nobody listens on."""
    with ExitStack() as held:
        found = [held.enter_context(socket.create_server(("localhost", 0))) for _ in range(count)]
        return [one.getsockname()[1] for one in found]


@contextmanager
def running(command: Sequence[str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run a process while the body runs, and end it."""
    with log.open("wb") as said:
        process = subprocess.Popen(command, stdout=said, stderr=said)
    try:
        yield process
    finally:
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(10)
        process.kill()
        process.wait()


def ready(rest: int, worker: subprocess.Popen[bytes], log: Path) -> None:
    """Wait until the cluster has slots.

    Raises:
        SystemExit: Its worker ended, or it has none for too long.
    """
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until and worker.poll() is None:
        page = f"http://localhost:{rest}/overview"
        with suppress(OSError), urllib.request.urlopen(page) as answer:
            if json.load(answer)["slots-available"] == SLOTS:
                return
        time.sleep(0.5)
    raise SystemExit(f"no Flink cluster came up; its worker said:\n{log.read_text()[:2000]}")


@contextmanager
def cluster(jars: Path) -> Iterator[str]:
    """Run a cluster from a folder of jars; yield HOST:PORT of its job service."""
    path = f"{jars}/*"
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name)
        rpc, rest = free_ports(2)
        settings = SETTINGS.format(rpc=rpc, rest=rest, slots=SLOTS, folder=folder)
        (folder / "flink-conf.yaml").write_text(settings)
        for main in (MASTER, WORKER):
            command = [*JVM, "-cp", path, main, "--configDir", name]
            last = stack.enter_context(running(command, folder / f"{main}.log"))
        ready(rest, last, folder / f"{WORKER}.log")
        submit = [*JVM, "-cp", path, str(SUBMIT), f"localhost:{rest}"]
        yield stack.enter_context(serving(submit, folder))


def main() -> int:
    """Serve until ended."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tools", type=Path, default=Path("build/tools"))
    args = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with suppress(KeyboardInterrupt), cluster(args.tools / "flink") as jobs:
        print(f"--runner FlinkRunner --job_endpoint {jobs} --parallelism {SLOTS}", flush=True)
        signal.pause()
    return 0


if __name__ == "__main__":
    sys.exit(main())
