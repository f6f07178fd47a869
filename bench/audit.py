"""What the audit adds to a job: processor seconds beside the sieve's, and what it finds.

    python bench/audit.py corpus.jsonl

One process, under the shipped policy; the file is cut and sieved as a job would.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from typing import TypeVar

from gemsieve.filters.audit.counts import total as total_swaps
from gemsieve.filters.audit.verdict import line_for_people, told
from gemsieve.filters.catalogue import policy_text
from gemsieve.pipeline.audit.auditor import Auditor, shares
from gemsieve.pipeline.audit.sums import digest_of
from gemsieve.pipeline.job import Job
from gemsieve.pipeline.reading.slices import plan
from gemsieve.pipeline.report.identity import beside_others
from gemsieve.pipeline.sieve import Siever
from gemsieve.pipeline.tally import total
from gemsieve.pipeline.workers.place import Place

T = TypeVar("T")


def timed(name: str, work: Callable[[], T]) -> T:
    """Do some work and print the processor seconds that it took."""
    began = time.process_time()
    result = work()
    print(f"{name}: {time.process_time() - began:.2f} s")
    return result


def main() -> None:
    """Sieve, audit and tell."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="+")
    slices = plan(parser.parse_args().files)
    with tempfile.TemporaryDirectory() as folder:
        job = Job(f"{folder}/out", *policy_text(None))
        filtered = job.build_filter()
        digest = job.digest(slices, filtered)
        siever = Siever(job, digest, len(slices))
        quotas = tuple(shares([piece.size for piece in slices], filtered.policy.audit.sentences))
        auditor = Auditor(job, digest_of(filtered, digest), len(slices), quotas)
        timed("load", lambda: (siever.judge, auditor.judge))
        receipts = timed("sieve", lambda: [siever.work(piece, Place()) for piece in slices])
        parts = timed("audit", lambda: [auditor.work(piece, Place()) for piece in slices])
    tally = total(receipt.tally for receipt in receipts)
    body = told(total_swaps(parts), auditor.judge, beside_others(tally))
    print(f"{sum(receipt.records for receipt in receipts):,} records; {line_for_people(body)}")
    for row in body["flips"]:
        if row["unit"].endswith(".*") or row["flips"]:
            low, high = row["interval"]
            print(f"{row['unit']}: {row['flips']} of {row['trials']} ({low:.1%} to {high:.1%})")


if __name__ == "__main__":
    main()
