"""The safety-check API: texts judged over HTTP, in the words that clients already speak."""

from gemsieve.safety.api.access import Access
from gemsieve.safety.api.app import create_app
from gemsieve.safety.api.limits import Limits
from gemsieve.safety.api.server import make_server

__all__ = ["Access", "Limits", "create_app", "make_server"]
