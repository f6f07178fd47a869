"""A small finished output to inspect: two files, every outcome, hostile texts among them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from typing import Any

from gemsieve.pipeline.finish import inputs
from gemsieve.pipeline.inspector.api import Inspector
from gemsieve.pipeline.inspector.marks import ENDING, Marks
from gemsieve.pipeline.inspector.original import Originals
from gemsieve.pipeline.inspector.output import open_output
from gemsieve.pipeline.inspector.server import Server
from gemsieve.pipeline.job import Job, described, rules_of
from gemsieve.pipeline.manifest import OUTCOMES, Manifest, verify, write
from gemsieve.pipeline.reading.slices import plan
from gemsieve.pipeline.sieve import Siever
from gemsieve.pipeline.storage import remove_all
from gemsieve.pipeline.workers.place import Place

POLICY = """
name = "inspected"
[[corpus]]
labels = "pii.*"
above = 0.4
action = "redact"
[[corpus]]
labels = "toxicity.toxicity"
above = 0.7
action = "drop"
[[corpus]]
labels = ["toxicity.*", "identity.*"]
except = "toxicity.toxicity"
action = "keep"
"""
PROSE = "The harbour master keeps a ledger of every boat that comes in with the evening tide."
MAIL = "night.watch@harbour-office.org"
RUDE = "You are a worthless idiot, shut up, you stupid moron."
SCRIPT = "<script>document.title = 'owned'</script><img src=x onerror=\"document.title = 'owned'\">"
HIDING = "\u202egnp.elif\u202c and \u200b and \x07"


def text(i: int) -> str:
    """Return the text of a record."""
    if i % 6 == 0:
        return f"{PROSE} Page {i}. Write to {MAIL} soon. The Muslim sailors read it too."
    if i % 7 == 0:
        return f"{RUDE} {PROSE} Page {i}. Ask {MAIL}."
    if i % 5 == 0:
        return f"{PROSE} {SCRIPT} {HIDING} Page {i}."
    return f"{PROSE} Page {i}."


def site(name: str, i: int) -> str:
    """Return the source of a record; one turns the line around."""
    return f"{name}.org" if i != 5 else "gro.a\u202e"


def make(folder: Path, policy: str = POLICY) -> Path:
    """Write the corpus, sieve it and return where the output is; no Beam, check or audit."""
    (folder / "in").mkdir(parents=True)
    for name, first in (("a", 1), ("b", 31)):
        rows = [{"text": text(i), "site": site(name, i)} for i in range(first, first + 30)]
        lines = [*map(json.dumps, rows), "{broken"]
        (folder / f"in/{name}.jsonl").write_text("\n".join(lines) + "\n")
    job = Job(str(folder / "out"), policy, "inspected.toml", source_field="site")
    judge, slices = job.build_filter(), plan([str(folder / "in/*")])
    siever = Siever(job, job.digest(slices, judge), len(slices))
    receipts = [siever.work(piece, Place()) for piece in slices]
    shards = sorted((s for r in receipts for s in r.shards), key=lambda shard: shard.path)
    counts = {o: sum(s.records for s in shards if s.path.startswith(o)) for o in OUTCOMES}
    books = Manifest(
        folder / "out",
        policy=rules_of(judge),
        detectors=described(judge),
        inputs=inputs(slices, receipts),
        counts={"in": sum(counts.values())} | counts,
        shards=shards,
        code="test",
        settings=job.settings,
    )
    write(books)
    remove_all(job.work)
    verify(folder / "out")
    return folder / "out"


def inspector(out: Path, marks: Path | None = None, *, read: bool = False) -> Inspector:
    """Return the inspector of an output; with `read`, it knows the inputs."""
    output = open_output(out)
    kept = Marks(marks or out.with_name(out.name + ENDING), output.book)
    originals = Originals(output, [str(out.parent / "in/*")]) if read else None
    return Inspector(output, kept, originals)


@contextmanager
def served(one: Inspector) -> Iterator[Server]:
    """Serve an inspector while the context lasts."""
    server = Server(one)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    one.facets.work()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        one.marks.close()


def settled(ask: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """Return the answer to a search once it was put to all records."""
    while not (told := ask())["done"]:
        pass
    return told


def whole_text(block: dict[str, Any]) -> str:
    """Return a text of the page as it would be seen: masks as bullets, signs by their numbers."""
    return "".join(
        part.get("text") or "•" * part.get("mask", 0) or f"[{part['sign'].split()[0]}]"
        for part in block["pieces"]
    )
