"""What coordinators and responders send about incidents, and the queue they read."""

from typing import Any

from marshmallow import INCLUDE, Schema, ValidationError, fields, validate, validates_schema
from webargs.fields import DelimitedList

from backend.incidents.conflicts import KINDS
from backend.incidents.models import GOAL_STATES
from backend.incidents.states import State
from backend.kernel.languages import LANGUAGES
from backend.kernel.schemas import Moment, Pattern, PlainText, Truth, WholeNumber

CATEGORY = Pattern(r"^[A-Z]{2,4}[0-9]{2}$", error="Not a category code such as CN01.")
GRADE = validate.Range(1, 5)
# That somebody told it falsely on purpose is said by a supervisor, with the reason (C19).
MALICIOUS = "malicious"
OUTCOMES = (
    "resolved",
    "made_safe",
    "need_met",
    "advice_given",
    "handed_over",
    "not_found",
    "honest_mistake",
    "unfounded",
    MALICIOUS,
    "refused_help",
    "other",
)


def _flag(description: str) -> fields.Boolean:
    return fields.Boolean(
        truthy={"true", True}, falsy={"false", False}, load_default=False, metadata={"description": description}
    )


class NarrowedSchema(Schema):
    """Filters of the queue that are said alike in an address and in a body, its order, and the page."""

    area = WholeNumber()
    owner = fields.UUID(metadata={"description": "an organisation's id"})
    mine = _flag("the reader answers in person")
    my_bodies = _flag("one of the reader's bodies answers")
    without_person = _flag("a desk answers, and no person by name yet")
    late = _flag("the soonest promise is broken")
    disputed = _flag("somebody says that it is not settled")
    major = _flag("it is run as a major incident")
    has_parts = _flag("other incidents are part of it")
    no_part = _flag("it is not part of another")
    language = fields.String(
        validate=validate.OneOf(LANGUAGES), metadata={"description": "what one of the reporters speaks"}
    )
    q = PlainText(most=200, metadata={"description": "words that a report holds, or an incident's number"})
    sort = fields.String(
        validate=validate.OneOf(["urgency", "newest", "risk"]), load_default="urgency",
        metadata={"description": "risk: by the share of its time that the soonest promise has used"},
    )  # fmt: skip
    limit = fields.Integer(validate=validate.Range(1, 200), load_default=50)
    cursor = PlainText(most=1000)


class QueueQuerySchema(NarrowedSchema):
    """Filters of the queue; several values of one filter are separated by commas."""

    status = DelimitedList(fields.String(validate=validate.OneOf([state.value for state in State])))
    grade = DelimitedList(fields.Integer(validate=GRADE))
    category = DelimitedList(fields.String(validate=CATEGORY))


class SearchSchema(NarrowedSchema):
    """The same filters in a body, which no log on the way writes down; several values are lists."""

    status = fields.List(fields.String(validate=validate.OneOf([state.value for state in State])))
    grade = fields.List(fields.Integer(strict=True, validate=GRADE), validate=validate.Length(max=5))
    category = fields.List(fields.String(validate=CATEGORY), validate=validate.Length(max=200))
    ids = fields.List(
        fields.UUID(), validate=validate.Length(max=200),
        metadata={"description": "only these, also when they are closed; those that the reader may not see are left out"},
    )  # fmt: skip


class OwnerSchema(Schema):
    """Who answers now."""

    organisation_id = fields.UUID()
    desk_id = fields.UUID(allow_none=True)
    person_id = fields.UUID(allow_none=True)
    label = fields.Dict()


class ListedSchema(Schema):
    """An incident in the queue: codes and labels, no words of people."""

    id = fields.UUID()
    number = fields.Integer()
    status = fields.String()
    phase = fields.String()
    grade = fields.Integer()
    category = fields.String(allow_none=True)
    kind = fields.String()
    compartment = fields.String()
    area_id = fields.Integer(allow_none=True)
    opened_at = fields.DateTime(format="iso")
    acknowledged_at = fields.DateTime(format="iso", allow_none=True)
    closed_at = fields.DateTime(format="iso", allow_none=True)
    due_at = fields.DateTime(format="iso", allow_none=True)
    due_since = fields.DateTime(
        format="iso", allow_none=True, metadata={"description": "since when the promise runs that is due next"}
    )
    owner = fields.Nested(OwnerSchema)
    diverted = fields.Boolean()
    diversion_answered = fields.Boolean()
    major = fields.Boolean()
    major_level = fields.Integer(
        allow_none=True, metadata={"description": "how grave a major incident is: 4 (IV) to 1 (I, the gravest)"}
    )
    disputed = fields.Boolean()
    report_count = fields.Integer()
    version = fields.Integer()


class IncidentPlaceSchema(Schema):
    """Where it is, with the areas from the top down."""

    lat = fields.Float(allow_none=True)
    lon = fields.Float(allow_none=True)
    accuracy_m = fields.Float(allow_none=True)
    area_ids = fields.List(fields.Integer())


