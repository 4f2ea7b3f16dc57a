from django.db import migrations

TABLES = {"widgets_widget": "w", "widgets_project": "p", "widgets_snapshot": "s", "widgets_rendering": "r"}

FUNCTION = """
CREATE FUNCTION widgets_polls() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'TRUNCATE' THEN
        PERFORM pg_notify('widgets_polls', '');
    ELSIF TG_OP = 'UPDATE' AND NEW IS NOT DISTINCT FROM OLD THEN
        NULL;
    ELSIF TG_ARGV[0] = 'r' THEN
        PERFORM pg_notify('widgets_polls', 'w' || OLD.widget_id);
    ELSE
        PERFORM pg_notify('widgets_polls', TG_ARGV[0] || OLD.id);
    END IF;
    RETURN NULL;
END $$
"""

ROW = """
CREATE TRIGGER widgets_polls AFTER UPDATE OR DELETE ON {table}
FOR EACH ROW EXECUTE FUNCTION widgets_polls('{letter}')
"""

TRUNCATE = """
CREATE TRIGGER widgets_polls_truncate AFTER TRUNCATE ON {table}
FOR EACH STATEMENT EXECUTE FUNCTION widgets_polls()
"""


def create_triggers(apps, schema_editor):
    """Triggers tell all web processes when a row changes that polls show (see `widgets.poll.changes_postgres`)."""
    if schema_editor.connection.vendor != "postgresql":
        return
    schema_editor.execute(FUNCTION)
    for table, letter in TABLES.items():
        schema_editor.execute(ROW.format(table=table, letter=letter))
        schema_editor.execute(TRUNCATE.format(table=table))


def drop_triggers(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("DROP FUNCTION widgets_polls() CASCADE")


class Migration(migrations.Migration):

    dependencies = [
        ('widgets', '0011_batches'),
    ]

    operations = [
        migrations.RunPython(create_triggers, drop_triggers),
    ]
