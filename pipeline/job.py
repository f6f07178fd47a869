"""A job's settings: all that decides its bytes, and where they go."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from gemsieve.filters import Filter, over
from gemsieve.filters.bias.gender_table import gender_table
from gemsieve.filters.catalogue import filter_from_text
from gemsieve.filters.policy_file import PolicyError
from gemsieve.pipeline.reading.read_other import readers_of
from gemsieve.pipeline.reading.slices import Slice
from gemsieve.pipeline.storage import Location, Remote, location, scratch


class RunnerError(Exception):
    """A Beam flag or runner that we cannot run with; says which and what to do."""


class Submitted(Exception):  # noqa: N818  # no error: there is nothing more to do just now
    """A job was handed to a runner and not followed; says what to do when it has ended."""


@dataclass(frozen=True)
class Job:
    """Everything that decides a job's bytes, and where they go. Plain values: it travels.

    Attributes:
        policy: The policy's text; `policy_name` is its file's name in errors.
        source_field: Column whose value names a record's source in counts; "" for the file.
        columns: Columns that pass into the kept shards; their values are sieved as well.
        key: Fingerprint of the operators' key, "" for none or before it is known. Whoever builds
            the filter must have the same.
        encoding: Of CSV and plain text without a byte-order mark, "" for UTF-8.
        by_line: Whether each line of plain text is a record, or a file is one.
        limit: How many records are read, the first ones; None for all.
        asked: Columns that the policy's rules and detectors look at, () before they are known.
        flags: Beam's flags, by which whoever works reaches remote files; () before they are known.
        planted: File of values that must not be in the kept shards, "" for none. It decides no
            byte of them.
        seconds_per_record: How long a record may be judged, and as long again for each 1.2
            million characters; longer, and it is set aside.
        memory_limit: Megabytes that a process that judges may hold; 0 for a share of the
            machine's. What passes it is set aside.
        title: What the data card calls the output, "" for a name after the policy.
        license: The licence of the texts, as the card names it, "" for none.
        jsonl: How kept records are written as JSON lines too, `zst` or `gz`; None for not at all.
        annotations: Folder of what detectors found before, by which the job decides; "" to look.
        annotated: Its digest.
    """

    output: str
    policy: str
    policy_name: str
    text_field: str = "text"
    source_field: str = ""
    columns: tuple[str, ...] = ()
    planted: str = ""
    key: str = ""
    encoding: str = ""
    by_line: bool = False
    limit: int | None = None
    asked: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()
    seconds_per_record: float = 60.0
    memory_limit: int = 0
    title: str = ""
    license: str = ""
    jsonl: str | None = None
    annotations: str = ""
    annotated: str = ""

    @property
    def settings(self) -> dict[str, Any]:
        """What the manifest tells of the job beside its policy."""
        heading: dict[str, str | None] = {"title": self.title, "license": self.license}
        heading |= {"jsonl": self.jsonl or "", "annotations": self.annotated}
        return (
            {
                "text_field": self.text_field,
                "source_field": self.source_field,
                "columns": list(self.columns),
            }
            | ({} if self.limit is None else {"limit": self.limit})
            | ({"encoding": self.encoding} if self.encoding else {})
            | ({"by_line": True} if self.by_line else {})
            | {name: words for name, words in heading.items() if words}
        )

    @property
    def folder(self) -> Location:
        """Where the outcome goes."""
        return location(self.output)

    @property
    def work(self) -> Location:
        """Where drafts, receipts and heartbeats live until the manifest is written."""
        return self.folder / "_work"

    @property
    def receipts(self) -> Location:
        """Where receipts stand."""
        return self.work / "receipts"

    @property
    def drafts(self) -> Path:
        """Where shards are written before they get their names: always on local disk."""
        work = self.work
        return scratch() if isinstance(work, Remote) else work / "drafts"

    @property
    def aside(self) -> Location:
        """Where it is written down which records of a slice are set aside."""
        return self.work / "aside"

    @property
    def heartbeats(self) -> Location:
        """Where workers say how far they are."""
        return self.work / "heartbeats"

    @property
    def leaks(self) -> Location:
        """Where the check of the output writes what it found, slice by slice."""
        return self.work / "leaks"

    @property
    def leak_heartbeats(self) -> Location:
        """Where workers say how far they are with the check."""
        return self.work / "leak_heartbeats"

    @property
    def audits(self) -> Location:
        """Where the audit of the filter writes what it found, slice by slice."""
        return self.work / "audits"

    @property
    def audit_heartbeats(self) -> Location:
        """Where workers say how long the audit took them."""
        return self.work / "audit_heartbeats"

    @property
    def weighed(self) -> Location:
        """Where it is noted which slices' records were weighed."""
        return self.work / "weighed"

    @property
    def read_columns(self) -> tuple[str, ...]:
        """The columns that a reader brings along."""
        more = (self.source_field,) if self.source_field else ()
        return tuple(dict.fromkeys((*self.columns, *more, *self.asked)))

    def build_filter(self) -> Filter:
        """Build the filter (models are loaded by its `setup`).

        Raises:
            PolicyError: The policy breaks a rule or has none for a corpus, or its key is missing
                or not the job's.
        """
        judge = filter_from_text(self.policy, self.policy_name)
        if "corpus" not in judge.policy.rulesets:
            raise PolicyError(
                f"{self.policy_name}: has no [[corpus]] rules; add some, or nothing could be kept"
            )
        if self.key and fingerprint(judge) != self.key:
            raise PolicyError(
                f"{self.policy_name}: key: a worker has another key than the one that the job began"
                " with; put the same key wherever the job runs"
            )
        return judge

    def digest(self, slices: Sequence[Slice], judge: Filter) -> str:
        """Return the digest (hex) of all that decides the bytes: receipts of one job share it."""
        said = {
            "code": version("gemsieve"),
            "policy": rules_of(judge),
            "detectors": described(judge),
            "settings": self.settings,
            "slices": [asdict(piece) for piece in slices],
            "readers": readers_of(slices),
        }
        return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


def rules_of(judge: Filter) -> dict[str, str]:
    """Return what a policy does to a corpus: its name and digest, its operators, their key.

    The key is told by its fingerprint, the table of gendered words by its digest; each where it
    is needed.
    """
    operators = {operator.name for operator in judge.policy.ruleset("corpus").operators}
    key = fingerprint(judge)
    needed = {"key": key} if key else {}
    if judge.policy.mitigation.gender:
        needed["gender_terms"] = gender_table().sha256
    return {
        "name": judge.policy.name,
        "sha256": judge.policy.sha256,
        "operators": ", ".join(sorted(operators)),
    } | needed


def fingerprint(judge: Filter) -> str:
    """Return what tells the key that a corpus is judged with from others, "" where none is needed.

    Raises:
        PolicyError: One is needed and missing.
    """
    key = judge.key("corpus")
    return key.fingerprint if key else ""


def asked(judge: Filter) -> tuple[str, ...]:
    """Return the columns that a corpus must be read with: those that no detector fills.

    A record's source is always there.
    """
    return tuple(sorted(over.asked(judge, "corpus") - {"source"}))


def described(judge: Filter) -> list[dict[str, str]]:
    """Return name, version and weights of the detectors that judge a corpus."""
    return [
        {"name": d.name, "version": d.version} | ({"sha256": d.weights} if d.weights else {})
        for d in judge.detectors["corpus"]
    ]
