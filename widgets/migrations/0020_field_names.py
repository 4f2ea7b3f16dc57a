"""Renames two fields, whose columns keep the name `what`, and changes texts of forms. The database stays as it is."""

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
        migrations.AlterField(
            "project",
            "engine",
            models.CharField(
                max_length=10,
                choices=[
                    ("insights", "Insights (Mixpanel's current engine)"),
                    ("classic", "Classic (older endpoints, which Mixpanel may end)"),
                ],
                default="insights",
                help_text="Insights is Mixpanel's current engine. Choose Classic only if your widgets need something "
                "that Insights can't do: expressions, saved funnels with the dates of the widget, more than 40 events, "
                "or more than 12 months by day. Classic can't do formulas, several metrics or funnels of listed steps. "
                "Classic uses older endpoints, which Mixpanel put into maintenance on 1 July 2026 and might switch off.",
            ),
        ),
        migrations.AlterField(
            "widget",
            "intervals",
            models.PositiveIntegerField(
                "columns",
                default=8,
                help_text="The number of days, weeks or months for which the report follows each cohort. The first of "
                "them is the one in which people join.",
            ),
        ),
        migrations.AlterField(
            "widget",
            "sort",
            models.CharField(
                max_length=10,
                blank=True,
                choices=[
                    ("", "Usual order"),
                    ("value", "Largest first"),
                    ("label", "By label"),
                    ("none", "In the order of Mixpanel or of your list"),
                ],
                default="",
                help_text="In the usual order, breakdown values and top events begin with the largest. Listed events "
                "keep the order of the list.",
            ),
        ),
    ]
