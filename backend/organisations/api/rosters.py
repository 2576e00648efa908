"""Rotas, who is on duty, and one's own duty."""

from typing import Any
from uuid import UUID

from flask.views import MethodView
from sqlalchemy.orm import Session

from backend.areas.lookup import AREAS
from backend.kernel.database import db
from backend.kernel.names import names_of
from backend.kernel.problems import NotAllowed, NotFound
from backend.organisations.actions.duty import set_duty
from backend.organisations.actions.rosters import hand_over, put_rota, read_hand_over, withdraw_shift
from backend.organisations.actions.turn_edits import add_turn, change_turn
from backend.organisations.api.blueprint import blueprint, found, if_match, keyring, reading_keys, zone
from backend.organisations.api.reach import demand_reach, is_mine
from backend.organisations.directory import who_is_on_duty
from backend.organisations.models import Desk, Shift
from backend.organisations.rosters import desks_at, my_duty, on_duty_now, rota, say_shift
from backend.organisations.rules.rotas import Turn
from backend.organisations.schemas.rosters import (
    DutyPutSchema,
    DutySchema,
    OnDutyQuerySchema,
    OnDutySchema,
    RotaPutSchema,
    RotaSchema,
    ShiftQuerySchema,
    ShiftSchema,
    TurnAddSchema,
    TurnChangeSchema,
    TurnHandOverSchema,
    TurnNoteSchema,
)
from backend.trust.access import me, now, requires


@blueprint.route("/shifts")
class ShiftsView(MethodView):
    """The rota of a desk."""

    @requires("configuration.read")
    @blueprint.arguments(ShiftQuerySchema, location="query")
    @blueprint.response(200, RotaSchema)
    def get(self, asked: dict[str, Any]) -> dict[str, Any]:
        """The shifts of a desk that touch a period."""
        return rota(db.session(), reading_keys(), asked["desk"], asked["start"], asked["end"])

    @requires("rosters.write")
    @blueprint.arguments(RotaPutSchema)
    @blueprint.response(200, RotaSchema)
    def put(self, wanted: dict[str, Any]) -> dict[str, Any]:
        """Replace the turns of a desk that begin in a period. A last desk may not be left empty."""
        session, period = db.session(), (wanted["start"], wanted["end"])
        demand_reach(found(session, Desk, wanted["desk_id"]).org_id)
        turns = [Turn(**turn) for turn in wanted["shifts"]]
        put_rota(session, wanted["desk_id"], *period, turns, zone=zone(), now=now())
        db.session.commit()
        return rota(session, reading_keys(), wanted["desk_id"], *period)

    @requires("rosters.write")
    @blueprint.arguments(TurnAddSchema)
    @blueprint.response(201, ShiftSchema)
    def post(self, wanted: dict[str, Any]) -> dict[str, Any]:
        """Put one more turn into a rota, by the clocks at the desk; the others stay as they are."""
        session, desk_id = db.session(), wanted.pop("desk_id")
        demand_reach(found(session, Desk, desk_id).org_id)
        shift = add_turn(session, desk_id, wanted, zone=zone(), now=now())
        db.session.commit()
        return say_shift(shift, names_of(session, reading_keys(), {shift.person_id}))


@blueprint.route("/shifts/<uuid:shift_id>")
class ShiftView(MethodView):
    """One turn."""

    @requires("rosters.write")
    @blueprint.arguments(TurnChangeSchema)
    @blueprint.response(200, ShiftSchema)
    def patch(self, wanted: dict[str, Any], shift_id: UUID) -> dict[str, Any]:
        """Change who serves a turn or when. What was served stays; a last desk may not be left empty."""
        session = db.session()
        demand_reach(_desk_of(session, shift_id).org_id)
        shift = change_turn(session, shift_id, wanted, if_match=if_match(), zone=zone(), now=now())
        db.session.commit()
        return say_shift(shift, names_of(session, reading_keys(), {shift.person_id}))


