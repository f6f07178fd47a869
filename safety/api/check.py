"""`POST /v1/check` and `POST /v1/redact`: all that a policy makes of texts, in our own words."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Annotated, Any, Literal

from fastapi import Body
from pydantic import BaseModel, ConfigDict, Field

from gemsieve.filters import Finding, Verdict
from gemsieve.filters.policy import Use
from gemsieve.safety.api.caller import Asking, Caller
from gemsieve.safety.api.moderations import Texts
from gemsieve.safety.api.route import router
from gemsieve.safety.api.service import Judge, Service
from gemsieve.safety.people import ABOUT_PEOPLE, harms

check = router(scope="judge")


class Given(BaseModel):
    """What both endpoints take."""

    model_config = ConfigDict(extra="forbid", strict=True)
    input: str | Texts
    use: Use = "output"
    prompt: str | None = Field(default=None, description="What the texts answer.")

    @property
    def texts(self) -> list[str]:
        """The texts, also where there is one."""
        return [self.input] if isinstance(self.input, str) else self.input

    async def judged(self, service: Service, caller: Caller) -> list[Verdict]:
        """Return the verdict on each text."""
        prompts = None if self.prompt is None else [self.prompt] * len(self.texts)
        return await service.judge(caller, self.use, self.texts, prompts)


class CheckRequest(Given):
    """Texts, and by whose rules of the policy to judge them."""

    identity: bool = Field(default=False, description="Tell also which groups are mentioned.")


class RedactRequest(Given):
    """Texts to be written over as the policy says."""


class FindingBody(BaseModel):
    """One observation; `start` and `end` in code points, none for the whole text."""

    label: str
    score: float
    start: int | None
    end: int | None


class PolicyBody(BaseModel):
    """The policy that judged."""

    name: str
    sha256: str


class Checked(BaseModel):
    """What is done about one text, why, what is told beside that, and all that was found."""

    action: Literal["keep", "redact", "drop"]
    reasons: list[str]
    flags: list[str]
    findings: list[FindingBody]


class CheckResponse(BaseModel):
    """The verdicts, in the order of the texts."""

    id: str
    policy: PolicyBody
    use: Use
    results: list[Checked]


class Redacted(BaseModel):
    """What may be used of one text: as it was, or written over; none when it is dropped."""

    action: Literal["keep", "redact", "drop"]
    reasons: list[str]
    text: str | None
    redactions: list[FindingBody]


class RedactResponse(BaseModel):
    """The texts, in their order."""

    id: str
    policy: PolicyBody
    use: Use
    results: list[Redacted]


CHECKS: dict[str, Any] = {
    "answer": {
        "summary": "An answer, with what it answers",
        "value": {"input": "It leaves at nine.", "prompt": "When does the ferry leave?"},
    },
    "prompts": {
        "summary": "Prompts, with the groups that they mention",
        "value": {"input": ["Hello!", "Who are the Sikhs?"], "use": "prompt", "identity": True},
    },
}
REDACTIONS: dict[str, Any] = {
    "address": {
        "summary": "An address is written over",
        "value": {"input": "Write to jane.doe@example.com, please."},
    }
}


@check.post("/v1/check")
async def judge(
    request: Annotated[CheckRequest, Body(openapi_examples=CHECKS)],
    service: Judge,
    caller: Asking,
) -> CheckResponse:
    """Say what the policy makes of texts, and what was found in them."""
    verdicts = await request.judged(service, caller)
    people: Sequence[Sequence[Finding]] = [()] * len(verdicts)
    if request.identity:
        people = await service.identities(request.texts)
    results = [checked(verdict, some) for verdict, some in zip(verdicts, people, strict=True)]
    return CheckResponse(id=new(), policy=policy(service), use=request.use, results=results)


@check.post("/v1/redact")
async def redact(
    request: Annotated[RedactRequest, Body(openapi_examples=REDACTIONS)],
    service: Judge,
    caller: Asking,
) -> RedactResponse:
    """Return texts with what the policy redacts in them written over."""
    results = [
        Redacted(
            action=named(verdict),
            reasons=harms(verdict.reasons),
            text=verdict.redacted,
            redactions=[body(finding) for finding in verdict.redactions],
        )
        for verdict in await request.judged(service, caller)
    ]
    return RedactResponse(id=new(), policy=policy(service), use=request.use, results=results)


def checked(verdict: Verdict, people: Sequence[Finding]) -> Checked:
    """Return a verdict as it is told; of what is about people only what was asked for."""
    found = [f for f in verdict.findings if not f.label.startswith(ABOUT_PEOPLE)]
    return Checked(
        action=named(verdict),
        reasons=harms(verdict.reasons),
        flags=harms(verdict.flags),
        findings=[body(finding) for finding in (*found, *people)],
    )


def body(finding: Finding) -> FindingBody:
    """Return a finding as it is told."""
    start, end = finding.span or (None, None)
    return FindingBody(label=finding.label, score=finding.score, start=start, end=end)


def named(verdict: Verdict) -> Literal["keep", "redact", "drop"]:
    """Return the action's word."""
    words: tuple[Literal["keep", "redact", "drop"], ...] = ("keep", "redact", "drop")
    return words[verdict.action]


def policy(service: Service) -> PolicyBody:
    """Return the policy that judges."""
    return PolicyBody(name=service.policy.name, sha256=service.policy.sha256)


def new() -> str:
    """Return the identifier of an answer."""
    return f"check-{uuid.uuid4().hex}"
