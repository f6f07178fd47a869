"""What HTTP adds to a check, and what a server does when four times too much is asked of it.

    python bench/api.py [--seconds 20]

The server runs in a process of its own, under the shipped policy; clients are in this one, so that
they take a good part of two cores: figures are of this machine under them.
"""

from __future__ import annotations

import argparse
import asyncio
import http.client
import json
import os
import re
import statistics
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from gemsieve.filters import Batch, load_filter

TEXT = "The ferry leaves at nine from the old pier, and row 4 is free."
BODY = json.dumps({"input": TEXT}).encode()
HEAD = b"POST /v1/moderations HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n"
REQUEST = HEAD + b"content-length: %d\r\n\r\n" % len(BODY) + BODY


@contextmanager
def server(*options: str) -> Iterator[tuple[tuple[str, int], int]]:
    """Run `gemsieve serve` and give its address and process, once it is ready."""
    line = [sys.executable, "-m", "gemsieve.cli", "serve", "--port", "0", *options]
    with subprocess.Popen(line, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr
        told = re.search(r"http://([\d.]+):(\d+)", process.stderr.readline())
        assert told
        place = told.group(1), int(told.group(2))
        while get(place, "/v2/health/ready") != 200:
            time.sleep(0.1)
        yield place, process.pid
        process.terminate()


def get(place: tuple[str, int], path: str) -> int:
    """Return the status of a GET."""
    wire = http.client.HTTPConnection(*place, timeout=60)
    wire.request("GET", path)
    status = wire.getresponse().status
    wire.close()
    return status


def processor_time(pid: int) -> float:
    """Return the seconds of processor time that a process has taken."""
    with open(f"/proc/{pid}/stat") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def added(place: tuple[str, int], pid: int, rounds: int) -> tuple[float, float, float, float]:
    """Return what one text takes in process and over HTTP, in alternation.

    Medians by the clock, then means of processor time (the server's alone), all in seconds.
    """
    judge = load_filter()
    judge.setup("output")
    wire = http.client.HTTPConnection(*place)
    inside: list[float] = []
    outside: list[float] = []
    own, served = 0.0, processor_time(pid)
    for _ in range(rounds):
        cost = time.process_time()
        begun = time.perf_counter()
        judge(Batch([TEXT]), "output")
        inside.append(time.perf_counter() - begun)
        own += time.process_time() - cost
        begun = time.perf_counter()
        wire.request("POST", "/v1/moderations", BODY, {"content-type": "application/json"})
        wire.getresponse().read()
        outside.append(time.perf_counter() - begun)
    served = processor_time(pid) - served
    return statistics.median(inside), statistics.median(outside), own / rounds, served / rounds


class Load:
    """Requests, and how each was answered."""

    def __init__(self, place: tuple[str, int]) -> None:
        self._place = place
        self._free: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []
        self.statuses: Counter[int] = Counter()
        self.accepted: list[float] = []

    async def ask(self) -> None:
        """Send one request, over a connection that is free or a new one."""
        begun = time.perf_counter()
        try:
            reader, writer = self._free.pop() if self._free else await self._open()
            writer.write(REQUEST)
            head = await reader.readuntil(b"\r\n\r\n")
            length = re.search(rb"content-length: (\d+)", head)
            assert length
            await reader.readexactly(int(length.group(1)))
        except (OSError, asyncio.IncompleteReadError):
            self.statuses[0] += 1
            return
        status = int(head.split(b" ", 2)[1])
        self.statuses[status] += 1
        if status == 200:
            self.accepted.append(time.perf_counter() - begun)
        if b"connection: close" in head:
            writer.close()
        else:
            self._free.append((reader, writer))

    async def _open(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection(*self._place)

    async def closed(self, clients: int, seconds: float) -> float:
        """Let clients ask one after another, and return the answers a second."""
        end = time.perf_counter() + seconds

        async def client() -> None:
            while time.perf_counter() < end:
                await self.ask()

        await asyncio.gather(*(client() for _ in range(clients)))
        return self.statuses[200] / seconds

    async def offered(self, rate: float, seconds: float) -> None:
        """Send requests at a rate, whatever becomes of those before."""
        begun, tasks, sent = time.perf_counter(), set(), 0
        while (now := time.perf_counter() - begun) < seconds:
            while sent < rate * now:
                task = asyncio.create_task(self.ask())
                tasks.add(task)
                task.add_done_callback(tasks.discard)
                sent += 1
            await asyncio.sleep(0.005)
        await asyncio.gather(*tasks)
        for _, writer in self._free:
            writer.close()


def main() -> None:
    """Print both."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=20.0)
    seconds = parser.parse_args().seconds
    with server() as (place, pid):
        inside, outside, own, served = added(place, pid, 500)
        print(f"in process {inside * 1e3:.2f} ms, over HTTP {outside * 1e3:.2f} ms (medians)")
        print(f"of processor time {own * 1e3:.2f} and {served * 1e3:.2f} ms (means)")
        capacity = asyncio.run(Load(place).closed(16, min(5.0, seconds)))
        print(f"16 clients: {capacity:.0f} answers a second")
    with server("--max-connections", "64") as (place, pid):
        load = Load(place)
        asyncio.run(load.offered(4 * capacity, seconds))
        load.accepted.sort()
        p50, p99 = (load.accepted[int(len(load.accepted) * q)] for q in (0.5, 0.99))
        print(f"4 times as many for {seconds:.0f} s: {dict(load.statuses)}")
        print(f"accepted: p50 {p50 * 1e3:.0f} ms, p99 {p99 * 1e3:.0f} ms")
        print(f"ready afterwards: {get(place, '/v2/health/ready')}")


if __name__ == "__main__":
    main()
