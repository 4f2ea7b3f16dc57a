import django.core.validators
import widgets.models.project
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('widgets', '0004_due_at_and_words'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterField(
            model_name='project',
            name='auth',
            field=models.CharField(choices=[('service_account', 'Service account'), ('project_secret', 'Project secret (Mixpanel ends it on 3 March 2027)')], default='service_account', help_text='Create a service account in Mixpanel under Organization settings → Service accounts. The role Consumer is enough.', max_length=20, verbose_name='sign in with'),
        ),
        migrations.AlterField(
            model_name='project',
            name='concurrent_limit',
            field=models.PositiveIntegerField(default=5, help_text='The number of queries that Mixpanel runs at once for this project: 5 on most plans.', validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(1000)], verbose_name='queries at once'),
        ),
        migrations.AlterField(
            model_name='project',
            name='hourly_limit',
            field=models.PositiveIntegerField(default=60, help_text="Mixpanel's hourly limit for this project: 60 on most plans.", validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(100000)], verbose_name='queries per hour'),
        ),
        migrations.AlterField(
            model_name='project',
            name='members',
            field=models.ManyToManyField(blank=True, help_text='The people who see this project and its widgets. Superusers see every project.', related_name='mixpanel_projects', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AlterField(
            model_name='project',
            name='name',
            field=models.CharField(help_text='The name that your team uses.', max_length=100, unique=True),
        ),
        migrations.AlterField(
            model_name='project',
            name='refresh_minutes',
            field=models.FloatField(default=15, help_text='How long numbers that include today stay fresh. Ranges that are over are queried far less often.', validators=[django.core.validators.MinValueValidator(0.1), django.core.validators.MaxValueValidator(10080)], verbose_name='minutes between queries'),
        ),
        migrations.AlterField(
            model_name='project',
            name='region',
            field=models.CharField(choices=[('us', 'United States'), ('eu', 'European Union'), ('in', 'India')], default='us', help_text='The region where Mixpanel stores the project. eu.mixpanel.com in its address means European Union.', max_length=2, verbose_name='data residency'),
        ),
        migrations.AlterField(
            model_name='project',
            name='timezone',
            field=models.CharField(default='US/Pacific', help_text="The time zone in Mixpanel's project settings. It decides when a day ends.", max_length=64, validators=[widgets.models.project.validate_timezone], verbose_name='time zone'),
        ),
        migrations.AlterField(
            model_name='project',
            name='username',
            field=models.CharField(blank=True, help_text="The service account's user name. Leave it empty for a project secret.", max_length=255, verbose_name='user name'),
        ),
        migrations.AlterField(
            model_name='widget',
            name='active',
            field=models.BooleanField(default=True, help_text='The address of a paused widget answers as if the widget did not exist. It costs no queries.'),
        ),
        migrations.AlterField(
            model_name='widget',
            name='born_event',
            field=models.CharField(blank=True, help_text='People join a cohort when they do this event.', max_length=1000, verbose_name='first event'),
        ),
        migrations.AlterField(
            model_name='widget',
            name='breakdown',
            field=models.CharField(blank=True, help_text='The name of a property, for example plan or mp_country_code, or an expression with properties["…"].', max_length=1000),
        ),
        migrations.AlterField(
            model_name='widget',
            name='chart',
            field=models.CharField(choices=[('line', 'Line'), ('spline', 'Spline (smooth line)'), ('area', 'Area'), ('areaspline', 'Area spline'), ('stackedarea', 'Stacked area'), ('column', 'Column'), ('stackedcolumn', 'Stacked column'), ('stackedpercentagecolumn', 'Stacked percentage column'), ('bar', 'Bar'), ('stackedbar', 'Stacked bar'), ('pie', 'Pie'), ('donut', 'Donut'), ('funnel', 'Funnel'), ('list', 'List'), ('table', 'Table'), ('number', 'Number'), ('gauge', 'Gauge'), ('cohort', 'Cohort'), ('map', 'Map')], default='line', help_text='Choose the same chart type in Cyfe, because the layout of the data depends on it.', max_length=30),
        ),
        migrations.AlterField(
            model_name='widget',
            name='clean_labels',
            field=models.BooleanField(default=True, help_text='Leaves out the labels undefined, null, (not set) and empty ones.', verbose_name='drop empty labels'),
        ),
        migrations.AlterField(
            model_name='widget',
            name='include_today',
            field=models.BooleanField(default=False, help_text='Includes the current day, week or month. The last point is then low, and more queries are needed.', verbose_name='include today'),
        ),
        migrations.AlterField(
            model_name='widget',
            name='intervals',
            field=models.PositiveIntegerField(default=8, help_text='The number of days, weeks or months for which a cohort is followed, including day 0.', verbose_name='columns'),
        ),
        migrations.AlterField(
            model_name='widget',
            name='last',
            field=models.PositiveIntegerField(default=30, help_text='The number of days, weeks or months in the range “The last …”.', verbose_name='how many'),
        ),
        migrations.AlterField(
            model_name='widget',
            name='limit',
            field=models.PositiveIntegerField(default=60, help_text='The number of breakdown values or events to ask for, largest first.'),
        ),
        migrations.AlterField(
            model_name='widget',
            name='other',
            field=models.BooleanField(default=False, help_text='Works only where values add up: totals and sums.', verbose_name='sum the rest as “Other”'),
        ),
        migrations.AlterField(
            model_name='widget',
            name='property_name',
            field=models.CharField(blank=True, help_text='The numeric property to add up or average, for example amount, or an expression.', max_length=1000, verbose_name='property'),
        ),
        migrations.AlterField(
            model_name='widget',
            name='refresh_minutes',
            field=models.FloatField(blank=True, help_text="Leave it empty to use the project's setting; ranges that are over are then queried far less often.", null=True, validators=[django.core.validators.MinValueValidator(0.1), django.core.validators.MaxValueValidator(10080)], verbose_name='minutes between queries'),
        ),
        migrations.AlterField(
            model_name='widget',
            name='saved_report',
            field=models.PositiveBigIntegerField(blank=True, help_text="The number after “report-” or “report/” in the report's address.", null=True, verbose_name='saved report'),
        ),
        migrations.AlterField(
            model_name='widget',
            name='sort',
            field=models.CharField(blank=True, choices=[('', 'Usual order'), ('value', 'Largest first'), ('label', 'By label'), ('none', 'As Mixpanel or the list gives them')], default='', help_text='Usual order: largest first for a breakdown and top events; the listed order for events.', max_length=10),
        ),
        migrations.AlterField(
            model_name='widget',
            name='target',
            field=models.FloatField(blank=True, help_text='The value of a full gauge.', null=True),
        ),
        migrations.AlterField(
            model_name='widget',
            name='title',
            field=models.CharField(help_text="The widget's name in lists and in the chart.", max_length=200),
        ),
        migrations.AlterField(
            model_name='widget',
            name='top',
            field=models.PositiveIntegerField(blank=True, help_text='The number of largest values to keep. Leave it empty to keep all.', null=True, verbose_name='only the largest'),
        ),
        migrations.AlterField(
            model_name='widget',
            name='where',
            field=models.TextField(blank=True, help_text='An expression, for example properties["plan"] == "Team". Only events that match it and all filters count.', max_length=5000),
        ),
        migrations.AlterConstraint(
            model_name='widget',
            name='one_title_a_project',
            constraint=models.UniqueConstraint(fields=('project', 'title'), name='one_title_a_project', violation_error_message='This project already has a widget with this title. Choose another title.'),
        ),
    ]