@blueprint.route("/shifts/<uuid:shift_id>/withdraw")
class ShiftWithdrawView(MethodView):
    """A turn that will not be served."""

    @requires("rosters.write")
    @blueprint.response(200, ShiftSchema)
    def post(self, shift_id: UUID) -> dict[str, Any]:
        """Take a turn out of the rota, or end it when it runs."""
        demand_reach(_desk_of(db.session(), shift_id).org_id)
        shift = withdraw_shift(db.session(), shift_id, zone=zone(), now=now())
        db.session.commit()
        return say_shift(shift, {})


@blueprint.route("/shifts/<uuid:shift_id>/hand-over")
class HandOverView(MethodView):
    """What the next one has to know."""

    @requires("duty.set")
    @blueprint.response(200, TurnNoteSchema)
    def get(self, shift_id: UUID) -> dict[str, Any]:
        """Read a note: its author, whoever is at the desk now, and those who lead it. Reading is recorded."""
        shift = found(db.session(), Shift, shift_id)
        if not (is_mine(shift) or _is_there(shift) or _leads(shift)):
            raise NotAllowed()
        note = read_hand_over(db.session(), keyring(), shift_id, now=now())
        db.session.commit()
        return {"note": note}

    @requires("duty.set")
    @blueprint.arguments(TurnHandOverSchema)
    @blueprint.response(200, ShiftSchema)
    def post(self, words: dict[str, Any], shift_id: UUID) -> dict[str, Any]:
        """Leave a note to whoever comes next, and end one's turn if one leaves now."""
        shift = found(db.session(), Shift, shift_id)
        if not (is_mine(shift) or _leads(shift)):
            raise NotAllowed()
        shift = hand_over(
            db.session(), keyring(), shift_id, words["note"], end_now=words["end_now"], zone=zone(), now=now()
        )
        db.session.commit()
        return say_shift(shift, {})


@blueprint.route("/on-duty")
class OnDutyView(MethodView):
    """Who is on duty here now."""

    @requires("configuration.read")
    @blueprint.arguments(OnDutyQuerySchema, location="query")
    @blueprint.response(200, OnDutySchema)
    def get(self, place: dict[str, Any]) -> dict[str, Any]:
        """The desks over an area, or one desk, with the people who are there now."""
        session = db.session()
        chain = AREAS.get(session).chain(place["area"]) if "area" in place else ()
        if "area" in place and not chain:
            raise NotFound()
        desks = desks_at(session, desk_id=place.get("desk"), chain=chain)
        return {"items": on_duty_now(session, reading_keys(), desks, now=now())}


@blueprint.route("/me/duty")
class MyDutyView(MethodView):
    """One's own duty."""

    @requires("duty.set")
    @blueprint.response(200, DutySchema)
    def get(self) -> dict[str, Any]:
        """What I have said of being called, and my turns."""
        return my_duty(db.session(), me().person_id, now=now())

    @requires("duty.set")
    @blueprint.arguments(DutyPutSchema)
    @blueprint.response(200, DutySchema)
    def put(self, wish: dict[str, Any]) -> dict[str, Any]:
        """Go on or off duty."""
        at = now()
        set_duty(db.session(), me().person_id, wish, now=at)
        db.session.commit()
        return my_duty(db.session(), me().person_id, now=at)


def _desk_of(session: Session, shift_id: UUID) -> Desk:
    return found(session, Desk, found(session, Shift, shift_id).desk_id)


def _leads(shift: Shift) -> bool:
    if not me().may("rosters.write"):
        return False
    demand_reach(_desk_of(db.session(), shift.id).org_id)
    return True


def _is_there(shift: Shift) -> bool:
    there = who_is_on_duty(db.session(), [shift.desk_id], now=now()).get(shift.desk_id, ())
    return any(one.person_id == me().person_id for one in there)
