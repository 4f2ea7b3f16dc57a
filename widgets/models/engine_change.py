"""Changes of a project's engine: checks that the widgets fit the new engine, and keeps their last good numbers."""

from typing import TYPE_CHECKING

from widgets.reports.rules import check
from widgets.spec import ENGINES

if TYPE_CHECKING:
    from widgets.models.project import Project


def engine_problem(project: "Project") -> str:
    """A message if the project's engine can't query a widget that another engine can query; otherwise empty."""
    today, others = project.today(), [engine for engine in ENGINES if engine != project.engine]
    found = []
    for widget in project.widgets.all():
        before = {problem for other in others for problem in check(widget.spec, today, other)}
        new = [problem for problem in check(widget.spec, today, project.engine) if problem not in before]
        if new:
            found.append((widget.title, new[0].message))
    if not found:
        return ""
    title, message = found[0]
    more = f" Other widgets that this engine can't query: {len(found) - 1}." if len(found) > 1 else ""
    return f"This engine can't query the widget “{title}”: {message}{more} Change or delete such widgets first."


def keep_answers(project: "Project", old_snapshots: dict[int, int | None]) -> None:
    """Copies each widget's last good answer into its new snapshot, to show until the new engine has answered.

    `old_snapshots`: widget id → id of its old snapshot. Copies one report at a time, because reports can be large.
    """
    for pk, now in project.widgets.values_list("pk", "snapshot"):
        if (before := old_snapshots.get(pk)) and now and before != now:
            project.snapshots.get(pk=now).adopt(project.snapshots.get(pk=before))
