"""The database models.

People enter `Project`, `Membership`, `Widget` and `SharedBoard`, and delete widgets (`DeletedWidget`). MixCyfe can make
all other rows again.
"""

from widgets.models.account import AccountSecurity, Session
from widgets.models.board import SharedBoard
from widgets.models.call import ApiCall
from widgets.models.deleted_widget import DeletedWidget
from widgets.models.host import HostClock
from widgets.models.membership import Membership, Role
from widgets.models.option_cache import OptionCache
from widgets.models.project import Project
from widgets.models.snapshot import Rendering, Snapshot
from widgets.models.widget import Widget

__all__ = [
    "AccountSecurity",
    "ApiCall",
    "DeletedWidget",
    "HostClock",
    "Membership",
    "OptionCache",
    "Project",
    "Rendering",
    "Role",
    "Session",
    "SharedBoard",
    "Snapshot",
    "Widget",
]