class OwnershipSchema(Schema):
    """Who answered from when to when; these tile the incident's time without gap or overlap."""

    org_id = fields.UUID()
    desk_id = fields.UUID(allow_none=True)
    person_id = fields.UUID(allow_none=True)
    by_act = fields.String()
    by_actor = fields.String()
    since = fields.DateTime(format="iso")
    until = fields.DateTime(format="iso", allow_none=True)


class TimelineEntrySchema(Schema):
    """One event of the journal; docs/events.md says what each type means."""

    stream_seq = fields.Integer()
    type = fields.String()
    at = fields.DateTime(format="iso")
    actor = fields.String()
    payload = fields.Dict()


class IncidentDetailSchema(ListedSchema):
    """An incident with everything around it. Words whose key was erased read ``{"erased": true}``."""

    class Meta:
        """Other rooms put their records beside these."""

        unknown = INCLUDE

    place = fields.Nested(IncidentPlaceSchema)
    allowed = fields.List(fields.String(), metadata={"description": "acts that the table of states allows now"})
    safe_mode = fields.Boolean()
    duty_open = fields.Boolean()
    parent_id = fields.UUID(allow_none=True)
    outcome = fields.String(allow_none=True)
    cycle = fields.Integer()
    reports = fields.List(fields.Dict())
    notes = fields.List(fields.Dict())
    messages = fields.List(fields.Dict())
    goals = fields.List(fields.Dict())
    triages = fields.List(fields.Dict())
    ownership = fields.List(fields.Nested(OwnershipSchema))
    clocks = fields.List(fields.Dict())
    escalations = fields.List(fields.Dict())
    handovers = fields.List(fields.Dict())
    tasks = fields.List(fields.Dict())
    disputes = fields.List(fields.Dict())
    acts = fields.List(
        fields.Dict(),
        metadata={"description": "each act: whether the reader may do it now, if not why, how it is undone"},
    )
    undo = fields.Dict(metadata={"description": "what the reader did last and may still take back"})
    names = fields.Dict(metadata={"description": "what the ids here are called: people, bodies, desks, areas"})
    decisions = fields.List(fields.Dict(), metadata={"description": "with inputs, result and trace"})
    links = fields.List(fields.Dict())
    family = fields.Dict(metadata={"description": "the bigger incident (whole) and the parts of this one (parts)"})
    offers = fields.List(fields.Dict())
    deliveries = fields.List(fields.Dict())
    photos = fields.List(fields.Raw())
    matches = fields.List(fields.Dict())
    voices = fields.List(fields.Dict())
    openings = fields.List(fields.Dict())
    timeline = fields.List(fields.Nested(TimelineEntrySchema))


class QueueSchema(Schema):
    """A page of the queue."""

    items = fields.List(fields.Nested(ListedSchema))
    next_cursor = fields.String(allow_none=True)


class AlarmSchema(ListedSchema):
    """An incident of the highest grade, with the clock by which it has to be seen."""

    acknowledge_by = fields.DateTime(format="iso", allow_none=True)
    next_rung_at = fields.DateTime(format="iso", allow_none=True)
    rungs_climbed = fields.Integer()


class AlarmsSchema(Schema):
    """All of them; there are never more than a page."""

    items = fields.List(fields.Nested(AlarmSchema))


class TriageSchema(Schema):
    """A triager's decision. ``reason`` is needed when it lowers the grade; it is kept when it differs from the suggestion."""

    category = fields.String(required=True, validate=CATEGORY)
    grade = fields.Integer(strict=True, validate=GRADE)
    flags = fields.List(
        fields.String(validate=validate.Length(max=40)), load_default=list, validate=validate.Length(max=60)
    )
    emergency_attends = fields.String(
        validate=validate.OneOf(["attending", "passed_on", "not_needed"]),
        metadata={"description": "whether the emergency service attends; needed while a danger report is unanswered"},
    )
    external_ref = PlainText(most=200)
    interim_risk = PlainText(most=2000)
    reason = PlainText(most=2000)


class StartSchema(Schema):
    """Work begins."""

    contact = Truth(load_default=False, metadata={"description": "the person was reached"})


class WaitSchema(Schema):
    """Wait for something that is named, until a time."""

    reason = PlainText(least=1, most=2000, required=True)
    wake_at = Moment(required=True)


class SettledGoalSchema(Schema):
    """How one goal ended."""

    id = fields.UUID(required=True)
    state = fields.String(required=True, validate=validate.OneOf([state for state in GOAL_STATES if state != "open"]))
    evidence = PlainText(most=4000)


class CheckGoalsSchema(Schema):
    """Goals with evidence, and the view of the person concerned, or that it was sought."""

    goals = fields.List(fields.Nested(SettledGoalSchema), load_default=list, validate=validate.Length(max=50))
    view = PlainText(least=1, most=4000)


class CloseSchema(Schema):
    """How it ended."""

    outcome = fields.String(required=True, validate=validate.OneOf(OUTCOMES))
    reason = PlainText(least=1, most=2000, metadata={"description": "why; needed for malicious"})


