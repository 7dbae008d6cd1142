"""The toolkit's endpoints, at the root of the server, and Django's own page to sign in at."""

from django.contrib.auth.views import LoginView
from django.urls import include, path

urlpatterns = [
    path("login/", LoginView.as_view(template_name="login.html")),
    path("", include("oauth2_provider.urls")),
]
