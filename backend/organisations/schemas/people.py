"""People, roles and credentials as clients send and see them."""

from marshmallow import Schema, fields

from backend.kernel.schemas import Mail, Moment, PlainText
from backend.organisations.models import CREDENTIAL_LEVELS, CREDENTIAL_STATES, ROLES
from backend.organisations.schemas.parts import CODE, AreaRef, ChosenSchema, PageQuerySchema, ZoneName, one_of


class PeopleQuerySchema(PageQuerySchema):
    """Filters of the list of people; those who left are left out unless asked for."""

    organisation = fields.UUID()
    role = one_of(ROLES)
    left = fields.Boolean(load_default=False)
    q = PlainText(
        most=100, least=1, metadata={"description": "part of a name or address, for those who may read names"}
    )


class PeopleSearchSchema(PeopleQuerySchema):
    """Whom to look for: in the body of a call, because a name is no part of an address."""

    q = PlainText(most=100, least=1, required=True, metadata={"description": "part of a name or address"})


class PersonPatchSchema(ChosenSchema):
    """What may change about a person. Name and addresses are stored sealed."""

    name = PlainText(most=200, least=1)
    email = Mail(allow_none=True)
    phone = PlainText(most=40, allow_none=True)
    timezone = ZoneName(allow_none=True)


class PersonCreateSchema(PersonPatchSchema):
    """A person to be entered, with a first role in a body."""

    name = PlainText(most=200, least=1, required=True)
    organisation_id = fields.UUID(required=True)
    role = one_of(ROLES, required=True)
    area_id = AreaRef(allow_none=True)


class AccountCreateSchema(Schema):
    """What a person will sign in with."""

    login = PlainText(most=200, least=1, required=True)
    password = PlainText(most=1000, required=True)


class RoleCreateSchema(Schema):
    """A role to be given from now on."""

    organisation_id = fields.UUID(required=True)
    role = one_of(ROLES, required=True)
    area_id = AreaRef(allow_none=True)
    until = Moment(allow_none=True)


class RoleSchema(Schema):
    """A role in a body, everywhere or in one area."""

    id = fields.UUID()
    org_id = fields.UUID(data_key="organisation_id")
    area_id = fields.Integer(allow_none=True)
    role = one_of(ROLES)
    since = Moment()
    until = Moment(allow_none=True)


class CredentialCreateSchema(Schema):
    """A competence to be certified until a day."""

    type = fields.String(required=True, validate=CODE)
    level = one_of(CREDENTIAL_LEVELS, required=True)
    valid_to = Moment(required=True)


class CredentialSchema(Schema):
    """A proven competence, and what it proves now."""

    id = fields.UUID()
    type = fields.String()
    level = one_of(CREDENTIAL_LEVELS)
    issued_by = fields.String()
    valid_to = Moment()
    state = one_of(CREDENTIAL_STATES)
    proves = fields.String(allow_none=True, metadata={"description": "level that counts now; null: it proves nothing"})


class CredentialListSchema(Schema):
    """A person's credentials."""

    items = fields.List(fields.Nested(CredentialSchema))


class PersonSchema(Schema):
    """A person with their present roles; name and addresses for those who may read them, else null."""

    id = fields.UUID()
    name = fields.String(allow_none=True)
    email = fields.String(allow_none=True)
    phone = fields.String(allow_none=True)
    language = fields.String()
    timezone = fields.String(allow_none=True)
    ways = fields.List(fields.String(), allow_none=True)
    quiet_from = fields.Time(format="%H:%M", allow_none=True)
    quiet_to = fields.Time(format="%H:%M", allow_none=True)
    email_bounced_at = Moment(allow_none=True)
    created_at = Moment()
    left_at = Moment(allow_none=True)
    roles = fields.List(fields.Nested(RoleSchema))


class PersonDetailSchema(PersonSchema):
    """A person with roles and credentials."""

    credentials = fields.List(fields.Nested(CredentialSchema))


class PeopleListSchema(Schema):
    """A page of people."""

    items = fields.List(fields.Nested(PersonSchema))
    next_cursor = fields.String(allow_none=True)
