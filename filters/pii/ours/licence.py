"""Driving licences of the United States: the shapes of the states, and a word that says so."""

from __future__ import annotations

import re

from gemsieve.filters.pii.ours.base import ANYTHING, LEFT, RIGHT, Recognizer

# As the states' motor vehicle departments print them; nothing in them tells, so all need a word.
SHAPES = (
    r"(?:[0-9]{6,14}|[0-9]{16})",  # half of the states
    r"[A-Z][0-9]{6,14}",  # AZ CA FL HI IL IN KS KY MA MD MI MN MO MT NE NJ NY OK RI
    r"[A-Z]{2}[0-9]{5,7}[A-Z]?",  # CO ID OH WV
    r"[0-9]{7,9}[A-Z]",  # ME MO VT
    r"(?:[0-9]{8}[A-Z]{2}|[A-Z][0-9]{6}R)",  # MO
    r"(?:[0-9]{3}[A-Z]{2}[0-9]{4}|[A-Z][0-9][A-Z][0-9][A-Z])",  # IA KS
    r"(?:[0-9]{2}[A-Z]{3}[0-9]{5}|NHL[0-9]{8})",  # NH
    r"(?:WDL[A-Z0-9]{9}|[A-Z][A-Z*]{6}[0-9]{3}[A-Z0-9*]{2})",  # WA
    # In the groups in which some states print them: FL MD MI MN, IL WI, NJ, KS, AR NY PA.
    r"[A-Z][0-9]{3}([ -])[0-9]{3}\1[0-9]{2,3}\1[0-9]{3}(?:\1[0-9])?",
    r"[A-Z][0-9]{3}([ -])[0-9]{4}\1[0-9]{4}(?:\1[0-9]{2})?",
    r"[A-Z][0-9]{4}([ -])[0-9]{5}\1[0-9]{5}",
    r"[A-Z][0-9]{2}-[0-9]{2}-[0-9]{4}",
    r"[0-9]{2,4}([ -])[0-9]{2,3}\1[0-9]{2,4}",
)


class UsDriverLicence(Recognizer):
    """Finds numbers of the form of some state's driving licences."""

    entity = "US_DRIVER_LICENSE"
    shapes = tuple((f"{LEFT}{shape}{RIGHT}", ANYTHING) for shape in SHAPES)
    flags = re.IGNORECASE
