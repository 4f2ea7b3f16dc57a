"""The database models.

People enter `Project` and `Widget`, and delete some of these (`DeletedWidget`). MixCyfe can make all other rows again.
"""

from widgets.models.call import ApiCall
from widgets.models.deleted_widget import DeletedWidget
from widgets.models.host import HostClock
from widgets.models.option_cache import OptionCache
from widgets.models.project import Project
from widgets.models.snapshot import Rendering, Snapshot
from widgets.models.widget import Widget

__all__ = ["ApiCall", "DeletedWidget", "HostClock", "OptionCache", "Project", "Rendering", "Snapshot", "Widget"]
