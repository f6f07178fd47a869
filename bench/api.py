"""What HTTP adds to a check, and what a server does when four times too much is asked of it.

    python bench/api.py [--seconds 60]

The server runs in a process of its own, under the shipped policy and with its default limits. The
load comes from wrk (Debian's package `wrk`) by `storm.lua`: at a rate, over connections that stay
open. A bystander asks beside it, as any client would. All share the cores of this machine.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import re
import shutil
import socket
import statistics
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from gemsieve.filters import Batch, load_filter

TEXT = "The ferry leaves at nine from the old pier, and row 4 is free."
PATH, JSON = "/v1/moderations", {"content-type": "application/json"}
BODY = json.dumps({"input": TEXT}).encode()
HEAD = f"POST {PATH} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n".encode()
REQUEST = HEAD + b"content-length: %d\r\n\r\n" % len(BODY) + BODY
CLIENTS = 16  # that find the capacity
CONNECTIONS = 512  # of the storm: four times as many as the server answers at a time
STORM = Path(__file__).with_suffix("").parent / "storm.lua"
Place = tuple[str, int]


@contextmanager
def server(*options: str) -> Iterator[tuple[Place, int]]:
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


def get(place: Place, path: str) -> int:
    """Return the status of a GET on a connection of its own."""
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


def resident(pid: int) -> float:
    """Return the megabytes of memory that a process holds."""
    with open(f"/proc/{pid}/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


def clock(work: Callable[[], object]) -> float:
    """Return the seconds that some work takes by the clock."""
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def bare(wire: socket.socket) -> None:
    """Ask in one segment and read the answer: a client that costs next to nothing."""
    wire.sendall(REQUEST)
    got = b""
    while b"\r\n\r\n" not in got:
        got += wire.recv(65536)
    head, _, body = got.partition(b"\r\n\r\n")
    length = re.search(rb"content-length: (\d+)", head)
    assert length
    while len(body) < int(length.group(1)):
        body += wire.recv(65536)


def added(place: Place, pid: int, rounds: int) -> None:
    """Print what one text takes in process and over HTTP, in turns: medians by the clock."""
    judge = load_filter()
    judge.setup("output")
    batch, connection = Batch([TEXT]), http.client.HTTPConnection(*place)

    def ask() -> None:
        connection.request("POST", PATH, BODY, JSON)
        connection.getresponse().read()

    with socket.create_connection(place) as wire:
        wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        ways = {
            "in process": lambda: judge(batch, "output"),
            "by http.client": ask,
            "by a bare socket": lambda: bare(wire),
        }
        taken: dict[str, list[float]] = {name: [] for name in ways}
        own = served = 0.0
        for i in range(-50, rounds):
            if i == 0:  # everything is warm
                own, served = 0.0, processor_time(pid)
            for name, way in ways.items():
                cost = time.process_time()
                taken[name].append(clock(way))
                own += time.process_time() - cost if name == "in process" else 0.0
        served = (processor_time(pid) - served) / 2
    inside, *outside = (statistics.median(times[50:]) * 1e3 for times in taken.values())
    print(f"one text in process: {inside:.2f} ms")
    for name, took in zip([*ways][1:], outside, strict=True):
        print(f"over HTTP {name}: {took:.2f} ms, adds {took - inside:.2f} (goal: below 1)")
    cost, spent = own / rounds * 1e3, served / rounds * 1e3
    print(f"processor time: {cost:.2f} ms in process, {spent:.2f} of the server over HTTP")


def wrk(place: Place, clients: int, seconds: float, rate: float = 0) -> dict[str, Any]:
    """Return what came of texts at a rate (a second), or one after another where it is 0."""
    line = ["wrk", "-t2", f"-c{clients}", f"-d{seconds:.0f}s", "--timeout", "30s", "-s", str(STORM)]
    url = "http://{}:{}".format(*place) + PATH
    done = subprocess.run([*line, url, "--", f"{rate:.0f}"], stdout=subprocess.PIPE, check=True)
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return told


class Bystander(threading.Thread):
    """Asks twenty times a second, now for a text and now whether the server is ready."""

    def __init__(self, place: Place) -> None:
        super().__init__()
        self._place, self._over = place, threading.Event()
        self.ready: Counter[int] = Counter()
        self.accepted: list[float] = []
        self.longest = 0.0

    def run(self) -> None:
        """Ask until told that it is over."""
        wire = http.client.HTTPConnection(*self._place, timeout=60)
        while not self._over.wait(0.05):
            begun = time.perf_counter()
            wire.request("POST", PATH, BODY, JSON)
            answer = wire.getresponse()
            answer.read()
            if answer.status == 200:
                self.accepted.append(time.perf_counter() - begun)
            begun = time.perf_counter()
            self.ready[get(self._place, "/v2/health/ready")] += 1
            self.longest = max(self.longest, time.perf_counter() - begun)

    def stop(self) -> None:
        """End, and put the times in order."""
        self._over.set()
        self.join()
        self.accepted.sort()


def storm(place: Place, pid: int, seconds: float) -> None:
    """Print what the server can do, and what it does when four times that is asked."""
    wrk(place, CLIENTS, 2)
    calm = wrk(place, CLIENTS, max(2.0, seconds / 6))
    capacity = calm["judged"] / calm["seconds"]
    print(
        f"{CLIENTS} clients: {capacity:.0f} texts judged a second, longest {calm['longest']:.3f} s"
    )
    wrk(place, CONNECTIONS, 2, 4 * capacity)  # what a storm needs is held once
    before, spent = resident(pid), processor_time(pid)
    bystander = Bystander(place)
    bystander.start()
    got = wrk(place, CONNECTIONS, seconds, 4 * capacity)
    bystander.stop()
    spent = (processor_time(pid) - spent) / got["seconds"]
    rates = {name: got[name] / got["seconds"] / capacity for name in ("judged", "refused")}
    print(f"storm over {CONNECTIONS} connections: {json.dumps(got)}")
    print(f"offered {sum(rates.values()):.2f} times the capacity, by {spent:.2f} of a core")
    print(f"judged {rates['judged']:.0%} of the capacity (goal: 50 %)")
    print(f"answers that are wrong, other than 200 or 503, or none: {unanswered(got)} (goal: 0)")
    times = bystander.accepted
    if times:
        p50, p99 = (times[int(len(times) * q)] * 1e3 for q in (0.5, 0.99))
        print(f"a bystander's {len(times)} accepted: {p50:.0f} and {p99:.0f} ms (goal: p99 < 1 s)")
    print(f"longest answer of all: {got['longest'] * 1e3:.0f} ms")
    told, longest = dict(bystander.ready), bystander.longest * 1e3
    print(f"ready, asked meanwhile: {told}, longest {longest:.0f} ms; afterwards: ", end="")
    print(get(place, "/v2/health/ready"))
    print(f"memory: {before:.0f} MB before, {resident(pid):.0f} MB after")


def unanswered(got: dict[str, Any]) -> int:
    """Return how many requests of a storm came to nothing good."""
    return int(got["wrong"] + got["other"] + got["broken"])


def main() -> None:
    """Print both."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0)
    seconds = parser.parse_args().seconds
    with server() as (place, pid):
        added(place, pid, 500)
        if shutil.which("wrk") is None:
            parser.exit(2, "the storm needs wrk: apt-get install wrk\n")
        storm(place, pid, seconds)


if __name__ == "__main__":
    main()
