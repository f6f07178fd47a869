"""`croissant.json`: what an output is, for machines that look for data sets.

Croissant 1.0 (MLCommons, mlcommons.org/croissant/1.0) with its vocabulary for responsible AI
(mlcommons.org/croissant/RAI/1.0): each kept shard with its digest, one record set over all of
them, and the statements that the card makes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from gemsieve.pipeline.manifest import Manifest
from gemsieve.pipeline.report.statements import LIMITS, USES, Statements, Subject

if TYPE_CHECKING:
    import pyarrow as pa

NAME = "croissant.json"
PARQUET = "application/x-parquet"
VERSION = "http://mlcommons.org/croissant/1.0"
RAI = "http://mlcommons.org/croissant/RAI/1.0"
# The context that the specification asks every document to have (appendix 1 of version 1.0).
CONTEXT: Mapping[str, Any] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "cr": "http://mlcommons.org/croissant/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "equivalentProperty": "cr:equivalentProperty",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "extract": "cr:extract",
    "field": "cr:field",
    "fileObject": "cr:fileObject",
    "fileProperty": "cr:fileProperty",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "parentField": "cr:parentField",
    "path": "cr:path",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "samplingRate": "cr:samplingRate",
    "sc": "https://schema.org/",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
}
COLUMNS: Mapping[str, str] = {
    "id": "The input file's name and the record's number in it, from 1.",
    "source": "Where the record comes from.",
    "text": "The text as it may be used, redacted where the policy says so.",
    "action": "keep, or redact where the text was rewritten.",
    "reasons": "The labels that caused the action.",
    "findings": "Label, score, start and end of all that was found in the original text.",
    "transforms": "What mitigation did to the text.",
    "groups": "The groups of people that the text mentions as it is written.",
}
PASSED = "A field of the input, its values under the same policy."


def croissant(books: Manifest, said: Statements, subject: Subject) -> dict[str, Any]:
    """Return the document."""
    shards = [shard for shard in books.shards if shard.path.startswith("kept/")]
    files = [
        {
            "@type": "cr:FileObject",
            "@id": shard.path,
            "name": shard.path,
            "contentUrl": shard.path,
            "contentSize": f"{shard.bytes} B",
            "encodingFormat": PARQUET,
            "sha256": shard.sha256,
        }
        for shard in shards
    ]
    together = {
        "@type": "cr:FileSet",
        "@id": "kept",
        "name": "kept",
        "description": "The kept shards.",
        "encodingFormat": PARQUET,
        "includes": "kept/*.parquet",
    }
    head = {
        "@context": dict(CONTEXT),
        "@type": "sc:Dataset",
        "name": subject.title,
        "description": said.summary,
        "conformsTo": [VERSION, RAI],
        "version": "1.0.0",
        "inLanguage": list(said.languages),
    }
    return (
        head
        | ({"license": subject.licence} if subject.licence else {})
        | responsible(said)
        | {"distribution": [*files, together] if files else []}
        | {"recordSet": [records(subject.schema)] if files else []}
    )


def responsible(said: Statements) -> dict[str, Any]:
    """Return the statements in the vocabulary for responsible AI."""
    return {
        "rai:dataCollection": said.collection,
        "rai:dataPreprocessingProtocol": list(said.steps),
        "rai:dataManipulationProtocol": " ".join(said.manipulation),
        "rai:machineAnnotationTools": list(said.tools),
        "rai:personalSensitiveInformation": list(said.personal),
        "rai:dataBiases": list(said.biases),
        "rai:dataLimitations": list(LIMITS),
        "rai:dataUseCases": list(USES),
    }


def records(schema: pa.Schema) -> dict[str, Any]:
    """Return the record set over the kept shards: every column of texts, or of lists of them."""
    return {
        "@type": "cr:RecordSet",
        "@id": "records",
        "name": "records",
        "description": "One row a kept record, in the order of the input.",
        "key": {"@id": "records/id"},
        "field": [found for column in schema if (found := field(column)) is not None],
    }


def field(column: pa.Field) -> dict[str, Any] | None:
    """Return one column, or None for one of objects, which Croissant tells part by part."""
    import pyarrow as pa

    many = pa.types.is_list(column.type)
    if (column.type.value_type if many else column.type) != pa.string():
        return None
    told = {
        "@type": "cr:Field",
        "@id": f"records/{column.name}",
        "name": column.name,
        "description": COLUMNS.get(column.name, PASSED),
        "dataType": "sc:Text",
        "source": {"fileSet": {"@id": "kept"}, "extract": {"column": column.name}},
    }
    return told | ({"repeated": True} if many else {})
