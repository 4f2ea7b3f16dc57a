"""Imports widget addresses of the 2015 connector (MixCyfe's predecessor) as projects and widgets.

The addresses have the form `http://host/mixpanel/api/v1.0/<event>/<secret>/<key>?by=…&clean=…&charttype=…`. The secret
is Mixpanel's project secret. The key, which signed requests, is ignored. Messages contain no part of the secret or of
the key.
"""

import hmac
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from django.core.exceptions import ValidationError

from widgets.import_export.importing import BadImport, validate
from widgets.mixpanel.regions import REGIONS
from widgets.models import Project, Widget
from widgets.models.names import free_name
from widgets.models.project import Auth
from widgets.models.snapshot import snapshot_key
from widgets.spec import CLASSIC, INSIGHTS

PATH = "/mixpanel/api/v1.0/"
SHAPE = f"http://host{PATH}<event>/<secret>/<key>"
DEFAULT_NAME = "Mixpanel (moved in)"
CHARTS = ("line", "pie")
TRUE = ("true", "yes", "on", "1")
FALSE = ("false", "no", "off", "0", "none", "")
LOOKS_LIKE_A_KEY = re.compile(r"[0-9a-fA-F]{32}")
SECRET = re.compile(r"[!-9;-~]{1,200}")
"""Printable ASCII without the space, and without the colon, which ends the user name in HTTP Basic authentication."""
MIXPANELS_OWN = re.compile(r"\$|mp_|utm_")


@dataclass(frozen=True, slots=True)
class LegacyAddress:
    """The values in an address. If `clean` is false, the widget also shows labels such as “undefined”.

    `warnings`: see `name_warnings`.
    """

    event: str
    secret: str = field(repr=False)
    breakdown: str = ""
    clean: bool = False
    chart: str = "line"
    warnings: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        by = f" by {self.breakdown}" if self.breakdown else ""
        return f"{self.event}{by}{' (pie)' if self.chart == 'pie' else ''}"

    @property
    def fields(self) -> dict[str, Any]:
        """The widget's fields. The default dates are the same as the connector's dates: 30 days up to yesterday."""
        return {
            "report": "segmentation" if self.breakdown else "events",
            "events": [self.event],
            "breakdown": self.breakdown,
            "clean_labels": self.clean,
            "chart": self.chart,
        }


@dataclass(frozen=True, slots=True)
class Imported:
    """`new`: the project was created. `kept_credentials`: the project existed with other credentials and keeps them."""

    project: Project
    widget: Widget
    new: bool
    kept_credentials: bool


def read_address(text: str) -> LegacyAddress:
    """Raises BadImport for bad values, and for addresses of other programs."""
    try:
        url = urlsplit(text.strip())
        query = parse_qs(url.query, keep_blank_values=True, errors="strict", max_num_fields=100)
    except ValueError:
        raise BadImport(f"This address can't be read. Give the whole address: {SHAPE}?by=…") from None
    if url.scheme not in ("http", "https") or not url.netloc:
        raise BadImport(f"Give the whole address, with http:// in front: {SHAPE}")
    _, marker, path = url.path.partition(PATH)
    parts = path.rstrip("/").split("/")
    if not marker or len(parts) != 3 or not all(parts):
        raise BadImport(f"This is not an address of the 2015 connector. Those addresses look like {SHAPE}")
    raw_event, secret = decoded(parts[0], "The event"), decoded(parts[1], "The secret")
    if LOOKS_LIKE_A_KEY.fullmatch(raw_event):
        raise BadImport(f"An API secret or key is in the place of the event. The order is {SHAPE}")
    if not SECRET.fullmatch(secret):
        raise BadImport(
            "The secret contains characters that Mixpanel's API secrets never have. Copy the whole address again."
        )
    raw_by = plain(query.get("by", [""])[0], "by")
    if '["' in raw_by:
        raise BadImport("by: write the name of a property, not an expression.")
    return LegacyAddress(
        event=spaced(raw_event, "The event"),
        secret=secret,
        breakdown=spaced(raw_by, "by") if raw_by else "",
        clean=read_clean(query.get("clean", [""])[0]),
        chart=read_chart(query.get("charttype", [""])[0]),
        warnings=tuple(name_warnings(raw_event, raw_by)),
    )


def decoded(part: str, noun: str) -> str:
    try:
        return plain(unquote(part, errors="strict"), noun)
    except UnicodeDecodeError:
        raise BadImport(f"{noun} is not percent-encoded UTF-8.") from None


def plain(text: str, noun: str) -> str:
    if any(unicodedata.category(c)[0] == "C" for c in text):
        raise BadImport(f"{noun} contains control characters.")
    return text