class PartSchema(Schema):
    """The bigger incident that this one becomes part of."""

    into = fields.UUID(required=True)


class MajorSchema(Schema):
    """How grave it is, 4 (IV) to 1 (I, the gravest), or null where it is no longer run as major; and why."""

    level = fields.Integer(required=True, strict=True, allow_none=True, validate=validate.Range(1, 4))
    reason = PlainText(least=1, most=2000, required=True)


class MergeSchema(Schema):
    """The incident that this one is folded into."""

    into = fields.UUID(required=True)


class RegradeSchema(Schema):
    """A new grade: up needs nothing, down needs a reason, leaving G1 needs a second person and a contact (R05)."""

    grade = fields.Integer(required=True, strict=True, validate=GRADE)
    reason = PlainText(most=2000)
    second_person_id = fields.UUID()
    contact_made = Truth(load_default=False)


class WordsSchema(Schema):
    """Words of staff."""

    text = PlainText(least=1, required=True)


class ToReportersSchema(Schema):
    """Words of one's own, or the name of a ready answer; to everyone who reported, or to one report."""

    text = PlainText(least=1)
    template = fields.String(validate=validate.Length(max=40))
    report_id = fields.UUID()

    @validates_schema(skip_on_field_errors=True)
    def says_one_thing(self, data: dict[str, Any], **_: Any) -> None:
        """Either words or a ready answer."""
        if ("text" in data) == ("template" in data):
            raise ValidationError("Give either text or template.", "text")


class ExternalSchema(Schema):
    """A body outside Linli that has accepted, with the name and time it gave."""

    name = PlainText(least=1, most=200, required=True)
    reference = PlainText(most=200)
    accepted_at = Moment(required=True)


class HandOverSchema(Schema):
    """Hand over to a body or person of Linli with SBAR, or record that a body outside has accepted."""

    organisation_id = fields.UUID()
    person_id = fields.UUID()
    situation = PlainText(most=4000)
    background = PlainText(most=4000)
    assessment = PlainText(most=4000)
    recommendation = PlainText(most=4000)
    external = fields.Nested(ExternalSchema)

    @validates_schema(skip_on_field_errors=True)
    def names_one_receiver(self, data: dict[str, Any], **_: Any) -> None:
        """Either a receiver inside Linli with a situation, or an external body."""
        if ("external" in data) == ("organisation_id" in data):
            raise ValidationError("Name either organisation_id or external.", "organisation_id")
        if "organisation_id" in data and not data.get("situation"):
            raise ValidationError("Say what the situation is.", "situation")


class TakeOfferSchema(Schema):
    """Accept an offer; G1 and G2 with a read-back."""

    read_back = PlainText(most=4000)


class AcceptSchema(TakeOfferSchema):
    """Accept what was offered or handed over."""

    offer_id = fields.UUID()


class RefuseOfferSchema(Schema):
    """Say no to an offer."""

    reason = PlainText(most=2000)


class DeclineSchema(RefuseOfferSchema):
    """Say no to what was offered or handed over."""

    offer_id = fields.UUID()


class ConflictSchema(Schema):
    """Who has an interest in the incident, a body or a person, and which."""

    organisation_id = fields.UUID()
    person_id = fields.UUID()
    kind = fields.String(required=True, validate=validate.OneOf(KINDS))

    @validates_schema
    def names_one(self, data: dict[str, object], **_: object) -> None:
        """Exactly one of the two."""
        if ("organisation_id" in data) == ("person_id" in data):
            raise ValidationError("Name a body or a person.", "organisation_id")


class OfferSchema(Schema):
    """Offer the incident to a body; ``letter`` names the case of R06 when police are asked."""

    route = fields.String(required=True, validate=Pattern(r"^(V|TR|M|NC|SW|CH|P|O:[a-z]{2,6})$"))
    organisation_id = fields.UUID(required=True)
    part = fields.String(validate=validate.OneOf(["lead", "parallel"]), load_default="lead")
    letter = fields.String(validate=validate.OneOf(list("abcdef")))
    respond_within_s = fields.Integer(strict=True, validate=validate.Range(30, 864_000))


class OfferViewSchema(Schema):
    """An offer as its receiver sees it."""

    id = fields.UUID()
    incident_id = fields.UUID()
    part = fields.String()
    route = fields.String()
    organisation_id = fields.UUID()
    person_id = fields.UUID(allow_none=True)
    state = fields.String()
    wave = fields.Integer()
    distance_m = fields.Float(allow_none=True)
    offered_at = fields.DateTime(format="iso")
    due_at = fields.DateTime(format="iso")
    seen_at = fields.DateTime(format="iso", allow_none=True)
    answered_at = fields.DateTime(format="iso", allow_none=True)
    on_the_way_at = fields.DateTime(format="iso", allow_none=True)
    arrived_at = fields.DateTime(format="iso", allow_none=True)
    done_at = fields.DateTime(format="iso", allow_none=True)
    place = fields.Dict(allow_none=True)


class OffersSchema(Schema):
    """What one is asked now."""

    items = fields.List(fields.Nested(OfferViewSchema))
