import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models import Q

GROUPS_OF_1_0 = {
    "Widget editors": {"add_widget", "change_widget", "view_widget", "view_project"},
    "Widget viewers": {"view_widget", "view_project"},
}


def give_roles(apps, schema_editor):
    """Gives each member the role with the rights that the member had in release 1.0.

    In that release, people and groups had permissions, which only staff could use.
    """
    memberships = apps.get_model("widgets", "Membership").objects.using(schema_editor.connection.alias)
    permissions = apps.get_model("auth", "Permission").objects.using(schema_editor.connection.alias)
    users = apps.get_model(settings.AUTH_USER_MODEL).objects.using(schema_editor.connection.alias)
    memberships.update(role="viewer")
    for codename, role in (("change_widget", "editor"), ("change_project", "lead")):
        given = list(permissions.filter(content_type__app_label="widgets", codename=codename).values_list("pk", flat=True))
        by_permission = Q(user_permissions__in=given) | Q(groups__permissions__in=given)
        able = users.filter(Q(is_superuser=True) | Q(is_staff=True) & by_permission)
        memberships.filter(user__in=able.values("pk")).update(role=role)


def delete_groups(apps, schema_editor):
    """Deletes the groups of release 1.0, except groups to which an admin has added permissions."""
    groups = apps.get_model("auth", "Group").objects.using(schema_editor.connection.alias)
    for name, codenames in GROUPS_OF_1_0.items():
        for group in groups.filter(name=name):
            ours = Q(content_type__app_label="widgets", codename__in=codenames)
            if not group.permissions.exclude(ours).exists():
                group.delete()


class Migration(migrations.Migration):

    dependencies = [
        ('widgets', '0012_poll_triggers'),
        ('auth', '0012_alter_user_first_name_max_length'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        # Only Django's state changes: the join table of `Project.members` stays with its rows.
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.CreateModel(
                    name='Membership',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('project', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='memberships', to='widgets.project')),
                        ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='memberships', to=settings.AUTH_USER_MODEL)),
                    ],
                    options={
                        'db_table': 'widgets_project_members',
                        'unique_together': {('project', 'user')},
                    },
                ),
                migrations.AlterField(
                    model_name='project',
                    name='members',
                    field=models.ManyToManyField(blank=True, related_name='mixpanel_projects', through='widgets.Membership', to=settings.AUTH_USER_MODEL),
                ),
            ],
        ),
        migrations.AddField(
            model_name='membership',
            name='role',
            field=models.CharField(choices=[('viewer', 'Viewer'), ('editor', 'Editor'), ('lead', 'Lead')], default='editor', max_length=10),
        ),
        migrations.RunPython(give_roles, migrations.RunPython.noop),
        migrations.RunPython(delete_groups, migrations.RunPython.noop),
    ]
