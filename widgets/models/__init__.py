"""What is stored. `Project` and `Widget` are people's, the rest is ours and can be made anew."""

from .call import ApiCall
from .host import HostClock
from .listing import Listing
from .project import Project
from .snapshot import Rendering, Snapshot
from .widget import Widget

__all__ = ["ApiCall", "HostClock", "Listing", "Project", "Rendering", "Snapshot", "Widget"]
