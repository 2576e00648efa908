"""What coordinators ask of matching and get back."""

from typing import Any

from marshmallow import Schema, fields, validate

from backend.aid.matching.domains import Domain, State
from backend.aid.matching.facts import Safeguard
from backend.aid.rules import Side
from backend.intake.schemas import CATEGORY
from backend.intake.wishes import WhenSchema
from backend.kernel.pages import PAGE_SIZE, PAGE_SIZE_MOST
from backend.kernel.schemas import PlainText, Truth, WholeNumber

SIDES = validate.OneOf([side.value for side in Side])
CONFIRMED_MOST = 200


class BoardFilterSchema(Schema):
    """What the coordinators' board is narrowed to."""

    direction = fields.String(validate=SIDES)
    need = fields.String(validate=CATEGORY)
    area = WholeNumber(least=1)
    waiting_h = WholeNumber(least=0, most=100_000, metadata={"description": "waiting for at least so many hours"})
    on_board = fields.Boolean(metadata={"description": "shown to neighbours, or to coordinators alone"})
    alone = fields.Boolean(load_default=False, metadata={"description": "only without a match that is open"})


class BoardQuerySchema(BoardFilterSchema):
    """The same by pages."""

    cursor = PlainText(most=500)
    limit = WholeNumber(least=1, most=PAGE_SIZE_MOST, load_default=PAGE_SIZE)


class ListedIncidentSchema(Schema):
    """The incident of a listing."""

    id = fields.UUID(required=True)
    number = fields.Integer(required=True)
    grade = fields.Integer(required=True)


class CoordinatedListingSchema(Schema):
    """A request or an offer as coordinators see it: codes and times. ``held``: a person has to look first."""

    id = fields.UUID(required=True)
    direction = fields.String(required=True, validate=SIDES)
    need = fields.String(required=True, allow_none=True)
    incident = fields.Nested(ListedIncidentSchema, required=True)
    area_id = fields.Integer(required=True, allow_none=True)
    on_board = fields.Boolean(required=True)
    kept_off = fields.String(required=True, allow_none=True)
    when = fields.Dict(required=True, allow_none=True)
    says = fields.Dict(required=True)
    language = fields.String(required=True)
    for_another = fields.Boolean(required=True)
    organisation_id = fields.UUID(required=True, allow_none=True)
    safeguards = fields.List(fields.String(validate=validate.OneOf([one.value for one in Safeguard])), required=True)
    held = fields.Boolean(required=True)
    waiting_since = fields.DateTime(required=True, format="iso")
    expires_at = fields.DateTime(required=True, format="iso")
    pending = fields.Integer(required=True, allow_none=True)


class CoordinatedBoardSchema(Schema):
    """A page of the board."""

    items = fields.List(fields.Nested(CoordinatedListingSchema), required=True)
    next_cursor = fields.String(required=True, allow_none=True)


class SaidSchema(Schema):
    """A code and its words in the reader's language."""

    code = fields.String(required=True)
    words = fields.String(required=True)


class CountedSchema(SaidSchema):
    """How many a reason concerns."""

    count = fields.Integer(required=True)


class SuggestedSchema(Schema):
    """A pair that fits. ``score`` from 0 to 1 orders suggestions; ``parts`` is what it is made of."""

    listing = fields.Nested(CoordinatedListingSchema, required=True)
    score = fields.Float(required=True)
    parts = fields.Dict(keys=fields.String(), values=fields.Float(), required=True)
    reasons = fields.List(fields.Nested(SaidSchema), required=True)
    metres = fields.Integer(required=True, allow_none=True)


class MisfitSchema(Schema):
    """A pair that does not fit, and everything that speaks against it."""

    listing = fields.Nested(CoordinatedListingSchema, required=True)
    why_not = fields.List(fields.Nested(SaidSchema), required=True)
    metres = fields.Integer(required=True, allow_none=True)


class SuggestionsSchema(Schema):
    """The best for one listing, others that do not fit, and how many each reason bars."""

    listing = fields.Nested(CoordinatedListingSchema, required=True)
    best = fields.List(fields.Nested(SuggestedSchema), required=True)
    others = fields.List(fields.Nested(MisfitSchema), required=True)
    barred = fields.List(fields.Nested(CountedSchema), required=True)


class PairSchema(Schema):
    """A request and an offer, by the ids of their listings."""

    request = fields.UUID(required=True)
    offer = fields.UUID(required=True)


