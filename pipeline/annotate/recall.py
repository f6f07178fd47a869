"""Decide by annotations: what was found in a record before stands for looking at it again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from gemsieve.filters import Filter
from gemsieve.filters.detect import Found
from gemsieve.filters.policy_error import PolicyError
from gemsieve.pipeline.annotate.annotations import Annotations, read_annotations
from gemsieve.pipeline.annotate.looked import AGAIN, forgotten
from gemsieve.pipeline.job import Job
from gemsieve.pipeline.manifest import ManifestError
from gemsieve.pipeline.reading.record import Record
from gemsieve.pipeline.storage import location


@dataclass(frozen=True)
class Memory:
    """What was found, for one policy.

    Attributes:
        without: Labels that the policy's detectors would not have found.
    """

    stored: Annotations
    without: frozenset[str]

    def found(self, records: Sequence[Record]) -> Found:
        """Return the findings of each record that the policy's detectors would have had.

        Raises:
            ManifestError: Nobody looked at one.
        """
        if any(record.found is None for record in records):
            raise ManifestError(f"{self.stored.folder}: no annotations; annotate again")
        every = [list(record.found or ()) for record in records]
        if not self.without:
            return every
        return [[f for f in row if f.label not in self.without] for row in every]


def remember(job: Job, judge: Filter) -> Memory:
    """Return what was found before for a job's policy.

    Raises:
        ManifestError: There are no annotations, or others than the job began with.
        PolicyError: The policy's detectors would have found something else, or its rules look at
            columns that were not stored.
    """
    stored = read_annotations(location(job.annotations))
    if stored.digest != job.annotated:
        raise ManifestError(f"{job.annotations}: changed while it was decided by; begin again")
    if missing := sorted({*job.read_columns} - {*stored.settings["stored"]}):
        raise PolicyError(
            f"{job.policy_name}: corpus: looks at column {missing[0]!r}, which {job.annotations}"
            f" does not hold; {AGAIN}"
        )
    without = forgotten(stored.detectors, judge, job.policy_name, job.annotations)
    return Memory(stored, without)


def deciding(job: Job, folder: str, columns: Sequence[str] | None = None) -> Job:
    """Return a job that decides by the annotations in a folder, read as they were read.

    Args:
        job: The job; its policy and output.
        folder: Where the annotations are.
        columns: Those of the columns that pass into the kept shards; None for all that would have.

    Raises:
        ManifestError: There are none, or not such columns.
    """
    stored = read_annotations(location(folder))
    settings = stored.settings
    passed = tuple(settings["columns"] if columns is None else columns)
    if missing := sorted({*passed} - {*settings["stored"]}):
        raise ManifestError(
            f"{folder}: holds no column {missing[0]!r}; annotate again with --columns"
        )
    return replace(
        job,
        text_field=settings["text_field"],
        source_field=settings["source_field"],
        columns=passed,
        limit=settings.get("limit"),
        annotations=folder,
        annotated=stored.digest,
    )
