"""What packing cuts and pads: documents end to end, and best-fit (arXiv 2404.10830).

For rows of several lengths: the share of padding, how many documents that would fit into a row are
cut nevertheless, and seconds of processor time to lay all rows out.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np


def cut_by_ends(bounds: np.ndarray, length: int) -> int:
    """Count documents of a row at most that the edge of one cuts, laid end to end."""
    # A document's last token is a target only: it may be the first of the next row.
    first, last = bounds[:-1] // length, (bounds[1:] - 2) // length
    return int(((first != last) & (np.diff(bounds) - 1 <= length)).sum())


def main() -> None:
    """Print a line for each length."""
    from gemsieve.model.tokenizer import train_tokenizer
    from gemsieve.model.training.data.packing import BestFitRows
    from gemsieve.model.training.data.rows import Rows, read_texts, split, tokenize
    from gemsieve.pipeline.manifest import verify

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, help="a folder written by `gemsieve filter`")
    parser.add_argument("--vocab-size", type=int, default=2048)
    parser.add_argument("--lengths", type=int, nargs="+", default=[256, 1024, 4096])
    args = parser.parse_args()
    kept = verify(args.data).kept
    texts = (text for batch in read_texts(kept) for text in batch)
    tokenizer = train_tokenizer(texts, args.vocab_size, 2_000_000)
    documents, _ = split(tokenize(read_texts(kept), tokenizer), 50, 0)
    reads = np.diff(documents.bounds) - 1
    print(f"{len(documents):,} documents, {int(documents.bounds[-1]):,} tokens")
    for length in args.lengths:
        start = time.process_time()
        ends, best = Rows(documents, length), BestFitRows(documents, length)
        rows, fits = len(best), int((reads <= length).sum())
        seconds = time.process_time() - start
        padding = 1 - int(reads.sum()) / (rows * length)
        cut = cut_by_ends(documents.bounds, length)
        print(
            f"length {length}: end to end {len(ends):,} rows, {cut:,} of {fits:,} documents cut;"
            f" best fit {rows:,} rows, none cut, {padding:.2%} padding, {seconds:.2f} s"
        )


if __name__ == "__main__":
    main()
