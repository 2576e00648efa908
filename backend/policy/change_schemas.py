"""Changes of rules, conditions as sentences, and comparisons, as clients send and see them."""

from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from backend.kernel.pages import PAGE_SIZE, PAGE_SIZE_MOST
from backend.kernel.schemas import Moment, PlainText, Truth, WholeNumber
from backend.policy.changes import State
from backend.policy.models import CHANGE_KINDS
from backend.policy.schemas import BilingualSchema, DocumentSchema, FindingSchema
from backend.policy.uploads import CHARACTERS_MOST

TITLE_MOST, WHY_MOST = 200, 2000
STATES = [state.value for state in State]


class ChangeQuerySchema(Schema):
    """A page of changes, newest first."""

    limit = fields.Integer(load_default=PAGE_SIZE, validate=validate.Range(1, PAGE_SIZE_MOST))
    cursor = PlainText(most=200)
    area = WholeNumber(metadata={"description": "an area's id; 0 is everywhere"})
    state = fields.List(fields.String(validate=validate.OneOf(STATES)), validate=validate.Length(max=len(STATES)))
    open = fields.Boolean(metadata={"description": "only those that may still come to hold"})


class EditsField(fields.Dict):
    """Rule bodies by code as in a layer's document; null takes a rule away."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            keys=PlainText(least=1, most=40), values=fields.Dict(allow_none=True), validate=validate.Length(1, 100),
            metadata={"description": "rule bodies by code; null takes a rule away"}, **kwargs,
        )  # fmt: skip


class ChangeCreateSchema(Schema):
    """A draft: for a layer by its area the edits of rules, or a whole document as it is imported."""

    area = WholeNumber(strict=True, allow_none=True, metadata={"description": "left out or null: everywhere"})
    name = PlainText(least=1, most=TITLE_MOST, metadata={"description": "the layer's name"})
    title = PlainText(least=1, most=TITLE_MOST, required=True)
    why = PlainText(most=WHY_MOST, load_default="", metadata={"description": "the reason; name no person"})
    edits = EditsField()
    document = PlainText(least=1, most=CHARACTERS_MOST, metadata={"description": "YAML, instead of area and edits"})

    @validates_schema(skip_on_field_errors=True)
    def says_one_thing(self, data: dict[str, Any], **_: Any) -> None:
        """Edits and documents exclude each other."""
        if ("edits" in data) == ("document" in data):
            raise ValidationError("Send edits or a document, one of them.", "edits")
        if "document" in data and data.get("area") is not None:
            raise ValidationError("The document names the area.", "area")


class ChangePatchSchema(Schema):
    """What of a draft is to change; ``edits`` are all of its edits."""

    name = PlainText(least=1, most=TITLE_MOST)
    title = PlainText(least=1, most=TITLE_MOST)
    why = PlainText(most=WHY_MOST)
    edits = EditsField()
    rebase = Truth(metadata={"description": "build upon the rules of today, after others changed them"})


class WhySchema(Schema):
    """The reason of a step."""

    why = PlainText(most=WHY_MOST, load_default="")


class ReasonSchema(Schema):
    """A step that needs a reason."""

    why = PlainText(least=1, most=WHY_MOST, required=True)


class ApproveSchema(WhySchema):
    """An approval, and from when the change holds."""

    at = Moment(metadata={"description": "left out or past: now; at most a year ahead"})


class RollBackSchema(ReasonSchema):
    """A way back: to the change before, or to an earlier one of the same layer."""

    title = PlainText(least=1, most=TITLE_MOST, required=True)
    to = fields.UUID(metadata={"description": "the earlier change whose rules are to hold again"})


class StepOfChangeSchema(Schema):
    """Who did what with a change, when and why."""

    at = Moment()
    act = fields.String()
    from_state = fields.String(allow_none=True)
    to_state = fields.String()
    revision = fields.Integer()
    by = fields.String(metadata={"description": "person:<id>, system, or command line"})
    why = fields.String()


class ChangedValueSchema(Schema):
    """One value before and after; null where nobody says it."""

    name = fields.String()
    label = fields.Nested(BilingualSchema)
    before = fields.Raw(allow_none=True)
    after = fields.Raw(allow_none=True)
    shown = fields.Dict(metadata={"description": "by language: [before, after] as people read them"})
    direction = fields.String(validate=validate.OneOf(["stricter", "looser", "other", "same"]))
    locks = fields.List(fields.String(allow_none=True))


class ChangedFieldSchema(Schema):
    """One field of a rule before and after."""

    name = fields.String()
    before = fields.Raw(allow_none=True)
    after = fields.Raw(allow_none=True)


class RuleDiffSchema(Schema):
    """A rule that differs: in words, and value by value."""

    code = fields.String()
    kind = fields.String(validate=validate.OneOf(["added", "changed", "retired"]))
    title = fields.Nested(BilingualSchema)
    words = fields.Dict(metadata={"description": "before, after: by language the lines of the rule; null: not there"})
    says_otherwise = fields.Boolean(metadata={"description": "whether conditions or effects differ"})
    values = fields.List(fields.Nested(ChangedValueSchema))
    fields_ = fields.List(fields.Nested(ChangedFieldSchema), data_key="fields", attribute="fields")
    tests = fields.Dict(keys=fields.String(), values=fields.Integer())


class ChangeSchema(Schema):
    """A change of one layer's rules."""

    id = fields.UUID()
    area_id = fields.Integer(allow_none=True)
    kind = fields.String(validate=validate.OneOf(CHANGE_KINDS))
    state = fields.String(validate=validate.OneOf(STATES))
    title = fields.String()
    why = fields.String()
    revision = fields.Integer()
    author = fields.String()
    created_at = Moment()
    changed_at = Moment()
    approved_by = fields.String(allow_none=True)
    due_at = Moment(allow_none=True)
    effective_at = Moment(allow_none=True)
    ended_at = Moment(allow_none=True)
    restores_id = fields.UUID(allow_none=True)
    before_id = fields.UUID(allow_none=True)
    allowed = fields.List(fields.String(), metadata={"description": "the acts that its state allows"})


