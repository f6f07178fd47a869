"""`GET /$discovery/rest`: what Google's client library reads before it calls `comments:analyze`."""

from __future__ import annotations

from typing import Any

from fastapi import Request
from fastapi.responses import JSONResponse

from gemsieve.safety.api.comments import AnalyzeRequest, AnalyzeResponse
from gemsieve.safety.api.route import router

discovery = router(scope=None)

NAME, VERSION = "commentanalyzer", "v1alpha1"
PATH = f"{VERSION}/comments:analyze"


@discovery.get("/$discovery/rest", include_in_schema=False)
async def describe(request: Request) -> JSONResponse:
    """Describe the one method in Google's form (discovery#restDescription)."""
    return JSONResponse(description(str(request.base_url)))


def description(root: str) -> dict[str, Any]:
    """Return the description for a server at this address."""
    key = {"type": "string", "location": "query", "description": "An API key of this server."}
    method = {
        "id": f"{NAME}.comments.analyze",
        "path": PATH,
        "flatPath": PATH,
        "httpMethod": "POST",
        "parameters": {},
        "parameterOrder": [],
        "request": {"$ref": "AnalyzeCommentRequest"},
        "response": {"$ref": "AnalyzeCommentResponse"},
        "description": "Scores a comment.",
    }
    return {
        "kind": "discovery#restDescription",
        "discoveryVersion": "v1",
        "id": f"{NAME}:{VERSION}",
        "name": NAME,
        "version": VERSION,
        "title": "gemsieve, as the Perspective Comment Analyzer API",
        "protocol": "rest",
        "rootUrl": root,
        "servicePath": "",
        "baseUrl": root,
        "batchPath": "batch",
        "parameters": {"key": key},
        "schemas": {
            "AnalyzeCommentRequest": schema("AnalyzeCommentRequest", AnalyzeRequest),
            "AnalyzeCommentResponse": schema("AnalyzeCommentResponse", AnalyzeResponse),
        },
        "resources": {"comments": {"methods": {"analyze": method}}},
    }


def schema(name: str, model: type[AnalyzeRequest] | type[AnalyzeResponse]) -> dict[str, Any]:
    """Return a message's fields by name; Google's library asks no more of them."""
    names = model.model_json_schema()["properties"]
    return {"id": name, "type": "object", "properties": {n: {"type": "any"} for n in names}}
