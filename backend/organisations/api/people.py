"""People, their roles and credentials."""

from typing import Any
from uuid import UUID

from flask.views import MethodView

from backend.kernel.database import db
from backend.organisations.actions.credentials import issue_credential, move_credential
from backend.organisations.actions.people import assign_role, create_person, end_role, leave, update_person
from backend.organisations.api.blueprint import blueprint, found, if_match, keyring, reading_keys, tagged
from backend.organisations.api.reach import (
    demand_charge_of,
    demand_colleague,
    demand_may_give,
)
from backend.organisations.models import Person, RoleAssignment
from backend.organisations.reading import credentials_of, list_people, person_detail
from backend.organisations.schemas.people import (
    CredentialCreateSchema,
    CredentialListSchema,
    PeopleListSchema,
    PeopleQuerySchema,
    PeopleSearchSchema,
    PersonCreateSchema,
    PersonDetailSchema,
    PersonPatchSchema,
    RoleCreateSchema,
    RoleSchema,
)
from backend.trust.access import now, requires

Tagged = tuple[dict[str, Any], int, dict[str, str]]


@blueprint.route("/people")
class PeopleView(MethodView):
    """Staff, responders and volunteers."""

    @requires("configuration.read")
    @blueprint.arguments(PeopleQuerySchema, location="query")
    @blueprint.response(200, PeopleListSchema)
    def get(self, filters: dict[str, Any]) -> dict[str, Any]:
        """List people; names and addresses for those who may read them."""
        return list_people(db.session(), reading_keys(), filters, now=now())

    @requires("people.write")
    @blueprint.arguments(PersonCreateSchema)
    @blueprint.response(201, PersonDetailSchema)
    def post(self, described: dict[str, Any]) -> Tagged:
        """Enter a person with a first role."""
        demand_may_give(described["role"], described["organisation_id"])
        person = create_person(db.session(), keyring(), described, now=now())
        db.session.commit()
        shown, _, headers = _shown(person)
        return shown, 201, headers


@blueprint.route("/people/searches")
class PeopleSearchView(MethodView):
    """Looking for people by name."""

    @requires("people.read")
    @blueprint.arguments(PeopleSearchSchema)
    @blueprint.response(200, PeopleListSchema)
    def post(self, asked: dict[str, Any]) -> dict[str, Any]:
        """Find people by a part of a name or address; both are sealed, so each is opened to be looked at."""
        return list_people(db.session(), reading_keys(), asked, now=now())


@blueprint.route("/people/<uuid:person_id>")
class PersonView(MethodView):
    """One person."""

    @requires("configuration.read")
    @blueprint.response(200, PersonDetailSchema)
    def get(self, person_id: UUID) -> Tagged:
        """One person with roles and credentials."""
        return _shown(found(db.session(), Person, person_id))

    @requires("people.write")
    @blueprint.arguments(PersonPatchSchema)
    @blueprint.response(200, PersonDetailSchema)
    def patch(self, changes: dict[str, Any], person_id: UUID) -> Tagged:
        """Change a person's name, addresses, language or local time."""
        demand_charge_of(db.session(), person_id)
        person = update_person(db.session(), keyring(), person_id, changes, if_match=if_match(), now=now())
        db.session.commit()
        return _shown(person)


@blueprint.route("/people/<uuid:person_id>/leave")
class LeaveView(MethodView):
    """A person leaves."""

    @requires("people.write")
    @blueprint.response(200, PersonDetailSchema)
    def post(self, person_id: UUID) -> Tagged:
        """Roles, turns and duty end, and what the person answered for has new owners at once."""
        demand_charge_of(db.session(), person_id)
        person = leave(db.session(), person_id, if_match=if_match(), now=now())
        db.session.commit()
        return _shown(person)


@blueprint.route("/people/<uuid:person_id>/roles")
class RolesView(MethodView):
    """Roles of a person."""

    @requires("people.write")
    @blueprint.arguments(RoleCreateSchema)
    @blueprint.response(201, RoleSchema)
    def post(self, given: dict[str, Any], person_id: UUID) -> RoleAssignment:
        """Give a role in a body, everywhere or in one area."""
        demand_may_give(given["role"], given["organisation_id"])
        role = assign_role(db.session(), person_id, **given, now=now())
        db.session.commit()
        return role


@blueprint.route("/people/<uuid:person_id>/roles/<uuid:role_id>/end")
class RoleEndView(MethodView):
    """The end of a role."""

    @requires("people.write")
    @blueprint.response(200, RoleSchema)
    def post(self, person_id: UUID, role_id: UUID) -> RoleAssignment:
        """End a role now."""
        held = found(db.session(), RoleAssignment, role_id)
        demand_may_give(held.role, held.org_id)
        role = end_role(db.session(), person_id, role_id, now=now())
        db.session.commit()
        return role


@blueprint.route("/people/<uuid:person_id>/credentials")
class CredentialsView(MethodView):
    """Credentials of a person."""

    @requires("configuration.read")
    @blueprint.response(200, CredentialListSchema)
    def get(self, person_id: UUID) -> dict[str, Any]:
        """A person's credentials, and what each proves now."""
        return {"items": credentials_of(db.session(), person_id, now=now())}

    @requires("people.write")
    @blueprint.arguments(CredentialCreateSchema)
    @blueprint.response(201, CredentialListSchema)
    def post(self, issued: dict[str, Any], person_id: UUID) -> dict[str, Any]:
        """Certify a person, who is not oneself; answer with all credentials."""
        demand_colleague(db.session(), person_id)
        at = now()
        terms = {"type_": issued["type"], "level": issued["level"], "valid_to": issued["valid_to"]}
        issue_credential(db.session(), person_id, **terms, now=at)
        db.session.commit()
        return {"items": credentials_of(db.session(), person_id, now=at)}


@blueprint.route("/people/<uuid:person_id>/credentials/<uuid:credential_id>/<any(suspend, revoke, restore):act>")
class CredentialMoveView(MethodView):
    """Taking a credential away and giving it back."""

    @requires("people.write")
    @blueprint.response(200, CredentialListSchema)
    def post(self, person_id: UUID, credential_id: UUID, act: str) -> dict[str, Any]:
        """Suspend, revoke or restore; tasks that need a lost credential go back at once."""
        demand_colleague(db.session(), person_id)
        at = now()
        move_credential(db.session(), person_id, credential_id, act, now=at)
        db.session.commit()
        return {"items": credentials_of(db.session(), person_id, now=at)}


def _shown(person: Person) -> Tagged:
    return tagged(person, person_detail(db.session(), reading_keys(), person.id, now=now()))
