from django.db import migrations

TABLES = ("widgets_widget", "widgets_project", "widgets_snapshot", "widgets_rendering")


def always(apps, schema_editor):
    """Makes the triggers run also for restores and copies with `session_replication_role = replica`."""
    if schema_editor.connection.vendor == "postgresql":
        for table in TABLES:
            for trigger in ("widgets_polls", "widgets_polls_truncate"):
                schema_editor.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {trigger}")


class Migration(migrations.Migration):

    dependencies = [
        ('widgets', '0016_audit_log'),
    ]

    operations = [
        migrations.RunPython(always, migrations.RunPython.noop),
    ]
