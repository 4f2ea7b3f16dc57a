"""Makes pages that browsers must not store, because the pages contain one-time links or names of people."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.template.response import TemplateResponse


def private_page(
    model_admin: admin.ModelAdmin, request: HttpRequest, template: str, title: str, **context: Any
) -> TemplateResponse:
    context |= {**model_admin.admin_site.each_context(request), "opts": model_admin.opts, "title": title}
    response = TemplateResponse(request, template, context)
    response["Cache-Control"] = "private, no-store"
    return response
