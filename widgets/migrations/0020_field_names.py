"""Renames two fields, whose columns keep the name `what`, and changes a help text. The database stays as it is."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("widgets", "0019_plain_texts")]
    operations = [
        migrations.AlterField("apicall", "what", models.CharField(max_length=200, db_column="what")),
        migrations.RenameField("apicall", "what", "summary"),
        migrations.AlterField("optioncache", "what", models.CharField(max_length=20, db_column="what")),
        migrations.RenameField("optioncache", "what", "list_name"),
        migrations.AlterField(
            "widget",
            "window",
            models.PositiveIntegerField(
                "average over",
                null=True,
                blank=True,
                help_text="The number of hours, days, weeks or months in the rolling average.",
            ),
        ),
    ]
