"""Find phone numbers as `PhoneNumberMatcher` does for each of some regions.

The matcher is slow, and a recognizer runs it over the whole text once a region. Here its expression
for candidates runs only near enough digits (`gate`, `search`), and once for all regions. A
candidate is taken apart (`parts`) and read (`reading`) without asking for a region, and its digits
are held against the plans of all regions (`plans`, `dialled`, `plan`). `judge` puts this together;
`patience` counts what the matcher would count.
"""

from gemsieve.filters.pii.phone.search import PhoneSearch

__all__ = ["PhoneSearch"]
