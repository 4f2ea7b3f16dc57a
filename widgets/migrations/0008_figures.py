"""Replaces pictures (SVG) by Figures, which the pages' script draws."""

from django.db import migrations, models


def drop_pictures(apps, schema_editor):
    apps.get_model("widgets", "Rendering").objects.filter(format="svg").delete()


class Migration(migrations.Migration):
    dependencies = [("widgets", "0007_deleted_widgets")]
    operations = [
        migrations.AlterField("rendering", "format", models.CharField(max_length=10)),
        migrations.RunPython(drop_pictures, migrations.RunPython.noop, elidable=True),
    ]
