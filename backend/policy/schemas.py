"""Categories, layers and rules as clients send and see them."""

from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from backend.kernel.pages import PAGE_SIZE, PAGE_SIZE_MOST
from backend.kernel.schemas import Moment, Number, PlainText, Truth, WholeNumber
from backend.policy.facts import CHANNELS, DENSITIES, GRADES, KINDS, VOICES
from backend.policy.markers import marker_codes
from backend.policy.uploads import CHARACTERS_MOST

DAYS_MOST = 366
COUNT_MOST = 1_000_000


class BilingualSchema(Schema):
    """A text in English and Chinese."""

    en = fields.String()
    zh = fields.String()


class GoalTemplateSchema(Schema):
    """What has to be reached before closing."""

    key = fields.String()
    kind = fields.String()
    text = fields.Nested(BilingualSchema)


class CategorySchema(Schema):
    """One category as it ships; layers change grade, targets and permissions, see ``/policy/rules``."""

    code = fields.String()
    kind = fields.String()
    label = fields.Nested(BilingualSchema)
    plain = fields.Nested(BilingualSchema, metadata={"description": "in words for age 9 to 11"})
    grade = fields.String()
    grade_floor = fields.Boolean(metadata={"description": "whether places may not make it less urgent"})
    lead = fields.String()
    parallel = fields.List(fields.String())
    fallback = fields.List(fields.String())
    contact_s = fields.Integer(allow_none=True)
    action_s = fields.Integer(allow_none=True)
    compartment = fields.String()
    private = fields.Boolean()
    duty = fields.Boolean()
    divert = fields.Boolean()
    volunteers_allowed = fields.Boolean()
    auto_route_allowed = fields.Boolean()
    goals = fields.List(fields.Nested(GoalTemplateSchema))


class CategoryListSchema(Schema):
    """All categories."""

    items = fields.List(fields.Nested(CategorySchema))


class LayerRuleSchema(Schema):
    """A version of a rule in a layer."""

    code = fields.String()
    version = fields.Integer()
    lock = fields.String()
    title = fields.Nested(BilingualSchema)
    owner = fields.String(allow_none=True)
    effective_from = Moment(allow_none=True)
    effective_to = Moment(allow_none=True)


class LayerSchema(Schema):
    """The rules of one area, or of everywhere; ``id`` is null for what ships with the product."""

    id = fields.Integer(allow_none=True)
    area_id = fields.Integer(allow_none=True)
    name = fields.String()
    depth = fields.Integer(metadata={"description": "0 is the product's own; deeper layers cover smaller places"})
    rules = fields.List(fields.Nested(LayerRuleSchema))


class LayerQuerySchema(Schema):
    """A page of the list."""

    limit = fields.Integer(load_default=PAGE_SIZE, validate=validate.Range(1, PAGE_SIZE_MOST))
    cursor = PlainText(most=200)


class LayerListSchema(Schema):
    """What ships, and a page of the layers that were added."""

    product = fields.Nested(LayerSchema)
    items = fields.List(fields.Nested(LayerSchema))
    next_cursor = fields.String(allow_none=True)


class LayerDetailSchema(LayerSchema):
    """A layer with the document that makes it; an import of that document changes nothing."""

    document = fields.String(metadata={"description": "YAML"})


class RulesQuerySchema(Schema):
    """Whose rules: of an area (none: outside every area), for one category, at a time."""

    area = WholeNumber()
    category = PlainText(most=20)
    at = Moment()


class ClauseSchema(Schema):
    """When a condition holds, these effects follow."""

    id = fields.String()
    when = fields.String()
    because = fields.Nested(BilingualSchema)
    then = fields.Dict()
    lock = fields.String()


class RuleSchema(Schema):
    """A rule that holds, and which layer's word it is."""

    id = fields.String()
    version = fields.Integer()
    layer = fields.String()
    area_id = fields.Integer(allow_none=True)
    lock = fields.String()
    basis = fields.String()
    title = fields.Nested(BilingualSchema)
    explanation = fields.Nested(BilingualSchema)
    driven_by = fields.List(fields.String())
    categories = fields.List(fields.String())
    clauses = fields.List(fields.Nested(ClauseSchema))


class LinkInChainSchema(Schema):
    """One layer's word on a value; ``held`` is false where a floor or ceiling above kept it from standing."""

    rule = fields.String()
    version = fields.Integer()
    layer = fields.String()
    level = fields.String()
    area_id = fields.Integer(allow_none=True)
    depth = fields.Integer()
    lock = fields.String()
    value = fields.Raw()
    held = fields.Boolean()


class ValueSchema(Schema):
    """A value that holds, and the chain of layers that produced it, widest first."""

    name = fields.String()
    value = fields.Raw()
    unit = fields.String()
    tighter = fields.String()
    label = fields.Nested(BilingualSchema)
    shown = fields.Nested(BilingualSchema)
    chain = fields.List(fields.Nested(LinkInChainSchema))


