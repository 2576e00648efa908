"""Everybody's credentials, and lists as files for a spreadsheet."""

from collections.abc import Iterable, Sequence
from typing import Any

from flask import Response
from flask.views import MethodView

from backend.kernel.database import db
from backend.kernel.sheets import CSV, csv_answer
from backend.organisations import exports
from backend.organisations.api.blueprint import blueprint, reading_keys
from backend.organisations.credential_lists import expiring_by_body, list_credentials
from backend.organisations.schemas.bodies import MandateQuerySchema, OrganisationQuerySchema
from backend.organisations.schemas.credentials import CredentialsQuerySchema, HeldCredentialListSchema
from backend.organisations.schemas.people import PeopleQuerySchema
from backend.trust.access import me, now, requires


@blueprint.route("/credentials")
class AllCredentialsView(MethodView):
    """Credentials of everybody."""

    @requires("configuration.read")
    @blueprint.arguments(CredentialsQuerySchema, location="query")
    @blueprint.response(200, HeldCredentialListSchema)
    def get(self, filters: dict[str, Any]) -> dict[str, Any]:
        """List credentials, the first to end first, with how many end soon by body."""
        session, at = db.session(), now()
        page = list_credentials(session, reading_keys(), filters, now=at)
        return page | {"by_body": expiring_by_body(session, now=at)}


@blueprint.route("/credentials.csv")
class CredentialsFileView(MethodView):
    """Credentials as a file."""

    @requires("people.write")
    @blueprint.arguments(CredentialsQuerySchema, location="query")
    @blueprint.response(200, content_type=CSV)
    def get(self, filters: dict[str, Any]) -> Response:
        """Every credential that fits, as CSV; taking it is recorded."""
        rows = exports.credential_rows(db.session(), reading_keys(), filters, now=now())
        return _file("credentials", exports.CREDENTIALS, rows)


@blueprint.route("/people.csv")
class PeopleFileView(MethodView):
    """People as a file."""

    @requires("people.write")
    @blueprint.arguments(PeopleQuerySchema, location="query")
    @blueprint.response(200, content_type=CSV)
    def get(self, filters: dict[str, Any]) -> Response:
        """Everybody who fits, as CSV; taking it is recorded."""
        return _file("people", exports.PEOPLE, exports.people_rows(db.session(), reading_keys(), filters, now=now()))


@blueprint.route("/organisations.csv")
class OrganisationsFileView(MethodView):
    """Bodies as a file."""

    @requires("configuration.read")
    @blueprint.arguments(OrganisationQuerySchema, location="query")
    @blueprint.response(200, content_type=CSV)
    def get(self, filters: dict[str, Any]) -> Response:
        """Every body that fits, as CSV; taking it is recorded."""
        return _file(
            "organisations", exports.ORGANISATIONS, exports.organisation_rows(db.session(), filters, now=now())
        )


@blueprint.route("/mandates.csv")
class MandatesFileView(MethodView):
    """Mandates as a file."""

    @requires("configuration.read")
    @blueprint.arguments(MandateQuerySchema, location="query")
    @blueprint.response(200, content_type=CSV)
    def get(self, filters: dict[str, Any]) -> Response:
        """Every mandate that fits, as CSV; taking it is recorded."""
        return _file("mandates", exports.MANDATES, exports.mandate_rows(db.session(), filters))


def _file(name: str, head: Sequence[str], rows: Iterable[Sequence[object]]) -> Response:
    held = list(rows)
    exports.note_export(db.session(), name, len(held), by=me().person_id, now=now())
    db.session.commit()
    return csv_answer(f"linli-{name}", head, held)
