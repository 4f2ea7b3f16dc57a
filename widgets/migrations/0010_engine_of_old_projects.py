from datetime import datetime
from zoneinfo import ZoneInfo

from django.db import migrations
from django.utils import timezone

from widgets.models.snapshot import snapshot_key
from widgets.models.widget_spec import spec_of
from widgets.reports import REPORT_TYPES
from widgets.reports.rules import check
from widgets.spec import CLASSIC, INSIGHTS


def choose_engines(apps, schema_editor):
    """Gives projects the engine Classic if a widget needs the classic endpoints, and otherwise Insights."""
    Project = apps.get_model("widgets", "Project")
    for project in Project.objects.iterator(chunk_size=200):
        queries = insights_queries(project)
        if queries is None:
            Project.objects.filter(pk=project.pk).update(engine=CLASSIC)
            continue
        for widget, query in queries.items():
            ask_insights(apps, project, widget, query)


def insights_queries(project):
    """Each widget's query to Insights; None if a widget needs the classic endpoints."""
    try:
        today = datetime.now(ZoneInfo(project.timezone)).date()
        specs = {widget: spec_of(widget) for widget in project.widgets.all()}
        if any(needs_classic(spec, today) for spec in specs.values()):
            return None
        return {widget: REPORT_TYPES[spec.report].query(spec, INSIGHTS) for widget, spec in specs.items()}
    except Exception:  # noqa: BLE001 - an invalid row must not stop the upgrade, so its project gets Classic
        return None


def needs_classic(spec, today):
    """All funnels are saved ones, and Insights answers these with the dates that were saved with them."""
    if spec.report == "funnel":
        return True
    return bool(set(check(spec, today, INSIGHTS)) - set(check(spec, today, CLASSIC)))


def ask_insights(apps, project, widget, query):
    """Connects the widget with the snapshot of its new query, and copies the last good answer, which is stale."""
    Snapshot = apps.get_model("widgets", "Snapshot")
    identity = [project.region, project.project_id, project.workspace_id, project.timezone]
    if project.project_id is None:
        identity[1] = f"secret {project.pk}.{project.secret_version}"
    key, now = snapshot_key(identity, query), timezone.now()
    old = Snapshot.objects.filter(pk=widget.snapshot_id).first()
    if old is None or old.key == key:
        return
    names = ("fetched_at", "interval_seconds", "version", "report_json")
    data = {name: getattr(old, name) for name in names}
    data |= {"due_at": old.fetched_at and now, "rolls_at": old.rolls_at and now}
    new, _ = Snapshot.objects.get_or_create(key=key, defaults={"project": project, "query": query, **data})
    type(widget).objects.filter(pk=widget.pk).update(snapshot=new)


class Migration(migrations.Migration):

    dependencies = [
        ('widgets', '0009_engine'),
    ]

    operations = [
        migrations.RunPython(choose_engines, migrations.RunPython.noop),
    ]