class EffectiveSchema(Schema):
    """What holds at a place."""

    area_id = fields.Integer(allow_none=True)
    country = fields.String()
    version = fields.String(metadata={"description": "fingerprint, stored with every decision"})
    layers = fields.List(fields.String(), metadata={"description": "names, widest first"})
    rules = fields.List(fields.Nested(RuleSchema))
    values = fields.List(fields.Nested(ValueSchema))


class FactsSchema(Schema):
    """A made-up report, as rules know one. What is left out has its plain value."""

    kind = fields.String(required=True, validate=validate.OneOf(KINDS))
    category = PlainText(most=20)
    suggested_grade = fields.String(validate=validate.OneOf(GRADES))
    danger_now = Truth()
    voice = fields.String(validate=validate.OneOf(VOICES))
    anonymous = Truth()
    language = PlainText(most=40)
    channel = fields.String(validate=validate.OneOf(CHANNELS))
    has_text = Truth()
    has_place = Truth()
    photo_count = WholeNumber(most=COUNT_MOST, strict=True)
    people_count = WholeNumber(most=COUNT_MOST, strict=True)
    flags = fields.List(
        fields.String(validate=validate.OneOf(sorted(marker_codes()))),
        validate=validate.Length(max=len(marker_codes())),
    )
    hour_local = WholeNumber(most=23, strict=True)
    weekday_local = WholeNumber(least=1, most=7, strict=True)
    density = fields.String(validate=validate.OneOf(DENSITIES))
    repeat_30d = WholeNumber(most=COUNT_MOST, strict=True)
    reports_24h_same_source = WholeNumber(most=COUNT_MOST, strict=True)
    same_source_place_10d = WholeNumber(most=COUNT_MOST, strict=True)


class EvaluateSchema(Schema):
    """A made-up report and where and when it is made."""

    facts = fields.Nested(FactsSchema, required=True)
    area = WholeNumber(strict=True)
    lat = Number(validate=validate.Range(-90, 90))
    lon = Number(validate=validate.Range(-180, 180))
    at = Moment(metadata={"description": "left out: now"})

    @validates_schema(skip_on_field_errors=True)
    def names_one_place(self, data: dict[str, Any], **_: Any) -> None:
        """Coordinates come in pairs, and instead of an area."""
        if ("lat" in data) != ("lon" in data):
            raise ValidationError("lat and lon belong together", "lon" if "lat" in data else "lat")
        if "area" in data and "lat" in data:
            raise ValidationError("Name an area or coordinates, not both.", "area")


class EvaluatedSchema(Schema):
    """What the rules make of it. Nothing was written."""

    decision = fields.Dict(metadata={"description": "the decision with its inputs and its trace"})
    words = fields.List(fields.String(), metadata={"description": "the decision and each step, in plain words"})
    area_ids = fields.List(fields.Integer(), metadata={"description": "the areas whose layers held, widest first"})


class DocumentSchema(Schema):
    """A layer of rules as YAML: ``layer: {area, name}``, ``rules: {id: body}``."""

    document = PlainText(most=CHARACTERS_MOST, least=1, required=True)


class SimulateSchema(DocumentSchema):
    """A layer to be tried on past reports."""

    days = WholeNumber(least=1, most=DAYS_MOST, strict=True, load_default=30)


class FindingSchema(Schema):
    """What is wrong, or worth knowing; a blocking one keeps the layer from being taken."""

    kind = fields.String()
    blocking = fields.Boolean()
    severity = fields.String(validate=validate.OneOf(["blocks", "warns"]))
    place = fields.Dict(metadata={"description": "rule, and where known clause and position in its condition"})
    rules = fields.List(fields.String())
    layer = fields.String()
    message = fields.Nested(BilingualSchema)
    because = fields.String()
    details = fields.Dict()


class LintedSchema(Schema):
    """What was found, and whether the layer could be taken."""

    layer = fields.String()
    area_id = fields.Integer(allow_none=True)
    rules = fields.Integer()
    can_be_taken = fields.Boolean()
    findings = fields.List(fields.Nested(FindingSchema))


class StepSchema(Schema):
    """One line of a trace."""

    rule = fields.String()
    clause = fields.String()
    version = fields.Integer()
    layer = fields.String()
    lock = fields.String()
    result = fields.String()
    why = fields.Nested(BilingualSchema)


class DifferenceSchema(Schema):
    """An incident that would have been handled otherwise, and the rules that make the difference."""

    incident_id = fields.UUID()
    number = fields.Integer()
    at = fields.String(metadata={"format": "date-time"})
    changed = fields.List(fields.String())
    before = fields.Dict()
    after = fields.Dict()
    rules = fields.List(fields.Nested(StepSchema))


class SimulationSchema(Schema):
    """The outcome. ``left_out`` lie behind the newest 2,000; ``unreadable`` these rules no longer understand."""

    considered = fields.Integer()
    left_out = fields.Integer()
    unreadable = fields.Integer()
    changed = fields.Integer()
    counts = fields.Dict(keys=fields.String(), values=fields.Integer())
    differences = fields.List(fields.Nested(DifferenceSchema))
    findings = fields.List(fields.Nested(FindingSchema))
