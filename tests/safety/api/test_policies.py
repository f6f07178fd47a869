"""`GET /v1/policy` tells the limits of the policy that judges."""

from __future__ import annotations

from gemsieve.filters import load_filter
from gemsieve.safety.api.limits import Limits
from gemsieve.safety.api.policies import limits
from gemsieve.safety.api.service import Service


def test_a_limit_is_told_once() -> None:
    """Though two detectors of the shipped policy find the same labels."""
    service = Service(load_filter(), Limits())
    for use in service.uses:
        told = [(one.label, one.action, one.above) for one in limits(service, use)]
        assert ("pii.email_address", "redact", 0.4) in told
        assert len(set(told)) == len(told)
