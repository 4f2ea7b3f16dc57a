"""What is stored. `Project` and `Widget` are people's, the rest is ours and can be made anew."""

from widgets.models.call import ApiCall
from widgets.models.host import HostClock
from widgets.models.option_cache import OptionCache
from widgets.models.project import Project
from widgets.models.snapshot import Rendering, Snapshot
from widgets.models.widget import Widget

__all__ = ["ApiCall", "HostClock", "OptionCache", "Project", "Rendering", "Snapshot", "Widget"]
