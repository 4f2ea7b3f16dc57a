"""The URLs of the plain Django view. `make bench` compares MixCyfe's polls with this view."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import path

from widgets.models import Rendering


def plain(request: HttpRequest, address: str) -> HttpResponse:
    slug, _, format = address.rpartition(".")
    rendering = get_object_or_404(Rendering, widget__slug=slug, format=format)
    response = HttpResponse(bytes(rendering.body), content_type="text/csv")
    response["ETag"] = rendering.etag
    return response


urlpatterns = [path("w/<path:address>", plain)]
