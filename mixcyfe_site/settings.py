"""Django's settings. `.env.example` documents those that are read from the environment or `.env`."""

import warnings
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit

from mixcyfe_site import environment as env
from mixcyfe_site.environment import setting, stop

BASE_DIR = Path(__file__).resolve().parent.parent
INSTALL = "pip install -r requirements-cluster.lock"
env.read_file(BASE_DIR / ".env")

DEBUG = setting("DEBUG", env.FLAG, default=False)
SECRET_KEY = setting("SECRET_KEY", env.SECRET_KEY, default="only-for-debugging" if DEBUG else None)
FIELD_ENCRYPTION_KEYS = setting("FIELD_ENCRYPTION_KEYS", env.FERNET_KEYS)

SITE_URL = setting("SITE_URL", env.SITE, default="http://127.0.0.1:8000")
SITE_IS_HTTPS = SITE_URL.startswith("https:")
SITE_HOST = urlsplit(SITE_URL).hostname or "127.0.0.1"
LOCAL_HOSTS = ["127.0.0.1", "localhost", "[::1]"]
ALLOWED_HOSTS = setting(
    "ALLOWED_HOSTS", env.HOSTS, default=[SITE_HOST if ":" not in SITE_HOST else f"[{SITE_HOST}]", *LOCAL_HOSTS]
)
CSRF_TRUSTED_ORIGINS = setting("CSRF_TRUSTED_ORIGINS", env.SITES, default=[SITE_URL])

TASKS = setting("TASKS", env.one_of("inline", "celery"), default="inline")
BROKER_URL = setting("BROKER_URL", env.BROKER, default=None if TASKS == "celery" else "")
if TASKS == "celery" and not (find_spec("celery") and find_spec("redis")):
    stop("TASKS", f"is celery, but Celery is not installed; run: {INSTALL}")
POLL_WAIT = setting("POLL_WAIT", env.number(0, 3600, float, "a number of seconds"), default=8)
REFRESH_THREADS = setting("REFRESH_THREADS", env.number(0, 100), default=5)
WAITING_POLLS = setting("WAITING_POLLS", env.number(0, 1000), default=4)
MIXPANEL_API_ROOT = setting("MIXPANEL_API_ROOT", env.API_ROOT, default="")
MIXPANEL_TIMEOUT = setting("MIXPANEL_TIMEOUT", env.number(0.1, 3600, float, "a number of seconds"), default=60)
TRUST_PROXY = setting("TRUST_PROXY", env.FLAG, default=False)
HSTS_SECONDS = setting("HSTS_SECONDS", env.number(0, 2 * 365 * 24 * 3600), default=0)
METRICS_TOKEN = setting("METRICS_TOKEN", env.TOKEN, default="")
VERSION = env.version(BASE_DIR / "pyproject.toml")

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "widgets",  # before the admin, so that our base_site.html replaces the admin's
    "widgets.apps.AdminConfig",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "axes",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
]
MIDDLEWARE = [
    "widgets.web.middleware.RequestIdMiddleware",
    "widgets.web.middleware.SafeAnswersMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "widgets.web.middleware.MachineMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "widgets.accounts.second_factor.SecondFactorMiddleware",
    "widgets.accounts.known_browsers.KnownBrowserMiddleware",
    "axes.middleware.AxesMiddleware",
]
ROOT_URLCONF = "mixcyfe_site.urls"
WSGI_APPLICATION = "mixcyfe_site.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

DATABASE = setting("DATABASE_URL", env.DATABASE, default=env.database("sqlite:///db.sqlite3"))
DATABASES = {"default": DATABASE | {"CONN_MAX_AGE": None, "CONN_HEALTH_CHECKS": True}}
SQLITE_JOURNAL = setting("SQLITE_JOURNAL", env.one_of("wal", "delete"), default="wal")
if DATABASE["ENGINE"] == "mixcyfe_site.sqlite":
    if DATABASE["NAME"] != ":memory:":
        file = BASE_DIR / DATABASE["NAME"]
        if not file.parent.is_dir():
            stop("DATABASE_URL", f"names a folder that does not exist: {file.parent}")
        DATABASES["default"]["NAME"] = str(file)
    # Writers wait for each other, for at most 20 seconds. With the journal `wal`, readers do not wait for writers.
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": f"PRAGMA journal_mode={SQLITE_JOURNAL}; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON;",
    }
