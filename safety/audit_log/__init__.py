"""The audit log: what was decided, in chains that show when somebody has changed them."""

from gemsieve.safety.audit_log.entry import Entries, digest
from gemsieve.safety.audit_log.head import beside
from gemsieve.safety.audit_log.recorder import AuditLog
from gemsieve.safety.audit_log.search import Wanted, search
from gemsieve.safety.audit_log.segments import Segments
from gemsieve.safety.audit_log.store import AuditLogError, open_store
from gemsieve.safety.audit_log.verify import Account, verify

__all__ = [
    "Account",
    "AuditLog",
    "AuditLogError",
    "Entries",
    "Segments",
    "Wanted",
    "beside",
    "digest",
    "open_store",
    "search",
    "verify",
]