class ProposedSchema(Schema):
    """A match that was proposed to both sides."""

    id = fields.UUID(required=True)
    state = fields.String(required=True)
    proposed_at = fields.DateTime(required=True, format="iso")


class PlanFilterSchema(Schema):
    """For what to plan."""

    need = fields.String(validate=CATEGORY)
    area = WholeNumber(least=1)
    waiting_h = WholeNumber(least=0, most=100_000)
    alone = Truth(load_default=False, metadata={"description": "only offers without a match that is open"})


class PlannedPairSchema(SuggestedSchema):
    """A pair of a plan: ``listing`` is the offer."""

    request = fields.Nested(CoordinatedListingSchema, required=True)


class LeftOpenSchema(Schema):
    """A request that stays open, and what bars the offers of its need; nothing where there is none or all are used."""

    listing = fields.Nested(CoordinatedListingSchema, required=True)
    barred = fields.List(fields.Nested(CountedSchema), required=True)


class PlanSchema(Schema):
    """A plan to look at. Nothing is written. ``more``: requests beyond what one plan takes in are left for the next."""

    pairs = fields.List(fields.Nested(PlannedPairSchema), required=True)
    open = fields.List(fields.Nested(LeftOpenSchema), required=True)
    more = fields.Boolean(required=True)


class ConfirmSchema(Schema):
    """The pairs of a plan that a person has chosen."""

    pairs = fields.List(fields.Nested(PairSchema), required=True, validate=validate.Length(1, CONFIRMED_MOST))


class ConfirmedPairSchema(PairSchema):
    """What came of a pair: its match, or why not."""

    match = fields.Nested(ProposedSchema, required=True, allow_none=True)
    problem = fields.Dict(required=True, allow_none=True)


class ConfirmedSchema(Schema):
    """What came of each pair, in the order in which they were sent."""

    pairs = fields.List(fields.Nested(ConfirmedPairSchema), required=True)


class AreaQuerySchema(Schema):
    """A place."""

    area = WholeNumber(least=1)


class GapCellSchema(Schema):
    """One need domain in one area. Counts from 1 to 4 are null; ``state`` is told all the same."""

    domain = fields.String(required=True, validate=validate.OneOf([one.value for one in Domain]))
    label = fields.String(required=True)
    state = fields.String(required=True, validate=validate.OneOf([one.value for one in State]))
    words = fields.String(required=True)
    open = fields.Integer(required=True, allow_none=True)
    asked = fields.Integer(required=True, allow_none=True)
    offered = fields.Integer(required=True, allow_none=True)
    oldest = fields.DateTime(required=True, allow_none=True, format="iso")


class GapRowSchema(Schema):
    """An area with its eight domains."""

    area_id = fields.Integer(required=True)
    label = fields.String(required=True)
    domains = fields.List(fields.Nested(GapCellSchema), required=True)


class GapsSchema(Schema):
    """Needs and help by domain and area. ``least``: counts below it are hidden."""

    least = fields.Integer(required=True)
    rows = fields.List(fields.Nested(GapRowSchema), required=True)


class NoticeLineSchema(Schema):
    """A line of the printed board."""

    direction = fields.String(required=True, validate=SIDES)
    need = fields.String(required=True)
    when = fields.Nested(WhenSchema, required=True, allow_none=True)
    says = fields.Dict(required=True)
    area = fields.String(required=True, allow_none=True)
    language = fields.String(required=True)
    listed_at = fields.DateTime(required=True, format="iso")


class NoticeboardSchema(Schema):
    """The lines of the printed board, requests before offers."""

    items = fields.List(fields.Nested(NoticeLineSchema), required=True)
    printed_at = fields.DateTime(required=True, format="iso")


class AidFileSchema(Schema):
    """The file of an import."""

    file = fields.Raw(required=True, metadata={"type": "string", "format": "binary"})


class AidFileOptionsSchema(Schema):
    """What to do with the file."""

    dry_run = fields.Boolean(load_default=False, metadata={"description": "only say whether it can be taken"})


class ImportedSchema(Schema):
    """What an import brought. ``fresh``: rows that were not taken before."""

    rows = fields.Integer(required=True)
    fresh = fields.Integer(required=True)
    dry_run = fields.Boolean(required=True)


AID_FILE_FORM: dict[str, Any] = {
    "type": "object",
    "required": ["file"],
    "properties": {
        "file": {"type": "string", "format": "binary", "description": "CSV in UTF-8"},
        "dry_run": {"type": "boolean", "default": False, "description": "only say whether it can be taken"},
    },
}
