"""The URLs of links that set a password, of the ways to log in, and of the account pages.

allauth uses the URL names that begin with `account_` and `mfa_`.
"""

from django.contrib.auth.decorators import login_required
from django.urls import path
from django.views.generic import RedirectView

from widgets.accounts import pages, single_sign_on
from widgets.accounts.login_page import PasskeyLogin
from widgets.accounts.pages import protected
from widgets.accounts.password_reset import Forgotten, ResetPassword
from widgets.accounts.views import SetPassword

urlpatterns = [
    path("welcome/<uidb64>/<token>/", SetPassword.as_view(), name="set_password"),
    path("forgotten/", Forgotten.as_view(), name="forgotten_password"),
    path("forgotten/<uidb64>/<token>/", ResetPassword.as_view(), name="reset_password"),
    path("sign-on/", single_sign_on.begin, name="single_sign_on"),
    path("sign-on/back/", single_sign_on.come_back, name="openid_connect_callback"),
    path("account/login/", RedirectView.as_view(pattern_name="admin:login", query_string=True), name="account_login"),
    path("account/login/passkey/", PasskeyLogin.as_view(), name="mfa_login_webauthn"),
    path("account/", login_required(pages.Account.as_view()), name="mfa_index"),
    path("account/app/", protected(pages.AddApp.as_view()), name="mfa_activate_totp"),
    path("account/app/remove/", protected(pages.RemoveApp.as_view()), name="mfa_deactivate_totp"),
    path("account/passkeys/add/", protected(pages.AddPasskey.as_view()), name="mfa_add_webauthn"),
    path("account/passkeys/<int:pk>/remove/", protected(pages.RemovePasskey.as_view()), name="mfa_remove_webauthn"),
    path("account/recovery-codes/", protected(pages.RecoveryCodes.as_view()), name="mfa_view_recovery_codes"),
    path(
        "account/recovery-codes/new/", protected(pages.NewRecoveryCodes.as_view()), name="mfa_generate_recovery_codes"
    ),
    path("account/sessions/end/", protected(pages.end_sessions), name="end_sessions"),
    path("account/<int:pk>/remove-second-factor/", protected(pages.remove_second_factor), name="remove_second_factor"),
]
