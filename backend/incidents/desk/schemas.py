"""What desks send and read beside the acts: tasks, disputes, likely duplicates, ready answers, receivers, looks."""

from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from backend.incidents.desk.models import DISPUTE_KINDS, WHISTLE_REASONS
from backend.incidents.desk.tasks import CODES
from backend.incidents.schemas import ListedSchema
from backend.kernel.schemas import Moment, PlainText, Truth


class TaskCreateSchema(Schema):
    """A task of the list, or one in words; for a body or a person, until a time, and whether it is a duty."""

    code = fields.String(validate=validate.OneOf(CODES))
    text = PlainText(least=1, most=400)
    duty = Truth(load_default=False, metadata={"description": "bars closing until it is over"})
    organisation_id = fields.UUID()
    person_id = fields.UUID()
    due_at = Moment()

    @validates_schema(skip_on_field_errors=True)
    def says_what(self, data: dict[str, Any], **_: Any) -> None:
        """Either of the list or in words."""
        if ("code" in data) == ("text" in data):
            raise ValidationError("Give either code or text.", "code")


class DisputeCreateSchema(Schema):
    """What bodies differ about, with whom, and how the one that opens it sees it."""

    kind = fields.String(required=True, validate=validate.OneOf(DISPUTE_KINDS))
    with_organisation_id = fields.UUID()
    position = PlainText(least=1, most=4000, required=True)


class DisputeMoveSchema(Schema):
    """The next step; whom a whistle calls and why, or what is decided and who is to lead."""

    organisation_ids = fields.List(fields.UUID(), validate=validate.Length(min=1, max=10))
    reason = fields.String(validate=validate.OneOf(WHISTLE_REASONS))
    decision = PlainText(least=1, most=4000)
    lead_organisation_id = fields.UUID()


class AttendanceSchema(Schema):
    """Whether a body that was called has come."""

    organisation_id = fields.UUID(required=True)
    attended = Truth(required=True)


class BarredSchema(Schema):
    """Why something is refused: a code of ours, words in both languages, figures."""

    code = fields.String()
    words = fields.Dict()
    params = fields.Dict()


class DuplicateSchema(Schema):
    """An incident that may tell of the same happening, with the reasons."""

    kind = fields.String()
    state = fields.String()
    score = fields.Float(metadata={"description": "from 0 to 1, when it was suggested"})
    made_at = fields.DateTime(format="iso")
    incident = fields.Nested(ListedSchema)
    compared = fields.Dict(metadata={"description": "score, distance_m, minutes, shared_words and reasons now"})


class DuplicatesSchema(Schema):
    """The likeliest first."""

    items = fields.List(fields.Nested(DuplicateSchema))


class MergeQuerySchema(Schema):
    """Into which incident."""

    into = fields.UUID(required=True)


class MergePreviewSchema(Schema):
    """What joining would do; nothing is changed by asking."""

    allowed = fields.Boolean()
    barred = fields.Nested(BarredSchema, allow_none=True)
    into = fields.Nested(ListedSchema)
    reports_moved = fields.Integer()
    reports_after = fields.Integer()
    told = fields.Integer(metadata={"description": "how many threads are told that others reported it too"})
    clocks_stopped = fields.List(fields.String())
    grade_before = fields.Integer()
    grade_after = fields.Integer()
    owner_before = fields.Dict()
    owner_after = fields.Dict()
    compared = fields.Dict()


class SplitPreviewSchema(Schema):
    """What parting would do; nothing is changed by asking."""

    allowed = fields.Boolean()
    barred = fields.Nested(BarredSchema, allow_none=True)
    parent = fields.Nested(ListedSchema, allow_none=True)
    reports_moved = fields.Integer()
    state_after = fields.String(allow_none=True)
    owner_after = fields.Dict()


class AnswersSchema(Schema):
    """Ready answers as they would read now, and in which languages those who reported read."""

    readers = fields.List(fields.Dict())
    items = fields.List(fields.Dict())


class ReceiversSchema(Schema):
    """Bodies that can be handed the incident or be asked, with the routes that they lead there."""

    items = fields.List(fields.Dict())


class LooksSchema(Schema):
    """Who looked at the incident or a picture of it, how they are concerned, and for what purpose; the latest first."""

    items = fields.List(fields.Dict())
