"""Tables of what presidio-analyzer's predefined recognizers find, entity by entity.

A row is a text with each finding between « and », then the scores of the findings in their order;
a text alone must not match. Values are made by the public rule of each number. Where a recognizer
departs from the rule, the row has what it does, and a comment that begins with "stock:".
"""

from __future__ import annotations

from tests.filters.pii_tables import asia, commonwealth, europe, generic, us
from tests.filters.pii_tables.row import Row

TABLES: dict[str, list[Row]] = {
    **generic.TABLE,
    **us.TABLE,
    **commonwealth.TABLE,
    **europe.TABLE,
    **asia.TABLE,
}
