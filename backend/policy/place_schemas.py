"""What a place inherits, the history of a rule, and what people override, as clients see it."""

from marshmallow import Schema, fields, validate

from backend.kernel.pages import PAGE_SIZE, PAGE_SIZE_MOST
from backend.kernel.schemas import Moment, PlainText, WholeNumber
from backend.policy.schemas import DAYS_MOST, BilingualSchema, ClauseSchema, LinkInChainSchema

STATUS = ["inherited", "overridden", "own", "held_back"]


class PlaceQuerySchema(Schema):
    """Which place; left out or 0: everywhere."""

    area = WholeNumber()
    at = Moment(metadata={"description": "left out: now"})


class ShownLinkSchema(LinkInChainSchema):
    """One layer's word on a value, as people read it."""

    shown = fields.Nested(BilingualSchema)


class PlaceValueSchema(Schema):
    """A value at a place. ``may``: what this place may do with it: change, tighten, loosen, nothing."""

    name = fields.String()
    label = fields.Nested(BilingualSchema)
    unit = fields.String()
    value = fields.Raw()
    shown = fields.Nested(BilingualSchema)
    tighter = fields.String()
    status = fields.String(validate=validate.OneOf(STATUS))
    comes_from = fields.Nested(ShownLinkSchema)
    locked_by = fields.Nested(ShownLinkSchema, allow_none=True)
    may = fields.String(validate=validate.OneOf(["change", "tighten", "loosen", "nothing"]))
    chain = fields.List(fields.Nested(ShownLinkSchema))


class LockingLayerSchema(Schema):
    """The layer whose floor keeps a rule from being replaced."""

    layer = fields.String()
    area_id = fields.Integer(allow_none=True)
    depth = fields.Integer()


class ReplacedSchema(Schema):
    """A layer above that says the rule too, with the version there."""

    layer = fields.String()
    depth = fields.Integer()
    version = fields.Integer()


class PlaceRuleSchema(Schema):
    """A rule at a place: whose word it is, what it says, and whether the place may replace it."""

    code = fields.String()
    title = fields.Nested(BilingualSchema)
    explanation = fields.Nested(BilingualSchema)
    version = fields.Integer()
    layer = fields.String()
    area_id = fields.Integer(allow_none=True)
    depth = fields.Integer()
    lock = fields.String()
    basis = fields.String()
    driven_by = fields.List(fields.String())
    categories = fields.List(fields.String())
    status = fields.String(validate=validate.OneOf(STATUS))
    own_version = fields.Integer(allow_none=True)
    replaces = fields.List(fields.Nested(ReplacedSchema))
    locked_by = fields.Nested(LockingLayerSchema, allow_none=True)
    words = fields.Dict(metadata={"description": "by language: each clause as a sentence"})
    clauses = fields.List(fields.Nested(ClauseSchema))
    tests = fields.Integer()
    values = fields.List(fields.Nested(PlaceValueSchema))


class LayerOfPlaceSchema(Schema):
    """A layer over a place; the deepest one is its own, whether or not it says anything yet."""

    name = fields.String()
    area_id = fields.Integer(allow_none=True)
    depth = fields.Integer()
    rules = fields.Integer()


class PlaceSchema(Schema):
    """What a place inherits and what it says itself."""

    area_id = fields.Integer(allow_none=True)
    depth = fields.Integer(metadata={"description": "of the place's own layer"})
    version = fields.String()
    layers = fields.List(fields.Nested(LayerOfPlaceSchema))
    rules = fields.List(fields.Nested(PlaceRuleSchema))


class HistoryQuerySchema(Schema):
    """A page of the versions of a rule, newest first; of one place where ``area`` is given (0: everywhere)."""

    area = WholeNumber()
    limit = fields.Integer(load_default=PAGE_SIZE, validate=validate.Range(1, PAGE_SIZE_MOST))
    cursor = PlainText(most=200)


class RuleVersionSchema(Schema):
    """One version of a rule in a layer."""

    layer = fields.String()
    area_id = fields.Integer(allow_none=True)
    version = fields.Integer()
    state = fields.String()
    lock = fields.String()
    owner = fields.String()
    approver = fields.String(allow_none=True)
    effective_from = Moment(allow_none=True)
    effective_to = Moment(allow_none=True)
    created_at = Moment()
    words = fields.Dict()
    body = fields.Dict()


class RuleHistorySchema(Schema):
    """The versions of a rule."""

    code = fields.String()
    shipped = fields.Dict(allow_none=True, metadata={"description": "the rule as it ships, where it does"})
    items = fields.List(fields.Nested(RuleVersionSchema))
    next_cursor = fields.String(allow_none=True)


class OverridesQuerySchema(Schema):
    """How far back to look, and where."""

    days = WholeNumber(least=1, most=DAYS_MOST, load_default=30)
    area = WholeNumber()


class OverriddenIncidentSchema(Schema):
    """An incident in which people decided otherwise."""

    id = fields.UUID()
    number = fields.Integer()


class OverriddenRuleSchema(Schema):
    """A rule that people decided otherwise than; counts under five are null."""

    rule = fields.String()
    version = fields.Integer()
    layer = fields.String()
    kind = fields.String(validate=validate.OneOf(["grade", "route"]))
    decided = fields.Integer(metadata={"description": "how often the rule settled it"})
    overridden = fields.Integer()
    share_percent = fields.Integer()
    may_be_wrong = fields.Boolean(metadata={"description": "a fifth or more was decided otherwise"})
    regraded = fields.Integer(allow_none=True)
    rerouted = fields.Integer(allow_none=True)
    declined = fields.Integer(allow_none=True)
    incidents = fields.List(
        fields.Nested(OverriddenIncidentSchema), metadata={"description": "at most 20, for those who may read them"}
    )


class OverridesSchema(Schema):
    """Rules by the share that people changed; rules with fewer than ``hidden_under`` such reports are left out."""

    considered = fields.Integer()
    hidden_under = fields.Integer()
    items = fields.List(fields.Nested(OverriddenRuleSchema))
