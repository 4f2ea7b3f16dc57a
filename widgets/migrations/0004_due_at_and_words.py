from datetime import timedelta

from django.db import migrations, models



def set_due(apps, schema_editor):
    """Fills the new columns, as `Snapshot.objects.set_due` did at the time of this migration."""
    Snapshot = apps.get_model("widgets", "Snapshot")
    rows = Snapshot.objects.filter(fetched_at__isnull=False).select_related("project").defer("report_json")
    for row in rows.iterator(chunk_size=500):
        minutes = set(row.widgets.filter(active=True).values_list("refresh_minutes", flat=True)) or {None}
        found = []
        for each in minutes:
            base = each if each is not None else 360 if row.rolls_at else row.project.refresh_minutes
            interval = base * 60 * row.project.interval_factor
            at = row.fetched_at + timedelta(seconds=interval)
            found.append((min(at, row.rolls_at) if row.rolls_at and each is None else at, interval))
        due_at, interval = min(found)
        Snapshot.objects.filter(pk=row.pk).update(due_at=due_at, interval_seconds=interval)


class Migration(migrations.Migration):

    dependencies = [
        ('widgets', '0003_core_usage_and_clocks'),
    ]

    operations = [
        migrations.RemoveConstraint('rendering', 'one_rendering_an_ending'),
        migrations.RenameModel('Listing', 'OptionCache'),
        migrations.AlterField('optioncache', 'project', models.ForeignKey(on_delete=models.deletion.CASCADE, related_name='option_caches', to='widgets.project')),
        migrations.RenameField('project', 'held_until', 'backoff_until'),
        migrations.RenameField('project', 'hold_kind', 'backoff_kind'),
        migrations.RenameField('project', 'hold_message', 'backoff_message'),
        migrations.RenameField('project', 'hold_count', 'backoff_count'),
        migrations.RenameField('project', 'stretch', 'interval_factor'),
        migrations.RenameField('snapshot', 'question', 'query'),
        migrations.RenameField('rendering', 'ending', 'format'),
        migrations.RenameField('rendering', 'made_from', 'source_version'),
        migrations.AddConstraint('rendering', models.UniqueConstraint(fields=('widget', 'format'), name='one_rendering_per_format')),
        migrations.AddField('snapshot', 'due_at', models.DateTimeField(null=True)),
        migrations.AddField('snapshot', 'interval_seconds', models.FloatField(default=0)),
        migrations.RunPython(set_due, migrations.RunPython.noop),
    ]
