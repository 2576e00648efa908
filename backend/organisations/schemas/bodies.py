"""Bodies, mandates and desks as clients send and see them."""

from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from backend.kernel.languages import LANGUAGES
from backend.kernel.schemas import Mail, Moment, Number, Pattern, PlainText, Truth
from backend.organisations.models import (
    DESK_KINDS,
    DESK_WAYS,
    KINDS,
    MANDATE_ROLES,
    MANDATE_STATES,
    METHODS,
    NEUTRALITIES,
    ORGANISATION_STATES,
    PHASES,
    RESOURCE_MODES,
)
from backend.organisations.rules.bodies import ROUTE_PATTERN
from backend.organisations.rules.closing import Part
from backend.organisations.schemas.parts import AreaRef, ChosenSchema, Names, PageQuerySchema, codes_of, one_of

CATEGORY = Pattern(r"^[A-Z]{2,5}[0-9]{2}[A-Z0-9-]{0,20}$")

# Bodies


class OrganisationQuerySchema(PageQuerySchema):
    """Filters of the register."""

    kind = one_of(KINDS)
    status = one_of(ORGANISATION_STATES)
    q = PlainText(most=100, metadata={"description": "part of a name in any language"})


class OrganisationPatchSchema(ChosenSchema):
    """A body's profile: its kind and the four properties purpose, neutrality, resources and methods."""

    ways = codes_of(DESK_WAYS, allow_none=True, metadata={"description": "by which its desks' own addresses are told"})
    language = one_of(LANGUAGES, allow_none=True)
    kind = one_of(KINDS)
    name = PlainText(most=200, least=1)
    names = Names()
    parent_id = fields.UUID(allow_none=True)
    purpose = PlainText(most=2000, least=1)
    neutrality = one_of(NEUTRALITIES)
    neutrality_note = PlainText(most=2000)
    resource_modes = codes_of(RESOURCE_MODES)
    methods = codes_of(METHODS)
    status = one_of(ORGANISATION_STATES)
    assured_on = Moment(
        allow_none=True, metadata={"description": "when somebody of another body confirmed the profile"}
    )


class OrganisationCreateSchema(OrganisationPatchSchema):
    """A body to be entered."""

    kind = one_of(KINDS, required=True)
    name = PlainText(most=200, least=1, required=True)
    purpose = PlainText(most=2000, least=1, required=True)
    neutrality = one_of(NEUTRALITIES, required=True)
    resource_modes = codes_of(RESOURCE_MODES, required=True)
    methods = codes_of(METHODS, required=True)
    status = one_of(("invited", "active"))


class OrganisationSchema(OrganisationPatchSchema):
    """A body with its profile and how fresh that is."""

    id = fields.UUID()
    assured_by = fields.String(allow_none=True)
    is_stale = fields.Boolean(metadata={"description": "not assured within the last 12 months"})
    created_at = Moment()


class OrganisationListSchema(Schema):
    """A page of bodies by name."""

    items = fields.List(fields.Nested(OrganisationSchema))
    next_cursor = fields.String(allow_none=True)


class GapSchema(Schema):
    """Something that nobody, or only one body, answers for."""

    kind = one_of(("lead_missing", "last_desk_empty", "lead_without_deputy", "profile_stale"))
    organisation_id = fields.UUID()
    mandate_id = fields.UUID(allow_none=True)
    desk_id = fields.UUID(allow_none=True)
    text = fields.Dict(keys=fields.String(), values=fields.String())


class GapListSchema(Schema):
    """The gap board."""

    items = fields.List(fields.Nested(GapSchema))


# Mandates


class CapacitySchema(Schema):
    """What a body can give; no figure may be 0."""

    people = Number(validate=validate.Range(0, 1_000_000))
    hours = Number(validate=validate.Range(0, 168), metadata={"description": "hours a week"})
    target_min = Number(validate=validate.Range(0, 1_000_000), metadata={"description": "minutes to action"})


class MandateQuerySchema(PageQuerySchema):
    """Filters of the matrix of rights and obligations."""

    organisation = fields.UUID()
    area = AreaRef(strict=False)
    category = PlainText(most=30)
    route = PlainText(most=40)
    role = one_of(MANDATE_ROLES)
    state = one_of(MANDATE_STATES)


