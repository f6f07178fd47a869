"""The settings of `gemsieve filter`: a line each makes flag, key, schema and check.

`docs/configuration.md` has a row for each, which a test compares.
"""

from __future__ import annotations

from gemsieve.cli.log import FORMATS
from gemsieve.cli.option import NUMBER, PATTERNS, SWITCH, TABLE, WHOLE, WORDS, Option, choice

VERSION = 1  # of the file

OPTIONS: tuple[Option, ...] = (
    Option(
        "inputs.files",
        "files to read, as NAME=PATTERN to count them under a name; several, or again",
        PATTERNS,
        metavar="PATTERN",
        flag="--input",
    ),
    Option("inputs.text_field", "field that holds the text", default="text", metavar="NAME"),
    Option("inputs.source_field", "field that names a record's source", default="", metavar="NAME"),
    Option(
        "inputs.columns",
        "fields that pass into the kept shards, each value sieved",
        WORDS,
        default=(),
        metavar="A,B",
    ),
    Option(
        "inputs.encoding",
        "encoding of CSV and plain text without a byte-order mark; else UTF-8",
        default="",
        metavar="NAME",
    ),
    Option("inputs.by_line", "each line of plain text is a record; else a file is", SWITCH, False),
    Option(
        "inputs.limit",
        "read the first N records, counted over all inputs in order",
        WHOLE,
        metavar="N",
        least=1,
    ),
    Option(
        "policy.file", "policy (TOML); else the shipped default", metavar="FILE", flag="--policy"
    ),
    Option("policy.inline", "a policy, instead of a file that holds it", TABLE),
    Option("output.folder", "a new or unfinished folder", metavar="DIR", flag="--output"),
    Option(
        "output.planted",
        "values, one a line, that must not be in the output; any that is fails the job",
        default="",
        metavar="FILE",
    ),
    Option(
        "output.jsonl",
        "write kept records as JSON lines too, compressed: zst or gz",
        choice("zst", "gz"),
        metavar="KIND",
    ),
    Option("output.title", "what the data card calls the output", default="", metavar="WORDS"),
    Option(
        "output.license",
        "licence of the texts, for the data card, as Hugging Face names it",
        default="",
        metavar="NAME",
    ),
    Option(
        "output.sign_key", "private Ed25519 key (PEM) that signs for the output", metavar="FILE"
    ),
    Option("run.workers", "processes of a local run", WHOLE, default=1, metavar="N", least=1),
    Option(
        "run.seconds_per_record",
        "how long a record may be judged; as long again for each 1,200,000 characters",
        NUMBER,
        default=60.0,
        metavar="S",
        least=0.1,
    ),
    Option(
        "run.memory_limit",
        "megabytes that a process that judges may hold; 0 for its share of the machine's",
        WHOLE,
        default=0,
        metavar="MB",
        least=0,
    ),
    Option(
        "run.log_format",
        "a line on stderr for each slice begun, finished, resumed or failed: json or text",
        choice(*FORMATS),
        metavar="KIND",
    ),
    Option("run.beam", "Beam's own flags by their names, without dashes", TABLE),
)
