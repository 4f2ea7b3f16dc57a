"""Renames two fields of the models. Their columns keep the name `what`, so the database does not change."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("widgets", "0019_plain_texts")]
    operations = [
        migrations.AlterField("apicall", "what", models.CharField(max_length=200, db_column="what")),
        migrations.RenameField("apicall", "what", "summary"),
        migrations.AlterField("optioncache", "what", models.CharField(max_length=20, db_column="what")),
        migrations.RenameField("optioncache", "what", "list_name"),
    ]
