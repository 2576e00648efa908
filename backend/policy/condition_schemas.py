"""Conditions as sentences, and the words that they are built of, as clients send and see them."""

from marshmallow import Schema, fields, validate

from backend.kernel.schemas import PlainText, WholeNumber
from backend.policy.expression import MAX_LENGTH
from backend.policy.schemas import BilingualSchema


class ConditionSchema(Schema):
    """A condition as somebody types it."""

    when = PlainText(most=MAX_LENGTH + 1, required=True)
    rule = PlainText(most=40, load_default="", metadata={"description": "whose own $values it may name"})
    area = WholeNumber(strict=True, metadata={"description": "whose values $names stand for; left out: everywhere"})


class TreeSchema(Schema):
    """A condition as a sentence: ``all`` holds comparisons or ``{any: [...]}``, ``unless`` comparisons."""

    all = fields.List(fields.Dict(), load_default=list, validate=validate.Length(max=100))
    unless = fields.List(fields.Dict(), load_default=list, validate=validate.Length(max=100))


class RenderSchema(Schema):
    """A sentence to be written as a condition."""

    tree = fields.Nested(TreeSchema, required=True)
    rule = PlainText(most=40, load_default="")
    area = WholeNumber(strict=True)


class ConditionErrorSchema(Schema):
    """What is wrong with a condition, and where: ``position`` counts characters from 0."""

    message = fields.Nested(BilingualSchema)
    position = fields.Integer()


class ReadConditionSchema(Schema):
    """A condition with its sentence; ``tree`` is null where only its text can say it, ``error`` where it is right."""

    when = fields.String()
    tree = fields.Nested(TreeSchema, allow_none=True)
    words = fields.Nested(BilingualSchema, metadata={"description": "the sentence, or the text as it is"})
    expert = fields.Boolean(metadata={"description": "whether only its text can say it"})
    error = fields.Nested(ConditionErrorSchema, allow_none=True)


class CodeSchema(Schema):
    """A code and what it means."""

    code = fields.String()
    label = fields.Nested(BilingualSchema)


class FieldSchema(Schema):
    """A name that conditions may look at. ``group``: fact, marker_group, or the group of a marker."""

    name = fields.String()
    type = fields.String(validate=validate.OneOf(["text", "bool", "int", "texts"]))
    label = fields.Nested(BilingualSchema)
    values = fields.List(fields.Nested(CodeSchema))
    group = fields.String()
    markers = fields.List(fields.String())
    event_only = fields.Boolean(metadata={"description": "not known when a report comes in"})


class ComparisonSchema(Schema):
    """A way to compare a field of a type; the label has gaps {field} and {value}."""

    type = fields.String()
    name = fields.String()
    label = fields.Nested(BilingualSchema)


class EffectSchema(Schema):
    """What a rule may do. ``takes``: route(s), word(s), services, letters, grade, number, true, false."""

    name = fields.String()
    takes = fields.String()
    label = fields.Nested(BilingualSchema)
    reserved_for = fields.String(allow_none=True, metadata={"description": "the one rule that may do this"})
    values = fields.List(fields.Nested(CodeSchema))


class VocabularySchema(Schema):
    """Everything a sentence is built of."""

    fields_ = fields.List(fields.Nested(FieldSchema), data_key="fields", attribute="fields")
    comparisons = fields.List(fields.Nested(ComparisonSchema))
    effects = fields.List(fields.Nested(EffectSchema))
    events = fields.List(fields.Nested(CodeSchema))
