"""The database models.

People enter `Project`, `Widget`, `SharedBoard` and `NoticeAddress`, and delete widgets (`DeletedWidget`). MixCyfe can
make all other rows again.
"""

from widgets.models.board import SharedBoard
from widgets.models.call import ApiCall
from widgets.models.deleted_widget import DeletedWidget
from widgets.models.host import HostClock
from widgets.models.notice import Notice, NoticeAddress, NoticeMessage
from widgets.models.option_cache import OptionCache
from widgets.models.project import Project
from widgets.models.snapshot import Rendering, Snapshot
from widgets.models.widget import Widget

__all__ = [
    "ApiCall",
    "DeletedWidget",
    "HostClock",
    "Notice",
    "NoticeAddress",
    "NoticeMessage",
    "OptionCache",
    "Project",
    "Rendering",
    "SharedBoard",
    "Snapshot",
    "Widget",
]
