import heapq

import django.utils.timezone
from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.db import migrations, models

REFUSALS = {
    "postgresql": (
        """
CREATE FUNCTION widgets_audit_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND (OLD.action = 'sign_in_failed' OR OLD.at < now() - interval '399 days') THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'entries of the audit log never change';
END $$
""",
        """
CREATE TRIGGER widgets_audit_kept BEFORE UPDATE OR DELETE ON widgets_auditentry
FOR EACH ROW EXECUTE FUNCTION widgets_audit_kept()
""",
    ),
    # DELETE is allowed, because Django empties SQLite's tables with it (`manage.py flush`, and after tests).
    "sqlite": (
        """
CREATE TRIGGER widgets_audit_kept BEFORE UPDATE ON widgets_auditentry
BEGIN SELECT RAISE(ABORT, 'entries of the audit log never change'); END
""",
    ),
}
ENDS = {
    "postgresql": "DROP FUNCTION widgets_audit_kept() CASCADE",
    "sqlite": "DROP TRIGGER IF EXISTS widgets_audit_kept",
}


def create_triggers(apps, schema_editor):
    for statement in REFUSALS[schema_editor.connection.vendor]:
        schema_editor.execute(statement)


def drop_triggers(apps, schema_editor):
    schema_editor.execute(ENDS[schema_editor.connection.vendor])


def bring_old_entries(apps, schema_editor):
    """Makes entries from earlier changes, logins and failed logins, in the order of their times.

    Changes stay in Django's log, too, because Django makes the history page of a widget or project from it.
    """
    db = schema_editor.connection.alias
    entries, failures, logins = (
        apps.get_model(app, name).objects.using(db)
        for app, name in (("widgets", "AuditEntry"), ("axes", "AccessFailureLog"), ("axes", "AccessLog"))
    )
    old = heapq.merge(
        changes(apps, db),
        signed_in(logins, "signed_in"),
        signed_in(failures, "sign_in_failed"),
        key=lambda values: values["at"],
    )
    batch = []
    for values in old:
        batch.append(entries.model(**values))
        if len(batch) == 500:
            entries.bulk_create(batch)
            batch = []
    entries.bulk_create(batch)
    failures.all().delete()
    logins.all().delete()


def signed_in(rows, action):
    for row in rows.order_by("attempt_time").iterator():
        address = str(row.ip_address or "")
        yield {
            "at": row.attempt_time,
            "actor": (row.username or "")[:150] if action == "signed_in" else "",
            "subject": (row.username or "")[:200],
            "subject_kind": "user",
            "action": action,
            "address": f"{address}/64" if ":" in address else address,
            "details": row.user_agent[:200],
        }


def changes(apps, db):
    """The entries for Django's log. Entries from before a widget's move keep the old project."""
    projects = dict(apps.get_model("widgets", "Project").objects.using(db).values_list("pk", "name"))
    of_widget = {
        **dict(apps.get_model("widgets", "DeletedWidget").objects.using(db).values_list("pk", "project")),
        **dict(apps.get_model("widgets", "Widget").objects.using(db).values_list("pk", "project")),
    }
    kinds = dict(apps.get_model("contenttypes", "ContentType").objects.using(db).values_list("pk", "model"))
    names = dict(apps.get_model(settings.AUTH_USER_MODEL).objects.using(db).values_list("pk", "username"))
    actions = {1: "added", 2: "changed", 3: "deleted"}
    for row in apps.get_model("admin", "LogEntry").objects.using(db).order_by("action_time").iterator():
        kind = kinds.get(row.content_type_id, "")
        pk, _, moved_from = str(row.object_id).partition(" in project ")
        pk = int(pk) if pk.isascii() and pk.isdigit() and len(pk) < 19 else None
        project = {"project": pk, "widget": of_widget.get(pk)}.get(kind)
        if moved_from.isascii() and moved_from.isdigit() and len(moved_from) < 19:
            project = int(moved_from)
        yield {
            "at": row.action_time,
            "actor": names.get(row.user_id, "")[:150],
            "actor_id": row.user_id,
            "action": actions.get(row.action_flag, "changed"),
            "project": projects.get(project, "")[:200],
            "project_id": project,
            "subject": row.object_repr[:200],
            "subject_kind": kind[:40],
            "subject_id": pk,
            "details": said_in(row)[:4000],
        }


def said_in(row):
    """The message of a row in Django's log. A message that Django can't read must not stop the upgrade."""
    try:
        return LogEntry(action_flag=row.action_flag, change_message=row.change_message).get_change_message()
    except Exception:
        return row.change_message


class Migration(migrations.Migration):

    dependencies = [
        ('widgets', '0015_sign_in'),
        ('admin', '0003_logentry_add_action_flag_choices'),
        ('axes', '0010_accessattemptexpiration'),
        ('contenttypes', '0002_remove_content_type_name'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='AuditEntry',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField(db_index=True, default=django.utils.timezone.now, verbose_name='when')),
                ('actor', models.CharField(blank=True, max_length=150, verbose_name='who')),
                ('actor_id', models.BigIntegerField(null=True)),
                ('address', models.CharField(blank=True, max_length=50, verbose_name='network')),
                ('action', models.CharField(choices=[('signed_in', 'Signed in'), ('sign_in_failed', 'Failed to sign in'), ('signed_out', 'Signed out'), ('sessions_ended', 'Ended sessions'), ('ways_to_sign_in', 'Ways to sign in'), ('password', 'Password set'), ('invited', 'Invited'), ('role', 'Role changed'), ('removed', 'Removed'), ('added', 'Added'), ('changed', 'Changed'), ('deleted', 'Deleted'), ('moved', 'Moved'), ('credentials', 'Credentials changed'), ('address_replaced', 'Address replaced'), ('board_shared', 'Board shared'), ('board_ended', 'Sharing ended'), ('exported', 'Exported'), ('imported', 'Imported'), ('backed_up', 'Backed up'), ('keys_rotated', 'Keys rotated'), ('cleaned_up', 'Cleaned up')], max_length=20)),
                ('project', models.CharField(blank=True, max_length=200)),
                ('project_id', models.BigIntegerField(null=True)),
                ('subject', models.CharField(blank=True, max_length=200)),
                ('subject_kind', models.CharField(blank=True, max_length=40)),
                ('subject_id', models.BigIntegerField(null=True)),
                ('details', models.TextField(blank=True, max_length=4000)),
            ],
            options={
                'verbose_name': 'audit log entry',
                'verbose_name_plural': 'audit log entries',
                'ordering': ('-pk',),
                'default_permissions': (),
                'indexes': [models.Index(fields=['project_id', 'id'], name='audit_by_project'), models.Index(fields=['actor_id', 'id'], name='audit_by_actor'), models.Index(fields=['action', 'address', 'id'], name='audit_by_action')],
            },
        ),
        migrations.RunPython(bring_old_entries, migrations.RunPython.noop),
        migrations.RunPython(create_triggers, drop_triggers),
    ]
