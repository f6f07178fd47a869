"""A head on the states of the model that writes: it reads each token that was written, for nothing."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True, eq=False)
class Head:
    """A linear probe (arXiv 1610.01644) on one place of the residual stream.

    Attributes:
        digest: SHA-256 (hex) of the head and its model: what `Reading.head` says.
        layer: After which block it reads, 1 or more; 0 reads the embeddings.
        weights: [labels, embed_dim], float32.
        bias: [labels], float32.
    """

    digest: str
    layer: int
    weights: npt.NDArray[np.float32]
    bias: npt.NDArray[np.float32]
