"""No finding's words leave a job but in its kept text: every artefact is searched for them."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow.parquet as pq
from tests.filters.check_digits import iban, luhn
from tests.filters.pii_tables import TABLES
from tests.filters.pii_tables.row import parsed

from gemsieve.filters.pii import PiiDetector
from gemsieve.filters.pii.analyzer import recognizers
from gemsieve.filters.pii.database import digest
from gemsieve.filters.pii.database import folder as databases
from gemsieve.filters.pii.scanner import Scanner
from gemsieve.pipeline.manifest import FAILED, NAME, verify

PROSE = "The keeper of the lighthouse writes down what passes, and reads it aloud in winter."
LONG = " ".join(["So the evening goes on, and the sea says nothing at all."] * 12)
KEPT = "quillwort-and-marram"  # no personal data: the policy lets it stand, a user does not
# Of each kind that a rule proves, one value of this test's own: gone from the kept text, too.
PROVEN = {
    "CREDIT_CARD": luhn("4539" + "7" * 11),
    "EMAIL_ADDRESS": "quillmarker.keeper@lampmarker-isles.org",
    "IBAN_CODE": iban("DE", "37040044" + "5" * 10),
    "IP_ADDRESS": "93.184.217.229",
    "PHONE_NUMBER": "+49 30 901820777",
    "US_SSN": "219-09-8877",
}

# A third party's detector, as a package brings it: what it raises holds the text.
DETECTOR = """
from gemsieve.filters import Finding, Labels

class Boom:
    name, version, weights, needs = "boom", "1", "", ()
    labels = Labels(events=frozenset({"boom.never"}))

    def setup(self):
        pass

    def __call__(self, batch):
        for text in batch.texts:
            if "BOOM" in text:
                try:
                    raise ValueError(text)
                except ValueError as error:
                    raise RuntimeError(f"cannot read {text!r}") from error
        return [[] for _ in batch.texts]
"""
# Every logger of every process writes everything that it is told, whatever its level.
EVERYTHING = """
import logging, os

