"""What is asked of the board and told by it. Of a listing nothing but these fields ever leaves."""

from marshmallow import Schema, fields, validate

from backend.aid.models import WENT
from backend.aid.nearness import BANDS
from backend.aid.rules import Decision, Side
from backend.aid.states import State
from backend.intake.schemas import CATEGORY
from backend.intake.wishes import AMOUNT_MOST, LANGUAGE, RESOURCES, WhenSchema, WishSchema
from backend.kernel.pages import PAGE_SIZE, PAGE_SIZE_MOST
from backend.kernel.schemas import Moment, Number, PlaceSchema, PlainText, Truth, WholeNumber


class NearSchema(Schema):
    """About where somebody looks from. It is rounded to a thousandth of a degree; send it rounded."""

    lat = Number(required=True, validate=validate.Range(-90, 90))
    lon = Number(required=True, validate=validate.Range(-180, 180))


class SearchSchema(Schema):
    """A look at the board. In a body, because a place does not belong into an address that logs and histories keep."""

    near = fields.Nested(NearSchema, required=True)
    direction = fields.String(validate=validate.OneOf([side.value for side in Side]))
    need = fields.String(validate=CATEGORY)
    cursor = PlainText(most=500)
    limit = WholeNumber(least=1, most=PAGE_SIZE_MOST, load_default=PAGE_SIZE)


class WhenShownSchema(WhenSchema):
    """About when; windows as they were sent, with times of day local to the place."""

    windows = fields.List(fields.Dict())


class SaysSchema(WishSchema):
    """What a listing says in codes. What it does not say is not there; of a request nothing about a person is."""

    resource = fields.String()

    class Meta:
        """Its end is told elsewhere."""

        exclude = ("until",)


class ListingSchema(Schema):
    """One request or offer on the board. ``listed_at`` is cut to the hour, ``distance`` is never less than true."""

    id = fields.UUID(required=True)
    direction = fields.String(required=True, validate=validate.OneOf([side.value for side in Side]))
    need = fields.String(required=True)
    when = fields.Nested(WhenShownSchema, required=True, allow_none=True)
    says = fields.Nested(SaysSchema, required=True)
    language = fields.String(required=True)
    distance = fields.String(required=True, validate=validate.OneOf(BANDS))
    listed_at = fields.DateTime(required=True, format="iso")


class ListingsSchema(Schema):
    """A page of the board."""

    items = fields.List(fields.Nested(ListingSchema), required=True)
    next_cursor = fields.String(required=True, allow_none=True)


class PageSchema(Schema):
    """Which page of a list."""

    cursor = PlainText(most=500)
    limit = WholeNumber(least=1, most=PAGE_SIZE_MOST, load_default=PAGE_SIZE)


class WhereSchema(PlaceSchema):
    """Where something is: coordinates, and a landmark if it helps."""

    lat = Number(required=True, validate=validate.Range(-90, 90))
    lon = Number(required=True, validate=validate.Range(-180, 180))


class OfferSchema(WishSchema):
    """A resource that a body or a person with an account offers, with its conditions and its end."""

    client_id = fields.UUID(required=True, metadata={"description": "made by the client; the idempotency key"})
    organisation_id = fields.UUID(metadata={"description": "one of your bodies; without it you offer it yourself"})
    resource = fields.String(required=True, validate=validate.OneOf(RESOURCES))
    need = fields.String(validate=CATEGORY, metadata={"description": "the need it meets, where that is not the usual"})
    amount = Number(
        required=True,
        validate=validate.Range(
            min=0, max=AMOUNT_MOST, min_inclusive=False, error="An amount is more than 0 and at most 100,000."
        ),
    )
    until = Moment(required=True)
    when = fields.Nested(WhenSchema)
    on_board = Truth(load_default=False)
    place = fields.Nested(WhereSchema, required=True)
    language = fields.String(validate=LANGUAGE)
    text = PlainText(most=2000, metadata={"description": "for the desk; never shown to neighbours"})


class OwnOfferSchema(Schema):
    """An offer of one's body or one's own, and whether it stands."""

    id = fields.UUID(required=True)
    organisation_id = fields.UUID(required=True, allow_none=True)
    need = fields.String(required=True, allow_none=True)
    says = fields.Dict(required=True)
    when = fields.Dict(required=True, allow_none=True)
    on_board = fields.Boolean(required=True)
    offered_at = fields.DateTime(required=True, format="iso")
    until = fields.DateTime(required=True, format="iso")
    ended_at = fields.DateTime(required=True, allow_none=True, format="iso")
    ended_why = fields.String(required=True, allow_none=True)


class OwnOffersSchema(Schema):
    """A page of them."""

    items = fields.List(fields.Nested(OwnOfferSchema), required=True)
    next_cursor = fields.String(required=True, allow_none=True)


class AnswerSchema(Schema):
    """An answer to a listing. The words are shown when both have said yes."""

    listing_id = fields.UUID(required=True)
    text = PlainText(most=2000)


class StillSchema(Schema):
    """Whether it is still needed or offered."""

    still = Truth(required=True)


class RatingSchema(Schema):
    """How it went, for the person who says so; never shown to the other side and never added up."""

    went = fields.String(required=True, validate=validate.OneOf(WENT))


class DecisionSchema(Schema):
    """A coordinator's decision about a stopped match. The reason is kept sealed, for colleagues alone."""

    decision = fields.String(required=True, validate=validate.OneOf([one.value for one in Decision]))
    reason = PlainText(least=1, most=2000, required=True)


class DecidedSchema(Schema):
    """Where the match stands now."""

    id = fields.UUID(required=True)
    state = fields.String(required=True, validate=validate.OneOf([state.value for state in State]))
    moved_at = fields.DateTime(required=True, format="iso")


class WordsSchema(Schema):
    """A message to the other side."""

    text = PlainText(least=1, most=2000, required=True)
