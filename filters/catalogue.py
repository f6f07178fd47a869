"""The table of detectors, and the way from a policy file to a filter ready to call."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from importlib import import_module, resources
from importlib.metadata import entry_points
from pathlib import Path

from gemsieve.filters.audit.policy import audit_rule
from gemsieve.filters.detector import Detector
from gemsieve.filters.filter import Filter
from gemsieve.filters.leak_policy import leak_rule
from gemsieve.filters.mitigate_policy import mitigation
from gemsieve.filters.policy import USES, Policy
from gemsieve.filters.policy_file import (
    PolicyError,
    digest,
    dropped_text,
    nearest,
    read,
    resolved,
    ruleset,
)
from gemsieve.filters.policy_operator import key_source

# Name of the detector: module and class, imported when a policy is read. Importing one of these
# loads no model and no library. Others join by the entry point group `gemsieve.detectors`.
DETECTORS: dict[str, str] = {
    "dialect": "gemsieve.filters.dialect:DialectDetector",
    "identity": "gemsieve.filters.identity:IdentityDetector",
    "language": "gemsieve.filters.language:LanguageDetector",
    "names": "gemsieve.filters.names:NamesDetector",
    "pii": "gemsieve.filters.pii:PiiDetector",
    "pii_hidden": "gemsieve.filters.pii.hidden:HiddenPiiDetector",
    "quality": "gemsieve.filters.quality:QualityDetector",
    "secrets": "gemsieve.filters.secrets:SecretsDetector",
    "toxicity": "gemsieve.filters.toxicity:ToxicityDetector",
}
# A detector with the labels of another looks for the same, unless it has options of its own.
FOLLOWS = {"pii_hidden": "pii"}


def factories() -> dict[str, Callable[..., Detector]]:
    """Return every known detector's class by name, third parties' included."""
    known: dict[str, Callable[..., Detector]] = {
        entry.name: entry.load() for entry in entry_points(group="gemsieve.detectors")
    }
    for name, place in DETECTORS.items():
        module, attribute = place.split(":")
        known[name] = getattr(import_module(module), attribute)
    return dict(sorted(known.items()))


def build(options: Mapping[str, Mapping[str, object]], file: str) -> list[Detector]:
    """Build every known detector, with the options that a policy gives for it.

    Raises:
        PolicyError: An option belongs to no detector, or a detector refuses its value.
    """
    known = factories()
    for name in options:
        if name not in known:
            raise PolicyError(f"{file}: detectors.{name}: no such detector{nearest(name, known)}")
    return [
        built(name, factory, options_of(name, options), file) for name, factory in known.items()
    ]


def options_of(name: str, options: Mapping[str, Mapping[str, object]]) -> Mapping[str, object]:
    """Return what a policy's options give for a detector of this name."""
    return options.get(name, options.get(FOLLOWS.get(name, name), {}))


def built(
    name: str, factory: Callable[..., Detector], options: Mapping[str, object], file: str
) -> Detector:
    """Build one detector; its class's parameters are its options."""
    valid = inspect.signature(factory).parameters
    for key in options:
        if key not in valid:
            raise PolicyError(
                f"{file}: detectors.{name}.{key}: no such option{nearest(key, valid)}"
            )
    try:
        return factory(**options)
    except (TypeError, ValueError) as error:
        raise PolicyError(f"{file}: detectors.{name}: {error}") from None


def default_policy() -> str:
    """Return the text of the policy that ships with the package."""
    return (resources.files("gemsieve.configs") / "policy" / "default.toml").read_text("utf-8")


def policy_text(path: str | Path | None) -> tuple[str, str]:
    """Return a policy's text and its name in errors; the shipped default without a path.

    Raises:
        PolicyError: The file cannot be read.
    """
    if path is None:
        return default_policy(), "default.toml"
    try:
        return Path(path).read_text("utf-8"), Path(path).name
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8"
        raise PolicyError(f"{path}: cannot read the policy: {reason}") from None


def load_filter(path: str | Path | None = None) -> Filter:
    """Read a policy file (the shipped default without one) and build its filter.

    Raises:
        PolicyError: The file cannot be read or breaks a rule; names the file and the key.
    """
    return filter_from_text(*policy_text(path))


def filter_from_text(text: str, file: str) -> Filter:
    """Build a filter from a policy's text; `file` is its name in errors.

    Raises:
        PolicyError: The text breaks a rule; names the key.
    """
    body = read(text, file)
    options = body.get("detectors", {})
    detectors = build(options, file)
    leak_check = leak_rule(body.pop("leak_check", {}), file, detectors)
    audit = audit_rule(body.pop("audit", {}), file, detectors)
    asked = [use for use in USES if use in body or (use == "corpus" and "columns" in body)]
    parts = {use: ruleset(body, use, file, detectors) for use in asked}
    key = key_source(body.pop("key", None), file)
    rulesets = {use: rules for use, (rules, _) in parts.items()}
    changes = mitigation(body, file, parts["corpus"][1] if "corpus" in parts else ())
    said = digest({**body, **resolved(rulesets)})
    policy = Policy(
        body["name"],
        said,
        rulesets,
        options,
        leak_check,
        key,
        audit=audit,
        mitigation=changes,
        dropped_text=dropped_text(body, file),
    )
    return Filter(policy, {use: needed for use, (_, needed) in parts.items()})
