"""Pages and addresses, thin: each calls one of the few functions that do the work."""

import logging
from functools import cache

from django.db import Error, connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt

from . import answer as answers

logger = logging.getLogger(__name__)


@csrf_exempt
def poll(request: HttpRequest, address: str) -> HttpResponse:
    """`/w/<slug>.<ending>`: what Cyfe polls. Reads no cookie and no query parameter."""
    if request.method not in ("GET", "HEAD"):
        return respond(answers.not_allowed(), request)
    slug, _, ending = address.rpartition(".")
    try:
        reply = answers.answer(slug, ending, request.headers.get("If-None-Match", ""))
    except Exception:
        # Logged here, because Django's own line would hold the address, which is a key.
        logger.exception("a poll failed")
        reply = answers.broken()
    return respond(reply, request)


def respond(reply: answers.Answer, request: HttpRequest) -> HttpResponse:
    response = HttpResponse(reply.body if request.method != "HEAD" else b"", status=reply.status)
    response._has_been_logged = True  # the address is a key: Django would write it into the log
    del response["Content-Type"]
    wsgiref = request.META.get("SERVER_SOFTWARE", "").startswith("WSGIServer")
    for name, value in reply.headers:
        if name == "Connection" and wsgiref:
            continue  # Django's development server allows no such header, and closes anyway
        response[name] = value
    if reply.status != 304:
        response["Content-Length"] = str(len(reply.body))
    if reply.behind:
        # WSGI servers call close() once the body is out.
        response._resource_closers.append(lambda: run_behind(reply))
    return response


def run_behind(reply: answers.Answer) -> None:
    """Nobody waits for this any more, so what goes wrong here can only be logged. Does it once."""
    steps, reply.behind = reply.behind, []
    for step in steps:
        try:
            step()
        except Exception:
            logger.exception("work behind an answer failed")


@cache
def known_migrations() -> frozenset[tuple[str, str]]:
    """Read from the disk once: anybody may ask for our health, as often as they like."""
    return frozenset(MigrationLoader(None, ignore_no_migrations=True).disk_migrations)


def healthz(request: HttpRequest) -> JsonResponse:
    """Whether the database answers and has all migrations."""
    try:
        missing = known_migrations() - set(MigrationRecorder(connection).applied_migrations())
    except Error:
        return JsonResponse({"status": "no database"}, status=503)
    if missing:
        return JsonResponse({"status": "migrations missing: run manage.py migrate"}, status=503)
    return JsonResponse({"status": "ok"})
