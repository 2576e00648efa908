"""What is asked about agreements and shares and told of them."""

from marshmallow import Schema, fields, validate

from backend.kernel.schemas import Moment, PlainText
from backend.sharing.rules import FIELDS, Basis, Terms

_FACT = validate.OneOf(FIELDS)


class AgreementNewSchema(Schema):
    """An agreement: who tells whom which facts, for what, on what legal ground, and until when."""

    from_organisation_id = fields.UUID(required=True)
    to_organisation_id = fields.UUID(required=True)
    purpose = PlainText(least=3, most=500, required=True)
    legal_basis = PlainText(least=3, most=500, required=True)
    fields_ = fields.List(
        fields.String(validate=_FACT),
        required=True,
        data_key="fields",
        attribute="fields",
        validate=validate.Length(1, 20),
    )
    categories = fields.List(fields.String(), load_default=list, validate=validate.Length(max=60))
    valid_from = Moment()
    valid_to = Moment(required=True)


class AgreementSchema(Schema):
    """An agreement as its parties see it; ``in_force``: at this moment."""

    id = fields.UUID(required=True)
    from_org_id = fields.UUID(required=True)
    to_org_id = fields.UUID(required=True)
    purpose = fields.String(required=True)
    legal_basis = fields.String(required=True)
    fields_ = fields.List(fields.String(validate=_FACT), required=True, data_key="fields", attribute="fields")
    categories = fields.List(fields.String(), required=True)
    valid_from = fields.DateTime(required=True, format="iso")
    valid_to = fields.DateTime(required=True, format="iso")
    state = fields.String(required=True, validate=validate.OneOf([one.value for one in Terms]))
    proposed_at = fields.DateTime(required=True, format="iso")
    accepted_at = fields.DateTime(required=True, format="iso", allow_none=True)
    ended_at = fields.DateTime(required=True, format="iso", allow_none=True)
    in_force = fields.Boolean(required=True)


class AgreementsSchema(Schema):
    """The agreements of one's bodies."""

    items = fields.List(fields.Nested(AgreementSchema), required=True)


class DecideSchema(Schema):
    """Share facts with a body, or decide not to. Without an agreement a share needs its reason.

    ``tell_at``: when those who reported learn of it, at most 30 days off, and only where telling would endanger somebody.
    """

    to_organisation_id = fields.UUID(required=True)
    decision = fields.String(required=True, validate=validate.OneOf(("shared", "not_shared")))
    fields_ = fields.List(
        fields.String(validate=_FACT),
        required=True,
        data_key="fields",
        attribute="fields",
        validate=validate.Length(1, 20),
    )
    basis = fields.String(required=True, validate=validate.OneOf([one.value for one in Basis]))
    agreement_id = fields.UUID()
    reason = PlainText(most=2000)
    until = Moment()
    tell_at = Moment()


class ShareSchema(Schema):
    """A share or a refusal, as those who see the incident read it."""

    id = fields.UUID(required=True)
    incident_id = fields.UUID(required=True)
    from_org_id = fields.UUID(required=True)
    to_org_id = fields.UUID(required=True)
    fields_ = fields.List(fields.String(validate=_FACT), required=True, data_key="fields", attribute="fields")
    basis = fields.String(required=True, validate=validate.OneOf([one.value for one in Basis]))
    agreement_id = fields.UUID(required=True, allow_none=True)
    reason = fields.Raw(required=True, allow_none=True)
    decision = fields.String(required=True)
    at = fields.DateTime(required=True, format="iso")
    until = fields.DateTime(required=True, format="iso")
    ended_at = fields.DateTime(required=True, format="iso", allow_none=True)
    tell_at = fields.DateTime(required=True, format="iso")
    review_due_at = fields.DateTime(required=True, format="iso", allow_none=True)
    reviewed_at = fields.DateTime(required=True, format="iso", allow_none=True)


class SharesSchema(Schema):
    """What was shared and refused of an incident, in order."""

    items = fields.List(fields.Nested(ShareSchema), required=True)


class FactsSchema(Schema):
    """Facts that another body shares with yours at this moment."""

    id = fields.UUID(required=True)
    incident_id = fields.UUID(required=True)
    from_org_id = fields.UUID(required=True)
    facts = fields.Dict(required=True)
    basis = fields.String(required=True)
    until = fields.DateTime(required=True, format="iso")


class SharedWithUsSchema(Schema):
    """All that is shared with one's bodies."""

    items = fields.List(fields.Nested(FactsSchema), required=True)
