"""Imports projects and widgets from JSON for the command `import_widgets`."""

import json
from collections.abc import Callable, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from widgets.import_export.keys import PROJECT_KEYS, WIDGET_KEYS, Field, instead_of, key_of
from widgets.models import NoticeAddress, Project, Widget
from widgets.models.notice import MOST_ADDRESSES
from widgets.models.notice_address import BadAddress, NoticeTarget, read_address

NOTIFY = "notify"
LARGEST = 20 * 1024 * 1024


class BadImport(Exception):
    """The file or address can't be imported. If one entry is wrong, the message names the entry and the correction."""


def read_json(data: bytes) -> dict[str, Any]:
    """Raises BadImport if the file is too large, is not a JSON object or has an unknown key at the top level."""
    if len(data) > LARGEST:
        raise BadImport(f"The file is larger than {LARGEST // 1024 // 1024} MB. Import fewer widgets at once.")
    try:
        content = json.loads(data, parse_constant=refuse_constant)
    except UnicodeDecodeError:
        raise BadImport("The file is not UTF-8 text. Save the file with the encoding UTF-8.") from None
    except json.JSONDecodeError as error:
        raise BadImport(f"The file is not JSON: {error.msg} in line {error.lineno}, column {error.colno}.") from None
    except (ValueError, RecursionError) as error:
        raise BadImport(f"The file can't be read as JSON: {error}.") from None
    if not isinstance(content, dict):
        raise BadImport('The file is not a JSON object. Write {"projects": […], "widgets": […]}.')
    unknown = sorted(set(content) - {"projects", "widgets"})
    if unknown:
        raise BadImport(f"Unknown key {unknown[0]!r} at the top level. The allowed keys are projects and widgets.")
    return content


def refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not a number")


Check = Callable[[Sequence[tuple[NoticeTarget, bool]]], list[str]]
"""The type of `notices.sending.check`. Callers pass the function, because this package must not import `notices`."""


def import_all(
    content: dict[str, Any], check: Check | None = None, log: Callable[[list[Project | Widget]], None] | None = None
) -> tuple[list[Project], list[Widget]]:
    """Creates or updates the file's projects and widgets. If one entry is wrong, raises BadImport and imports nothing.

    `check`: an additional check of the addresses for notices. `log` gets the saved rows before the transaction ends.
    """
    if check:
        check_addresses(content, check)
    with transaction.atomic():
        projects = [import_project(entry, where) for entry, where in entries(content, "projects")]
        widgets = [import_widget(entry, where) for entry, where in entries(content, "widgets")]
        if log:
            log([*projects, *widgets])
    return projects, widgets


def entries(content: dict[str, Any], key: str) -> list[tuple[dict[str, Any], str]]:
    listed = content.get(key, [])
    if not isinstance(listed, list):
        raise BadImport(f"{key}: write a list.")
    named = []
    for i, entry in enumerate(listed):
        where = f"{key}[{i}]"
        if not isinstance(entry, dict):
            raise BadImport(f"{where}: write an object.")
        title = entry.get("name") or entry.get("title")
        named.append((entry, f"{where} ({title})" if isinstance(title, str) else where))
    return named


def check_addresses(content: dict[str, Any], check: Check) -> None:
    """Raises BadImport if `check` refuses an address. Must not run in a transaction, because `check` is slow."""
    found = [
        (target, f"{where}: {NOTIFY}[{i}]")
        for entry, where in entries(content, "projects")
        for i, target in enumerate(read_notify(entry.get(NOTIFY), where) or ())
    ]
    for (_, where), problem in zip(found, check([(target, True) for target, _ in found]), strict=True):
        if problem:
            raise BadImport(f"{where}: {problem}")


def read_notify(value: Any, where: str) -> list[NoticeTarget] | None:
    """Reads a project's notice addresses. Returns None if the key is missing.

    The message of BadImport does not repeat an address, because an address can contain a secret.
    """
    if value is None:
        return None
    if not isinstance(value, list) or len(value) > MOST_ADDRESSES or not all(isinstance(url, str) for url in value):
        raise BadImport(f"{where}: {NOTIFY}: write a list of at most {MOST_ADDRESSES} addresses.")
    targets = []
    for i, text in enumerate(value):
        try:
            targets.append(read_address(text))
        except BadAddress as bad:
            raise BadImport(f"{where}: {NOTIFY}[{i}]: {bad}") from None
    return targets


def read_values(entry: dict[str, Any], keys: dict[str, Field], where: str) -> dict[str, Any]:
    """Checks each value alone, and returns model field → value. Later, `validate` checks the values together."""
    values = {}
    for name, value in entry.items():
        if name not in keys:
            allowed = [*keys, NOTIFY] if keys is PROJECT_KEYS else keys
            raise BadImport(f"{where}: unknown key {name!r}. The allowed keys are {', '.join(allowed)}.")
        if instead := instead_of(value, keys[name]):
            # The message does not repeat the value, which might be a secret.
            raise BadImport(f"{where}: {name}: write {instead}.")
        values[keys[name].name] = value
    return values


def import_project(entry: dict[str, Any], where: str) -> Project:
    addresses = read_notify(entry.get(NOTIFY), where)
    values = read_values({key: entry[key] for key in entry if key != NOTIFY}, PROJECT_KEYS, where)
    if not values.get("name", "").strip():
        raise BadImport(f"{where}: name: write the project's name.")
    project = Project.objects.filter(name=values["name"]).first() or Project()
    secret = values.pop("secret", "")
    for field, value in values.items():
        setattr(project, field, value)
    if secret:
        project.set_secret(secret)
    validate(project, where)
    project.save()
    if addresses is not None:
        NoticeAddress.objects.replace(project, addresses)
    return project


def import_widget(entry: dict[str, Any], where: str) -> Widget:
    values = read_values(entry, WIDGET_KEYS, where)
    for needed in ("project", "title", "report"):
        if not str(values.get(needed, "")).strip():
            raise BadImport(f"{where}: {needed}: write the widget's {needed}.")
    values["project"] = project = Project.objects.filter(name=values["project"]).first()
    if project is None:
        raise BadImport(f"{where}: project: there is no project with this name. List the project under projects.")
    widget = find_widget(project, values.get("slug"), values["title"])
    for field in WIDGET_KEYS.values():
        if field.name in values:
            setattr(widget, field.name, values[field.name])
        elif field.name != "slug":
            setattr(widget, field.name, field.get_default())
    validate(widget, where)
    widget.save()
    return widget


def find_widget(project: Project, slug: str | None, title: str) -> Widget:
    by_slug = Widget.objects.filter(slug=slug).first() if slug else None
    return by_slug or Widget.objects.filter(project=project, title=title).first() or Widget()


def validate(row: Project | Widget, where: str) -> None:
    try:
        row.full_clean()
    except ValidationError as error:
        field, messages = next(iter(error.message_dict.items()))
        said = " ".join(messages)
        raise BadImport(f"{where}: {said}" if field == "__all__" else f"{where}: {key_of(field)}: {said}") from None
