import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


def forget_old_sessions(apps, schema_editor):
    """MixCyfe now has its own table of sessions, so everybody has to log in again."""
    apps.get_model("sessions", "Session").objects.all().delete()


class Migration(migrations.Migration):
    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("sessions", "0001_initial"),
        ("widgets", "0014_notices"),
    ]

    operations = [
        migrations.CreateModel(
            name="AccountSecurity",
            fields=[
                (
                    "user",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="security",
                        serialize=False,
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("second_factor_asked_at", models.DateTimeField(null=True)),
                ("lockout_mailed_at", models.DateTimeField(null=True)),
                ("wrong_codes_mailed_at", models.DateTimeField(null=True)),
            ],
            options={"default_permissions": ()},
        ),
        migrations.CreateModel(
            name="Session",
            fields=[
                (
                    "session_key",
                    models.CharField(max_length=40, primary_key=True, serialize=False, verbose_name="session key"),
                ),
                ("session_data", models.TextField(verbose_name="session data")),
                ("expire_date", models.DateTimeField(db_index=True, verbose_name="expire date")),
                (
                    "user",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="sessions",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={"verbose_name": "session", "verbose_name_plural": "sessions", "abstract": False, "default_permissions": ()},
        ),
        migrations.RunPython(forget_old_sessions, migrations.RunPython.noop),
    ]
