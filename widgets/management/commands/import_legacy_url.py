"""`manage.py import_legacy_url URL` makes widgets from addresses of the 2015 connector, which came before MixCyfe."""

import sys
from typing import Any, NoReturn

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from widgets.accounts.audit_log import log_command
from widgets.import_export.importing import BadImport
from widgets.import_export.legacy import Imported, LegacyAddress, import_address, read_address
from widgets.mixpanel.links import LARGEST_ID
from widgets.models import Action
from widgets.models.project import PROJECT_SECRET_ENDS, Auth


class Command(BaseCommand):
    help = (
        "Turns addresses of the 2015 connector, which came before MixCyfe, into projects and widgets. "
        "Prints each widget's title and new address, and never prints credentials."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        # argparse quotes wrong values in its messages, and a value can be a secret. So all arguments are plain text,
        # and `error` replaces argparse's messages.
        parser.add_argument(
            "url", nargs="+", help="an old address in quotes, or - to read addresses from standard input"
        )
        parser.add_argument("--project", default="", metavar="NAME", help="the name of a new project")
        parser.add_argument("--region", default="", help="the project's region at Mixpanel: us, eu or in (default: us)")
        parser.add_argument(
            "--project-id",
            default="",
            metavar="N",
            help="the number after /project/ in the project's address at Mixpanel",
        )

        def error(message: str) -> NoReturn:
            said = "The arguments can't be read. See: manage.py import_legacy_url --help"
            if not parser.called_from_command_line:
                raise CommandError(said)
            parser.exit(1, f"CommandError: {said}\n")

        parser.error = error  # type: ignore[method-assign]

    def handle(self, *args: Any, **options: Any) -> None:
        urls = options["url"]
        if urls == ["-"]:
            lines = sys.stdin.buffer.read().decode("utf-8", "replace").splitlines()
            urls = [line for line in lines if line.strip()]
        if not urls:
            raise CommandError("Nothing was imported. Standard input has no address.")
        project_id = read_id(str(options["project_id"] or ""))
        try:
            addresses = read_all(urls)
            with transaction.atomic():
                imported = [
                    import_address(address, name=options["project"], region=options["region"], project_id=project_id)
                    for address in addresses
                ]
                log_command([each.widget for each in imported], "Imported from an old address.", Action.IMPORTED)
        except BadImport as bad:
            raise CommandError(f"Nothing was imported. {bad}") from None
        for address, each in zip(addresses, imported, strict=True):
            self.stdout.write(f"{each.widget.title}\t{each.widget.url()}")
            for warning in address.warnings:
                self.stderr.write(f"{each.widget.title}: {warning}")
            if not each.widget.active:
                self.stderr.write(f"{each.widget.title}: the widget is paused. Resume it in the admin.")
        # `advise` runs once per project, with the project's first result, because only the first result has `new` set.
        # `reversed` puts the first result last, so the dict keeps this one.
        for each in {each.project.pk: each for each in reversed(imported)}.values():
            self.advise(each)

    def advise(self, imported: Imported) -> None:
        """Prints the next steps for a project to stderr, so that stdout has only the widgets' titles and addresses."""
        project = imported.project
        page = f"{settings.SITE_URL}/admin/widgets/project/{project.pk}/change/"
        if imported.kept_credentials:
            self.stderr.write(
                f"{project.name}: the project keeps its credentials. The secret in the old address is not stored."
            )
        if project.auth == Auth.PROJECT_SECRET:
            self.stderr.write(
                f"{project.name}: the project uses a project secret. Mixpanel accepts project secrets until "
                f"{PROJECT_SECRET_ENDS:%-d %B %Y}. Before that day, make a service account at Mixpanel (Organization "
                "settings → Service accounts, role Consumer). "
                f"Enter the service account and the project id at {page}. The widgets' addresses do not change."
            )
        if imported.new:
            self.stderr.write(
                f"{project.name}: the project's time zone is {project.timezone}. If Mixpanel's project settings name "
                f"another time zone, change the project's time zone at {page}."
            )


def read_all(urls: list[str]) -> list[LegacyAddress]:
    addresses = []
    for number, url in enumerate(urls, 1):
        try:
            addresses.append(read_address(url))
        except BadImport as bad:
            raise BadImport(f"Address {number}: {bad}" if len(urls) > 1 else str(bad)) from None
    return addresses


def read_id(text: str) -> int | None:
    if not text:
        return None
    if not text.isascii() or not text.isdigit() or not 0 < int(text[:30]) <= LARGEST_ID:
        raise CommandError(
            "Nothing was imported. --project-id must be the number after /project/ in the project's address at "
            "Mixpanel."
        )
    return int(text)
