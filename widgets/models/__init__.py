"""The database models.

People enter the rows of `Project`, `Membership`, `Widget`, `SharedBoard` and `NoticeAddress`. MixCyfe writes the rest.
"""

from widgets.models.account import AccountSecurity, Session
from widgets.models.audit_entry import Action, AuditEntry
from widgets.models.board import SharedBoard
from widgets.models.call import ApiCall
from widgets.models.deleted_widget import DeletedWidget
from widgets.models.host import HostClock
from widgets.models.membership import Membership, Role
from widgets.models.notice import Notice, NoticeAddress, NoticeMessage
from widgets.models.option_cache import OptionCache
from widgets.models.project import Project
from widgets.models.snapshot import Rendering, Snapshot
from widgets.models.widget import Widget

__all__ = [
    "AccountSecurity",
    "Action",
    "ApiCall",
    "AuditEntry",
    "DeletedWidget",
    "HostClock",
    "Membership",
    "Notice",
    "NoticeAddress",
    "NoticeMessage",
    "OptionCache",
    "Project",
    "Rendering",
    "Role",
    "Session",
    "SharedBoard",
    "Snapshot",
    "Widget",
]
