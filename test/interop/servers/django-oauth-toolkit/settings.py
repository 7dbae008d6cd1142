"""Django with its OAuth toolkit, whose dynamic registration is open, and a page to sign in at.

DATABASE  an SQLite file, its books
SECRET    Django's own secret
"""

import os
from pathlib import Path

ALLOWED_HOSTS = ["127.0.0.1"]
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": os.environ["DATABASE"]}}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "oauth2_provider",
]
LOGIN_URL = "/login/"
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
]
OAUTH2_PROVIDER = {
    "DCR_ENABLED": True,
    "DCR_REGISTRATION_PERMISSION_CLASSES": ["oauth2_provider.dcr.AllowAllDCRPermission"],
    "SCOPES": {"openid": "Sign in", "patient/*.rs": "Read a patient's data"},
}
ROOT_URLCONF = "urls"
SECRET_KEY = os.environ["SECRET"]
STATIC_URL = "/static/"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "DIRS": [Path(__file__).parent / "templates"],
    },
]
USE_TZ = True
