import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('widgets', '0002_listing'),
    ]

    operations = [
        migrations.CreateModel(
            name='HostClock',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('host', models.CharField(max_length=255, unique=True)),
                ('ahead', models.FloatField()),
                ('noticed_at', models.DateTimeField()),
            ],
        ),
        migrations.AddField(
            model_name='apicall',
            name='counts',
            field=models.BooleanField(default=True),
        ),
        migrations.AddField(
            model_name='project',
            name='learned_at',
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.RenameField(
            model_name='snapshot',
            old_name='created_at',
            new_name='touched_at',
        ),
        migrations.AlterField(
            model_name='snapshot',
            name='touched_at',
            field=models.DateTimeField(default=django.utils.timezone.now),
        ),
    ]