elif not find_spec("psycopg"):
    stop("DATABASE_URL", f"needs the driver for PostgreSQL; run: {INSTALL}")
else:
    DATABASES["default"]["OPTIONS"] = {
        "connect_timeout": 2,
        # These timeouts detect a database host that is gone: it acknowledges neither data nor keepalives.
        "tcp_user_timeout": 5000,
        "keepalives": 1,
        "keepalives_idle": 10,
        "keepalives_interval": 5,
        "keepalives_count": 3,
        "prepare_threshold": 0,  # only `prepared_cursor` uses prepared statements
        **DATABASE.get("OPTIONS", {}),
        # PostgreSQL uses the last statement timeout, so a timeout in DATABASE_URL replaces the 30 seconds.
        "options": f"-c statement_timeout=30s {DATABASE.get('OPTIONS', {}).get('options', '')}".strip(),
    }

AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
    {"NAME": "widgets.accounts.password_change.PasswordRules"},
]
LOGIN_URL = "admin:login"
LOGIN_REDIRECT_URL = "board"
# A person who forgot a password tries five or six. Ten tries per 15 minutes are too few for an attacker who guesses. An
# IP address can belong to a whole office, so more tries are allowed per address than per name and address.
AXES_FAILURE_LIMIT = 10
FAILURE_LIMIT_OF_ADDRESS = 25
AXES_COOLOFF_TIME = 0.25  # hours
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_RESET_ON_SUCCESS = True
AXES_HANDLER = "widgets.accounts.sign_in.SignInHandler"
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"], "ip_address"]
AXES_LOCKOUT_CALLABLE = "widgets.accounts.sign_in.refused"
AXES_USERNAME_CALLABLE = "widgets.accounts.sign_in.name_tried"
AXES_CLIENT_IP_CALLABLE = "widgets.accounts.client.client_network"
AXES_ENABLE_ADMIN = False
AXES_DISABLE_ACCESS_LOG = True  # the audit log contains the logins
AXES_VERBOSE = False
PASSWORD_RESET_TIMEOUT = 3 * 24 * 3600  # an invitation's link works for this many seconds

REQUIRE_SECOND_FACTOR = setting("REQUIRE_SECOND_FACTOR", env.FLAG, default=SITE_IS_HTTPS)
ACCOUNT_ADAPTER = "widgets.accounts.adapters.AccountAdapter"
ACCOUNT_EMAIL_VERIFICATION = "none"
# allauth counts failed tries per process. MixCyfe counts them in the database (widgets.accounts.guesses).
ACCOUNT_RATE_LIMITS = MFA_RATE_LIMITS = False
MFA_ADAPTER = "widgets.accounts.adapters.SecondFactorAdapter"
MFA_FORMS = {
    "authenticate": "widgets.accounts.second_factor.CodeForm",
    "authenticate_webauthn": "widgets.accounts.passkeys.SecondStepForm",
    "login_webauthn": "widgets.accounts.passkeys.LoginForm",
    "add_webauthn": "widgets.accounts.passkeys.AddForm",
}
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_RECOVERY_CODES_SHOW_ONCE = True
MFA_TOTP_TOLERANCE = 1  # a phone's clock can be half a minute wrong

OIDC_ISSUER = setting("OIDC_ISSUER", env.ISSUER, default="")
OIDC_CLIENT_ID = setting("OIDC_CLIENT_ID", (str, ""), default="")
OIDC_CLIENT_SECRET = setting("OIDC_CLIENT_SECRET", (str, ""), default="")
env.all_or_none(OIDC_ISSUER=OIDC_ISSUER, OIDC_CLIENT_ID=OIDC_CLIENT_ID, OIDC_CLIENT_SECRET=OIDC_CLIENT_SECRET)
SOCIALACCOUNT_ADAPTER = "widgets.accounts.single_sign_on.SingleSignOnAdapter"

LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"

STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
# Pages work without collectstatic.
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = DEBUG
# The folders in vendor/ have versions in their names, so browsers can cache their files for years.
WHITENOISE_IMMUTABLE_FILE_TEST = r"/widgets/vendor/"
warnings.filterwarnings("ignore", "No directory at", UserWarning)  # STATIC_ROOT is missing before collectstatic

SESSION_ENGINE = "widgets.accounts.sessions"
# A session ends SESSION_COOKIE_AGE seconds after its last request, and at the latest SESSION_ENDS_AFTER
# seconds after its login.
SESSION_COOKIE_AGE = 24 * 3600
SESSION_ENDS_AFTER = 7 * 24 * 3600
if SITE_IS_HTTPS:
    # With this prefix, no other host of the domain can set the cookie.
    SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = "__Host-sessionid", "__Host-csrftoken"
SECURE_SSL_REDIRECT = SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SITE_IS_HTTPS
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^metrics$", r"^doctor$"]
SECURE_HSTS_SECONDS = HSTS_SECONDS if SITE_IS_HTTPS else 0
# Django's checks W005 and W021 want HSTS for all hosts of the domain, but MixCyfe must not decide for other hosts. W004
# wants HSTS, but only the owner should switch HSTS on, because nobody can revoke HSTS early.
SILENCED_SYSTEM_CHECKS = ["security.W004", "security.W005", "security.W021"]
if TRUST_PROXY:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2000
DATA_UPLOAD_MAX_NUMBER_FILES = 0
DEFAULT_EXCEPTION_REPORTER_FILTER = "mixcyfe_site.reports.ReportFilter"

# Invitations, links for forgotten passwords, and warnings are mailed. Without a mail server, a page shows the link of
# an invitation, and nobody gets the others.
MAIL_SERVER = setting("EMAIL_URL", env.MAIL_SERVER, default={})
vars().update((name, value) for name, value in MAIL_SERVER.items() if name.startswith("EMAIL_"))
EMAIL_IS_SET_UP = bool(MAIL_SERVER)
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = SERVER_EMAIL = setting("EMAIL_FROM", (str, ""), default=f"mixcyfe@{SITE_HOST}")

CELERY_BROKER_URL = BROKER_URL
LOG_FORMAT = setting("LOG_FORMAT", env.one_of("plain", "json"), default="plain")
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "plain": {"()": "mixcyfe_site.logs.OneLine", "format": "%(asctime)s %(levelname)s %(name)s %(message)s"},
        "json": {"()": "mixcyfe_site.logs.JsonLine"},
    },
    "filters": {
        "hide_addresses": {"()": "mixcyfe_site.logs.HideAddresses"},
        "once_per_minute": {"()": "mixcyfe_site.logs.OncePerMinute"},
    },
    "handlers": {
        "stderr": {
            "class": "logging.StreamHandler",
            "formatter": LOG_FORMAT,
            "filters": ["once_per_minute"],
        },
        "bare": {"class": "logging.StreamHandler"},
    },
    "root": {"handlers": ["stderr"], "level": "WARNING"},
    "loggers": {
        "widgets": {"level": setting("LOG_LEVEL", env.one_of("DEBUG", "INFO", "WARNING", "ERROR"), default="INFO")},
        # One line of JSON per entry of the audit log.
        "widgets.audit": {
            "handlers": ["bare"],
            "level": "INFO"
            if setting("AUDIT_LOG", env.one_of("off", "stderr"), default="off") == "stderr"
            else "CRITICAL",
            "propagate": False,
        },
        # A response with status 4xx writes no line, because a wrong request is not a problem of this site.
        "django.request": {"level": "ERROR", "filters": ["hide_addresses"]},
        "django.security.DisallowedHost": {"level": "CRITICAL"},
        # Lines about CSRF would contain addresses of any length, with the secret tokens of invitations.
        "django.security.csrf": {"level": "CRITICAL"},
        # Without these levels, each bad request would write a traceback.
        "django.security.DisallowedModelAdminToField": {"level": "CRITICAL"},
        "django.security.TooManyFieldsSent": {"level": "CRITICAL"},
        "django.security.TooManyFilesSent": {"level": "CRITICAL"},
    },
}

SETTING_NAMES = env.NAMES
"""The names of all settings above, for `manage.py doctor`."""
