"""Changing rules: drafts, lint, a second person, a date, the way back."""

from typing import Any
from uuid import UUID

from flask.views import MethodView

from backend.kernel.database import db
from backend.kernel.etags import etag_of
from backend.policy.api.blueprint import Tagged, answer, area_asked, blueprint, by, demand_reach, if_match
from backend.policy.change_reading import change_detail, compare_draft, found_change, list_changes, say_change
from backend.policy.change_schemas import (
    ApproveSchema,
    ChangeCreateSchema,
    ChangeDetailSchema,
    ChangeListSchema,
    ChangePatchSchema,
    ChangeQuerySchema,
    LintedChangeSchema,
    PreviewDocumentSchema,
    PreviewSchema,
    ReasonSchema,
    RollBackSchema,
    WhySchema,
)
from backend.policy.changing import (
    Words,
    approve,
    begin_change,
    begin_import,
    lint_change,
    propose,
    roll_back,
    save_change,
    send_back,
    withdraw,
)
from backend.policy.drafts import findings_of, read_draft
from backend.policy.trying import examples_of
from backend.trust.access import now, requires


@blueprint.route("/policy/changes")
class ChangesView(MethodView):
    """Changes of rules."""

    @requires("configuration.read")
    @blueprint.arguments(ChangeQuerySchema, location="query")
    @blueprint.response(200, ChangeListSchema)
    def get(self, asked: dict[str, Any]) -> dict[str, Any]:
        """Changes of rules, newest first."""
        return list_changes(db.session(), asked)

    @requires("policy.write")
    @blueprint.arguments(ChangeCreateSchema)
    @blueprint.response(201, ChangeDetailSchema)
    def post(self, sent: dict[str, Any]) -> Tagged:
        """Begin a draft by edits of rules, or by a document as it is imported. Nothing holds yet."""
        session = db.session()
        if "document" in sent:
            draft = read_draft(session, sent["document"])
            demand_reach(draft.layer.area_id)
            return answer(begin_import(session, draft, sent["title"], sent["why"], by=by(), now=now()), 201)
        words = Words(sent.get("name", ""), sent["edits"], sent["title"], sent["why"])
        return answer(begin_change(session, area_asked(sent.get("area")), words, by=by(), now=now()), 201)


@blueprint.route("/policy/changes/preview")
class PreviewView(MethodView):
    """Looking before importing."""

    @requires("policy.write")
    @blueprint.arguments(PreviewDocumentSchema)
    @blueprint.response(200, PreviewSchema)
    def post(self, sent: dict[str, Any]) -> dict[str, Any]:
        """What a document would change, rule by rule in words and values, and what is wrong with it. Writes nothing."""
        draft = read_draft(db.session(), sent["document"])
        findings = findings_of(db.session(), draft.layer, rotas_at=now())
        return {
            "layer": draft.layer.name, "area_id": draft.layer.area_id, "diff": compare_draft(db.session(), draft),
            "can_be_taken": not any(one.blocking for one in findings), "findings": [one.as_dict() for one in findings],
        }  # fmt: skip


@blueprint.route("/policy/changes/<uuid:change_id>")
class ChangeView(MethodView):
    """One change."""

    @requires("configuration.read")
    @blueprint.response(200, ChangeDetailSchema)
    def get(self, change_id: UUID) -> Tagged:
        """A change with what it changes and its history."""
        change = found_change(db.session(), change_id)
        return change_detail(db.session(), change), 200, {"ETag": etag_of(change)}

    @requires("policy.write")
    @blueprint.arguments(ChangePatchSchema)
    @blueprint.response(200, ChangeDetailSchema)
    def patch(self, sent: dict[str, Any], change_id: UUID) -> Tagged:
        """Save a draft anew; what was found out about its former words counts no longer."""
        reach(change_id)
        return answer(save_change(db.session(), change_id, sent, by=by(), if_match=if_match(), now=now()))


def reach(change_id: UUID) -> None:
    """Raise NotFound or NotAllowed unless the change is of a place that the caller works for."""
    demand_reach(found_change(db.session(), change_id).area_id)


@blueprint.route("/policy/changes/<uuid:change_id>/lint")
class ChangeLintView(MethodView):
    """Looking at a draft."""

    @requires("policy.write")
    @blueprint.response(200, LintedChangeSchema)
    def post(self, change_id: UUID) -> dict[str, Any]:
        """What is wrong with a draft, and its rules' own examples tried; a clean one may be proposed."""
        reach(change_id)
        change, findings = lint_change(db.session(), change_id, by=by(), now=now())
        shown = {
            "change": say_change(change), "can_be_taken": not any(one.blocking for one in findings),
            "findings": [one.as_dict() for one in findings], "examples": examples_of(db.session(), change),
        }  # fmt: skip
        db.session.commit()
        return shown


@blueprint.route("/policy/changes/<uuid:change_id>/propose")
class ProposeView(MethodView):
    """Putting a draft before somebody else."""

    @requires("policy.write")
    @blueprint.arguments(WhySchema)
    @blueprint.response(200, ChangeDetailSchema)
    def post(self, sent: dict[str, Any], change_id: UUID) -> Tagged:
        """Put a draft before a second person; 422 names what is wrong with it."""
        reach(change_id)
        return answer(propose(db.session(), change_id, by=by(), why=sent["why"], if_match=if_match(), now=now()))


@blueprint.route("/policy/changes/<uuid:change_id>/approve")
class ApproveView(MethodView):
    """The second person."""

    @requires("policy.approve")
    @blueprint.arguments(ApproveSchema)
    @blueprint.response(200, ChangeDetailSchema)
    def post(self, sent: dict[str, Any], change_id: UUID) -> Tagged:
        """Approve what another person wrote; it holds now, or by itself from ``at``."""
        reach(change_id)
        said = {"why": sent["why"], "at": sent.get("at"), "if_match": if_match()}
        return answer(approve(db.session(), change_id, by=by(), now=now(), **said))


@blueprint.route("/policy/changes/<uuid:change_id>/send-back")
class SendBackView(MethodView):
    """Not so."""

    @requires("policy.approve")
    @blueprint.arguments(ReasonSchema)
    @blueprint.response(200, ChangeDetailSchema)
    def post(self, sent: dict[str, Any], change_id: UUID) -> Tagged:
        """Give a proposed change back to its author, with the reason."""
        reach(change_id)
        return answer(send_back(db.session(), change_id, by=by(), why=sent["why"], now=now()))


@blueprint.route("/policy/changes/<uuid:change_id>/withdraw")
class WithdrawView(MethodView):
    """Giving a change up."""

    @requires("policy.write")
    @blueprint.arguments(WhySchema)
    @blueprint.response(200, ChangeDetailSchema)
    def post(self, sent: dict[str, Any], change_id: UUID) -> Tagged:
        """End a change that does not hold yet."""
        reach(change_id)
        return answer(withdraw(db.session(), change_id, by=by(), why=sent["why"], now=now()))


@blueprint.route("/policy/changes/<uuid:change_id>/roll-back")
class RollBackView(MethodView):
    """The way back."""

    @requires("policy.write")
    @blueprint.arguments(RollBackSchema)
    @blueprint.response(201, ChangeDetailSchema)
    def post(self, sent: dict[str, Any], change_id: UUID) -> Tagged:
        """Begin a draft that takes back the change that holds; like any other it needs a second person."""
        reach(change_id)
        said = {"to": sent.get("to"), "title": sent["title"], "why": sent["why"]}
        return answer(roll_back(db.session(), change_id, by=by(), now=now(), **said), 201)