logging.Logger.isEnabledFor = lambda self, level: True
handler = logging.FileHandler(os.path.join(os.environ["LOGS"], f"{os.getpid()}.log"))
handler.setFormatter(logging.Formatter("%(levelname)s %(name)s %(message)s %(args)r"))
logging.getLogger().addHandler(handler)
"""
POLICY = """
name = "no-words"
[detectors.pii]
{options}
[[corpus]]
labels = "pii.*"
action = "redact"
[[corpus]]
labels = ["boom.*", "quality.*"]
action = "keep"
[[corpus]]
labels = "quality.gopher.word_count"
above = 100
action = "drop"
[leak_check]
records = "all"
"""


@dataclass(frozen=True)
class Marked:
    """One value and a text that holds it."""

    entity: str
    value: str
    text: str


def marked() -> list[Marked]:
    """Return a value of every kind that Presidio knows, and one of each that a rule proves."""
    found = [Marked(entity, value, f"Note: {value}.") for entity, value in PROVEN.items()]
    for entity, table in TABLES.items():
        rows = [(text, spans) for text, spans in map(parsed, table) if spans]
        values = [(text[a:b], text) for text, spans in rows for a, b, _ in spans]
        value, text = max(values, key=lambda pair: len(re.sub(r"\W", "", pair[0])))
        found.append(Marked(entity, value, text))
    return found


def write_corpus(path: Path, values: list[Marked]) -> None:
    """Write each value to be kept, dropped, crashed over and broken; three faults of each kind."""
    lines: list[bytes] = []
    for i, mark in enumerate(values):
        body = f"{PROSE}\n{mark.text}\n"
        for text in (body, f"{body}{LONG}", f"BOOM {body}"):
            row = {"text": text, "author": mark.text, "site": f"s{i % 2}"}
            lines.append(json.dumps(row, ensure_ascii=False).encode())
        broken = (
            b'{"text": "' + mark.value.encode(),
            b"\xff" + mark.value.encode(),
            json.dumps([mark.value]).encode(),
            json.dumps({"body": mark.value, mark.value: 1}).encode(),
            json.dumps({"text": {"value": mark.value}}).encode(),
            json.dumps({"text": f"{mark.value} \ud800"}).encode(),
            mark.value.encode(),
        )
        lines.append(broken[i % len(broken)])
    lines.append(json.dumps({"text": f"{PROSE} Its name is {KEPT}."}).encode())
    middle = len(lines) // 2
    path.mkdir()
    (path / "a.jsonl").write_bytes(b"\n".join(lines[:middle]) + b"\n")
    (path / "b.jsonl").write_bytes(b"\n".join(lines[middle:]) + b"\n")


class Scene:
    """A folder in which a job runs, all that it can write to inside it."""

    def __init__(self, folder: Path, options: str) -> None:
        self.folder = folder
        self.output = folder / "work" / "out"
        for name in ("work/home", "work/tmp", "work/logs", "plugins/boom-1.dist-info"):
            (folder / name).mkdir(parents=True)
        plugins = folder / "plugins"
        (plugins / "boom.py").write_text(DETECTOR)
        (plugins / "sitecustomize.py").write_text(EVERYTHING)
        info = plugins / "boom-1.dist-info"
        (info / "METADATA").write_text("Metadata-Version: 2.1\nName: boom\nVersion: 1\n")
        (info / "entry_points.txt").write_text("[gemsieve.detectors]\nboom = boom:Boom\n")
        (folder / "policy.toml").write_text(POLICY.format(options=options))
        # What takes seconds to compile comes from the machine's cache, and is searched as well.
        choice = PiiDetector(**tomllib.loads(options)).choice
        name = f"{digest(Scanner(recognizers(choice)).gates)}.hsdb"
        cache = folder / "work" / "home" / "cache" / "gemsieve"
        cache.mkdir(parents=True)
        shutil.copy2(databases() / name, cache)

    def filter(self, *more: str) -> subprocess.CompletedProcess[str]:
        """Run `gemsieve filter` as a user would, and keep what it says beside what it writes."""
        work = self.folder / "work"
        command = [sys.executable, "-m", "gemsieve.cli", "filter", "--output", str(self.output)]
        command += ["--input", str(self.folder / "in" / "*"), "--columns", "author"]
        command += ["--source-field", "site", "--policy", str(self.folder / "policy.toml")]
        done = subprocess.run(
            [*command, "--default_sdk_harness_log_level=DEBUG", *more],
            capture_output=True,
            text=True,
            check=False,
            env=os.environ
            | {"PYTHONPATH": str(self.folder / "plugins"), "LOGS": str(work / "logs")}
            | {"TMPDIR": str(work / "tmp"), "HOME": str(work / "home")}
            | {"XDG_CACHE_HOME": str(work / "home" / "cache")},
        )
        (work / "said.txt").write_text(done.stdout + done.stderr)
        return done

    def written(self) -> Iterator[tuple[Path, str]]:
        """Yield all that the job wrote, in lower case; of Parquet the cells as well."""
        for path in sorted((self.folder / "work").rglob("*")):
            if path.is_file():
                content = path.read_bytes().decode("latin-1")
                if path.suffix == ".parquet":
                    cells = json.dumps(pq.read_table(path).to_pylist(), ensure_ascii=False)
                    content += cells.encode().decode("latin-1")
                yield path, content.lower()


class Needle:
    """What gives a value away: as it stands, escaped, without its signs, an address by halves."""

    def __init__(self, value: str) -> None:
        bare = re.sub(r"\W", "", value)
        forms = {value, json.dumps(value)[1:-1], bare, *value.split("@")}
        self.forms = [form.encode().decode("latin-1").lower() for form in forms]
        # A short one is looked for by itself: five digits stand in any digest.
        self.short = len(bare) < 8

    def __call__(self, content: str) -> bool:
        """Say whether a text, in lower case, holds one of the forms."""
        held = [form for form in self.forms if form in content]
        if self.short:
            return any(re.search(rf"\b{re.escape(form)}\b", content) for form in held)
        return bool(held)


def holders(scene: Scene, value: str) -> set[str]:
    """Return the folders, or files, of the output and around it that hold a value in any form."""
    return {
        path.relative_to(scene.folder / "work").as_posix()
        for path, content in scene.written()
        if Needle(value)(content)
    }


def leaked(scene: Scene, values: list[Marked]) -> list[tuple[str, str]]:
    """Return entity and file of every value that stands anywhere but in the kept text."""
    needles = [(mark, Needle(mark.value)) for mark in values]
    return [
        (mark.entity, path.name)
        for path, content in scene.written()
        for mark, needle in needles
        if (path.parent.name != "kept" or mark.value in PROVEN.values()) and needle(content)
    ]


def test_a_failing_job_tells_no_words(tmp_path: Path) -> None:
    """Two workers, a crashing detector, broken records, a leak: no value outside the kept text."""
    scene, values = Scene(tmp_path, 'countries = ["*"]'), marked()
    write_corpus(tmp_path / "in", values)
    planted = tmp_path / "planted.txt"
    planted.write_text("\n".join([*PROVEN.values(), KEPT]))
    done = scene.filter("--workers", "2", "--planted", str(planted))
    assert done.returncode == 1, done.stderr
    last = len(PROVEN) + 1
    assert f"planted values: {last}, remaining: 1 (line {last})" in done.stderr
    assert (scene.output / FAILED).exists()
    assert not (scene.output / NAME).exists()
    assert {path.parts[-3] for path in scene.output.rglob("*.json")} >= {"_work", "out"}
    assert leaked(scene, values) == []
    assert {Path(path).parent.name for path in holders(scene, KEPT)} == {"kept"}
    # The search would find something: in the corpus it does, and workers and runner left logs.
    corpus = "".join(path.read_text("latin-1") for path in (tmp_path / "in").iterdir()).lower()
    assert [mark.entity for mark in values if not Needle(mark.value)(corpus)] == []
    logs = [path for path in (tmp_path / "work" / "logs").iterdir() if "DEBUG" in path.read_text()]
    assert len(logs) >= 3


def test_a_finished_job_tells_no_words(tmp_path: Path) -> None:
    """Each recognizer of stock Presidio finds its value; nothing but the kept text shows it."""
    scene, values = Scene(tmp_path, 'mode = "stock"\ncountries = ["*"]'), marked()
    write_corpus(tmp_path / "in", values)
    done = scene.filter()
    assert done.returncode == 0, done.stderr
    books = verify(scene.output)
    counts = books.counts
    assert counts["in"] == 4 * len(values) + 1
    assert counts["quarantined"] == 2 * len(values)
    assert counts["dropped"] == len(values)
    assert books.leak_check["suspected"] == books.leak_check["proven"] == {}
    report = json.loads((scene.output / "report" / "report.json").read_text())
    found = {label for label, *_ in report["tally"]["mentions"]}
    entities = PiiDetector(mode="stock", countries=["*"]).choice.found
    assert {f"pii.{entity.lower()}" for entity in entities} <= found
    assert leaked(scene, values) == []
    assert {Path(path).parent.name for path in holders(scene, KEPT)} == {"kept"}