class MandateCreateSchema(Schema):
    """A mandate to be proposed. No category: all that the route carries; no area: everywhere."""

    org_id = fields.UUID(required=True, data_key="organisation_id")
    deputy_org_id = fields.UUID(allow_none=True, data_key="deputy_organisation_id")
    area_id = AreaRef(allow_none=True)
    category = PlainText(most=30, allow_none=True)
    route = PlainText(most=40, required=True)
    phase = one_of(PHASES)
    role = one_of(MANDATE_ROLES, required=True)
    rights = fields.List(PlainText(most=300, least=1), validate=validate.Length(max=50))
    obligations = fields.List(PlainText(most=300, least=1), validate=validate.Length(max=50))
    capacity = fields.Nested(CapacitySchema)
    basis = PlainText(most=2000, least=1, required=True, metadata={"description": "law, contract or charter"})
    valid_from = Moment()
    valid_to = Moment(allow_none=True)

    @validates_schema
    def check(self, data: dict[str, Any], **_: Any) -> None:
        """The route is one of ours, a category looks like one, and the time does not end before it begins."""
        for name, check in (("route", Pattern(ROUTE_PATTERN)), ("category", CATEGORY)):
            if data.get(name) is not None:
                try:
                    check(data[name])
                except ValidationError as error:
                    raise ValidationError(error.messages, name) from error
        if data.get("valid_to") and data.get("valid_from") and data["valid_to"] <= data["valid_from"]:
            raise ValidationError("ends before it begins", "valid_to")


class SignSchema(Schema):
    """The signature under a mandate."""

    signed_by = PlainText(
        most=300,
        least=1,
        metadata={"description": "document and office, where somebody of another body records it"},
    )


class MandateSchema(Schema):
    """What a body may and must do, where, for what and in which phase."""

    id = fields.UUID()
    org_id = fields.UUID(data_key="organisation_id")
    deputy_org_id = fields.UUID(allow_none=True, data_key="deputy_organisation_id")
    area_id = fields.Integer(allow_none=True)
    category = fields.String(allow_none=True)
    route = fields.String()
    phase = fields.String()
    role = fields.String()
    rights = fields.List(fields.String())
    obligations = fields.List(fields.String())
    capacity = fields.Nested(CapacitySchema)
    basis = fields.String()
    valid_from = Moment()
    valid_to = Moment(allow_none=True)
    state = one_of(MANDATE_STATES)
    accepted_by = fields.String(allow_none=True)
    accepted_at = Moment(allow_none=True)


class MandateListSchema(Schema):
    """A page of mandates."""

    items = fields.List(fields.Nested(MandateSchema))
    next_cursor = fields.String(allow_none=True)


# Desks


class DeskQuerySchema(PageQuerySchema):
    """Filters of the list of open desks."""

    organisation = fields.UUID()
    area = AreaRef(strict=False)
    kind = one_of(DESK_KINDS)
    q = PlainText(most=100, metadata={"description": "part of a name in any language"})
    closed = fields.Boolean(load_default=False, metadata={"description": "those that were closed, instead"})


class DeskPatchSchema(Schema):
    """What may change about a desk."""

    name = PlainText(most=200, least=1)
    names = Names()
    always_staffed = Truth(metadata={"description": "somebody answers at every hour without a rota here"})
    email = Mail(allow_none=True)
    confirms_swaps = Truth(metadata={"description": "swaps of turns wait for somebody who leads the desk"})


class DeskCreateSchema(DeskPatchSchema):
    """A desk to be opened."""

    org_id = fields.UUID(required=True, data_key="organisation_id")
    area_id = AreaRef(allow_none=True)
    kind = one_of(DESK_KINDS, required=True)
    name = PlainText(most=200, least=1, required=True)


class DeskCloseSchema(Schema):
    """The end of a desk."""

    successor_id = fields.UUID(
        allow_none=True, metadata={"description": "the desk that goes on with what hangs on this one alone"}
    )


class DeskSchema(Schema):
    """A place that answers."""

    id = fields.UUID()
    org_id = fields.UUID(data_key="organisation_id")
    area_id = fields.Integer(allow_none=True)
    kind = one_of(DESK_KINDS)
    name = fields.String()
    names = fields.Dict(keys=fields.String(), values=fields.String())
    always_staffed = fields.Boolean()
    email = fields.String(allow_none=True)
    confirms_swaps = fields.Boolean()
    closed_at = Moment(allow_none=True)


class DeskListSchema(Schema):
    """A page of desks."""

    items = fields.List(fields.Nested(DeskSchema))
    next_cursor = fields.String(allow_none=True)


class DeskPartSchema(Schema):
    """Something that hangs on a desk alone."""

    code = one_of(tuple(Part))
    words = fields.Dict(keys=fields.String(), values=fields.String())


class DeskClosingSchema(Schema):
    """What closing a desk would leave undone, and the desks that could go on with it."""

    parts = fields.List(fields.Nested(DeskPartSchema))
    successors = fields.List(fields.Nested(DeskSchema))


class SheetSchema(Schema):
    """All rights and duties of a body on one sheet."""

    organisation = fields.Nested(OrganisationSchema)
    mandates = fields.List(fields.Nested(MandateSchema))
    as_deputy = fields.List(fields.Nested(MandateSchema))
    desks = fields.List(fields.Nested(DeskSchema))
    gaps = fields.List(fields.Nested(GapSchema))
