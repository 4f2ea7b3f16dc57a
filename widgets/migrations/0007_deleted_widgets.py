import django.core.serializers.json
import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('widgets', '0006_board'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterField(
            model_name='widget',
            name='active',
            field=models.BooleanField(default=True, help_text='A paused widget shows nothing in Cyfe and costs no queries.'),
        ),
        migrations.CreateModel(
            name='DeletedWidget',
            fields=[
                ('id', models.BigIntegerField(primary_key=True, serialize=False)),
                ('title', models.CharField(max_length=200)),
                ('content', models.JSONField(encoder=django.core.serializers.json.DjangoJSONEncoder)),
                ('deleted_at', models.DateTimeField(db_index=True, default=django.utils.timezone.now)),
                ('deleted_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('project', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='deleted_widgets', to='widgets.project')),
            ],
            options={
                'verbose_name': 'recently deleted widget',
                'ordering': ('-deleted_at', '-pk'),
            },
        ),
    ]
