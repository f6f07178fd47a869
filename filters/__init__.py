"""Find now, decide later: texts in, findings and verdicts out; no Beam, Arrow, JAX or HTTP."""

from gemsieve.filters.catalogue import load_filter
from gemsieve.filters.detector import Detector, Labels
from gemsieve.filters.filter import Filter, Verdict
from gemsieve.filters.finding import Batch, Finding
from gemsieve.filters.policy import Action, Policy
from gemsieve.filters.redact import redact

__all__ = [
    "Action",
    "Batch",
    "Detector",
    "Filter",
    "Finding",
    "Labels",
    "Policy",
    "Verdict",
    "load_filter",
    "redact",
]