def spaced(text: str, noun: str) -> str:
    """Replaces underscores with spaces, as the connector did. Raises BadImport if no other characters remain."""
    text = text.replace("_", " ")
    if not text.strip():
        raise BadImport(f"{noun} is empty.")
    return text


def read_clean(word: str) -> bool:
    """Returns the boolean that the word means. The 2015 connector read every word as true, even `False`."""
    if word.strip().lower() in TRUE:
        return True
    if word.strip().lower() in FALSE:
        return False
    raise BadImport("clean: write true or false.")


def read_chart(word: str) -> str:
    chart = word.strip().lower() or "line"
    if chart not in CHARTS:
        raise BadImport("charttype: write line or pie, as the 2015 connector did. Change the chart later in the admin.")
    return chart


def name_warnings(event: str, by: str) -> Iterator[str]:
    """Yields a warning for each name with underscores that Mixpanel might have defined (such as `mp_…`)."""
    for noun, name in (("event", event), ("breakdown", by)):
        if "_" in name and MIXPANELS_OWN.match(name):
            yield (
                f"{noun}: this widget uses “{name.replace('_', ' ')}” instead of {name}, as the 2015 connector did. "
                f"If the name has underscores at Mixpanel, change the widget's {noun} in the admin."
            )


def import_address(address: LegacyAddress, *, name: str, region: str, project_id: int | None) -> Imported:
    """Finds or creates the project and the widget, in the caller's transaction. Raises BadImport for a wrong value.

    `name`, `region` and `project_id`: the command's options for the project.
    """
    if region and region not in REGIONS:
        raise BadImport(f"--region: write one of {', '.join(REGIONS)}.")
    if "://" in name or PATH in name:
        raise BadImport("--project: write a name, not an address.")
    project, new = find_or_make_project(address.secret, name.strip(), region, project_id)
    kept = not new and not stores(project, address.secret)
    return Imported(project, find_or_make_widget(project, address), new, kept)


def find_or_make_project(secret: str, name: str, region: str, project_id: int | None) -> tuple[Project, bool]:
    """Finds the project by its secret or id, or creates one. Returns the project, and True if it is new."""
    here = next((p for p in Project.objects.filter(auth=Auth.PROJECT_SECRET).order_by("pk") if stores(p, secret)), None)
    if here is None and project_id:
        here = Project.objects.filter(region=region or "us", project_id=project_id).first()
    if here is None:
        return make_project(secret, name, region or "us", project_id), True
    if region and region != here.region:
        raise BadImport(f"The project exists already: {here.name}, region {here.region}. Leave --region out.")
    if project_id and here.project_id not in (None, project_id):
        raise BadImport(f"The project {here.name} has this secret, but another id. Leave --project-id out.")
    if project_id and here.project_id is None:
        here.project_id = project_id
        validate(here, "--project-id")
        here.save()
    elif here.auth == Auth.PROJECT_SECRET and not here.secret.reveal_or_empty():
        here.set_secret(secret)
        here.save()
    return here, False


def make_project(secret: str, name: str, region: str, project_id: int | None) -> Project:
    if name and Project.objects.filter(name=name).exists():
        raise BadImport(
            f"There is a project {name} with other credentials. Choose another name. If it is the same project at "
            "Mixpanel, add the option --project-id."
        )
    project = Project(
        name=name or free_name(DEFAULT_NAME, Project.objects.all(), "name"),
        region=region,
        project_id=project_id,
        auth=Auth.PROJECT_SECRET,
        # Insights might need a project id, because Mixpanel's own SDK always sends one to the endpoint of Insights.
        engine=INSIGHTS if project_id else CLASSIC,
    )
    project.set_secret(secret)
    validate(project, "--project")
    project.save()
    return project


def find_or_make_widget(project: Project, address: LegacyAddress) -> Widget:
    """Recognizes an existing widget by its query, chart and cleaning, not by its title."""
    widget = Widget(project=project, **address.fields)
    try:
        widget.title = free_name(address.title, project.widgets.all())
        widget.full_clean()
    except ValidationError as error:
        _, messages = next(iter(error.message_dict.items()))
        raise BadImport(" ".join(messages)) from None
    same = project.widgets.filter(
        snapshot__key=snapshot_key(project.identity, widget.query),
        chart=address.chart,
        clean_labels=address.clean,
    )
    here = same.order_by("pk").first()
    if here is None:
        widget.save()
    return here or widget


def stores(project: Project, secret: str) -> bool:
    return hmac.compare_digest(project.secret.reveal_or_empty().encode(), secret.encode())
