"""Lists of everybody's credentials as clients ask for and see them."""

from marshmallow import Schema, fields, validate

from backend.organisations.models import CREDENTIAL_STATES
from backend.organisations.schemas.parts import CODE, PageQuerySchema, one_of
from backend.organisations.schemas.people import CredentialSchema


class CredentialsQuerySchema(PageQuerySchema):
    """Filters of the list of credentials."""

    within_days = fields.Integer(
        validate=validate.Range(0, 3660), metadata={"description": "those that end within so many days, or ended"}
    )
    organisation = fields.UUID(metadata={"description": "of people who have a role there now"})
    type = fields.String(validate=CODE)
    state = one_of(CREDENTIAL_STATES)


class HeldCredentialSchema(CredentialSchema):
    """A credential with its holder; ``days_left`` is negative when its time is over."""

    person_id = fields.UUID()
    name = fields.String(allow_none=True, metadata={"description": "for those who may read names"})
    organisation_ids = fields.List(fields.UUID())
    days_left = fields.Integer()


class ExpiringSchema(Schema):
    """How many credentials of a body's people are over, and how many end within 30 days."""

    organisation_id = fields.UUID()
    name = fields.String()
    names = fields.Dict(keys=fields.String(), values=fields.String())
    over = fields.Integer()
    soon = fields.Integer()


class HeldCredentialListSchema(Schema):
    """A page of credentials, the first to end first; ``by_body`` counts all that are over or end within 30 days."""

    items = fields.List(fields.Nested(HeldCredentialSchema))
    by_body = fields.List(fields.Nested(ExpiringSchema))
    next_cursor = fields.String(allow_none=True)