class ChangeListSchema(Schema):
    """A page of changes."""

    items = fields.List(fields.Nested(ChangeSchema))
    next_cursor = fields.String(allow_none=True)


class ChangeDetailSchema(ChangeSchema):
    """A change with its words, what it changes, and its history."""

    name = fields.String()
    edits = fields.Dict()
    moved_on = fields.List(fields.String(), metadata={"description": "rules that others changed meanwhile"})
    diff = fields.List(fields.Nested(RuleDiffSchema))
    document = fields.String(metadata={"description": "YAML of the layer as it would be, or was"})
    steps = fields.List(fields.Nested(StepOfChangeSchema))


class ExampleSchema(Schema):
    """One of a rule's own examples, tried."""

    rule = fields.String()
    name = fields.String()
    event = fields.String()
    facts = fields.Dict()
    moment = fields.Dict()
    expected = fields.Dict()
    found = fields.Dict(allow_none=True)
    met = fields.Boolean()
    words = fields.Nested(BilingualSchema, metadata={"description": "what it gives, in words"})


class LintedChangeSchema(Schema):
    """What was found in a draft, and every example of its rules tried."""

    change = fields.Nested(ChangeSchema)
    can_be_taken = fields.Boolean()
    findings = fields.List(fields.Nested(FindingSchema))
    examples = fields.List(fields.Nested(ExampleSchema))


class PreviewSchema(Schema):
    """What a document would change. Nothing was written."""

    layer = fields.String()
    area_id = fields.Integer(allow_none=True)
    can_be_taken = fields.Boolean()
    diff = fields.List(fields.Nested(RuleDiffSchema))
    findings = fields.List(fields.Nested(FindingSchema))


class PreviewDocumentSchema(DocumentSchema):
    """A layer of rules as YAML, to be compared with what holds."""
