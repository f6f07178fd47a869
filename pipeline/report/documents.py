"""What an output says of itself beside its shards: its card, and its Croissant."""

from __future__ import annotations

import hashlib
import json

from gemsieve.filters import Filter
from gemsieve.pipeline.job import Job
from gemsieve.pipeline.manifest import Manifest
from gemsieve.pipeline.report import card, croissant
from gemsieve.pipeline.report.statements import Subject, statements
from gemsieve.pipeline.report.templates import shown
from gemsieve.pipeline.storage import write_atomically
from gemsieve.pipeline.tally import Tally
from gemsieve.pipeline.write import schema


def write_documents(job: Job, books: Manifest, judge: Filter, tally: Tally) -> list[dict[str, str]]:
    """Write the documents of a job whose output passed, and return what the manifest says of them.

    They are the same for the same job, wherever its output stands.
    """
    columns = schema("kept", job.columns, judge.policy.mitigation.columns)
    said = statements(books, judge, tally)
    title = job.title or f"Texts sieved by {books.policy['name']}"
    subject = Subject(shown(title), shown(job.license), columns)
    body = croissant.croissant(books, said, subject)
    texts = {
        card.NAME: card.card(books, judge, tally, said, subject),
        croissant.NAME: json.dumps(body, indent=1, ensure_ascii=False) + "\n",
    }
    found = []
    for name, text in texts.items():
        content = text.encode()
        write_atomically(books.folder / name, content)
        found.append({"path": name, "sha256": hashlib.sha256(content).hexdigest()})
    return found
