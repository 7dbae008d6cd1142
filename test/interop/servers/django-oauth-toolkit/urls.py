"""The toolkit's endpoints, at the root of the server."""

from django.urls import include, path

urlpatterns = [path("", include("oauth2_provider.urls"))]
