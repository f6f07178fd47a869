"""`GET /v1/policy`: by which limits texts are judged here."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel

from gemsieve.filters import Action
from gemsieve.filters.policy import Rule, Use
from gemsieve.safety.api.moderations import CATEGORIES
from gemsieve.safety.api.route import router
from gemsieve.safety.api.service import Judge, Service

policies = router(scope="judge")


class LimitBody(BaseModel):
    """Above which probability a label calls for an action; several rules may name one label."""

    label: str
    action: Literal["redact", "drop"]
    above: float


class PolicyResponse(BaseModel):
    """The policy, the limits of each use, and the label behind each category of moderations."""

    name: str
    sha256: str
    limits: dict[Use, list[LimitBody]]
    categories: dict[str, str]


@policies.get("/v1/policy")
async def policy(service: Judge) -> PolicyResponse:
    """Tell the policy that judges; rules with other conditions than `above` are not shown."""
    return PolicyResponse(
        name=service.policy.name,
        sha256=service.policy.sha256,
        limits={use: limits(service, use) for use in service.uses},
        categories={name: label for name, label in CATEGORIES.items() if label},
    )


def limits(service: Service, use: Use) -> list[LimitBody]:
    """Return the limits of one use, by label and rule."""
    labels = sorted({label for d in service.detectors(use) for label in d.labels.probabilities()})
    rules = [rule for rule in service.policy.ruleset(use).rules if plain(rule)]
    return [
        LimitBody(
            label=label,
            action="redact" if rule.action is Action.REDACT else "drop",
            above=rule.above or 0.0,
        )
        for label in labels
        for rule in rules
        if rule.names(label)
    ]


def plain(rule: Rule) -> bool:
    """Say whether a rule acts on each finding by itself, by `above` or whatever its score."""
    others = (rule.below, rule.outside, rule.count_above, rule.share_above)
    return rule.action is not Action.KEEP and all(other is None for other in others)
