"""The published word lists that the templates read, in miniature and with made-up words."""

from __future__ import annotations

import json
from pathlib import Path

from gemsieve.filters.toxicity import identities


def lists(folder: Path) -> Path:
    """Write word lists as the shared data has them, with made-up words."""
    terms: dict[str, dict[str, list[object]]] = {
        name: {"all": []} for name in identities.DESCRIPTORS
    }
    terms["religion"]["all"] = [
        "Zoroan",
        {"descriptor": "Qix", "preference": "dispreferred"},
        "sikh",
    ]
    (folder / "bias_holistic_descriptors").mkdir()
    (folder / "bias_holistic_descriptors" / "descriptors.json").write_text(
        json.dumps(terms), "utf-8"
    )
    (folder / "words_surge_profanity").mkdir()
    (folder / "words_surge_profanity" / "profanity_en.csv").write_text(
        "text,canonical_form_1,category_1,severity_rating\n"
        "wugg,wugg,racial / ethnic slurs,2.8\nblick,blick,bodily fluids / excrement,2.8\n"
        "mild,mild,racial / ethnic slurs,1.0\nqueer,queer,sexual orientation / gender,2.8\n",
        "utf-8",
    )
    return folder
