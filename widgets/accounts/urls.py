"""The address of invitation links."""

from django.urls import path

from widgets.accounts.views import SetPassword

urlpatterns = [path("welcome/<uidb64>/<token>/", SetPassword.as_view(), name="set_password")]
