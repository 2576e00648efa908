"""Weeks of rotas, and swaps of turns."""

from typing import Any
from uuid import UUID

from flask.views import MethodView

from backend.kernel.database import db
from backend.kernel.problems import NotAllowed
from backend.organisations.actions.swaps import ask_swap, move_swap
from backend.organisations.api.blueprint import blueprint, found, reading_keys, zone
from backend.organisations.api.reach import demand_reach, is_mine, is_within_reach
from backend.organisations.models import Desk, Shift
from backend.organisations.rules.swaps import SwapAct
from backend.organisations.schemas.swaps import SwapAskSchema, SwapListSchema, SwapQuerySchema, SwapSchema
from backend.organisations.schemas.weeks import WeekListSchema, WeekQuerySchema
from backend.organisations.swap_lists import acts_of_person, list_swaps, say_swaps
from backend.organisations.swap_model import ShiftSwap
from backend.organisations.weeks import weeks
from backend.trust.access import me, now, requires


@blueprint.route("/rosters/weeks")
class WeeksView(MethodView):
    """Rotas by the week."""

    @requires("configuration.read")
    @blueprint.arguments(WeekQuerySchema, location="query")
    @blueprint.response(200, WeekListSchema)
    def get(self, filters: dict[str, Any]) -> dict[str, Any]:
        """Desks with their week in their own local time; each gap says who answers then."""
        return weeks(db.session(), reading_keys(), filters, zone=zone(), now=now())


@blueprint.route("/shifts/<uuid:shift_id>/swaps")
class ShiftSwapsView(MethodView):
    """Asking a colleague."""

    @requires("duty.set")
    @blueprint.arguments(SwapAskSchema)
    @blueprint.response(201, SwapSchema)
    def post(self, asked: dict[str, Any], shift_id: UUID) -> dict[str, Any]:
        """Ask a colleague to take a turn of one's own. Whoever has it stays on duty until it is settled."""
        session = db.session()
        shift = found(session, Shift, shift_id)
        if not is_mine(shift):
            if not me().may("rosters.write"):
                raise NotAllowed()
            demand_reach(found(session, Desk, shift.desk_id).org_id)
        swap = ask_swap(session, shift_id, **asked, now=now())
        db.session.commit()
        return _shown(swap)


@blueprint.route("/swaps")
class SwapsView(MethodView):
    """Swaps."""

    @requires("duty.set")
    @blueprint.arguments(SwapQuerySchema, location="query")
    @blueprint.response(200, SwapListSchema)
    def get(self, filters: dict[str, Any]) -> dict[str, Any]:
        """List swaps: one's own, or every one for those who plan rotas."""
        only_of = None if me().may("rosters.write") else me().person_id
        return list_swaps(db.session(), reading_keys(), filters, only_of=only_of, acts_of=_acts, zone=zone())


@blueprint.route("/swaps/<uuid:swap_id>/<any(accept, decline, withdraw, confirm, refuse):act>")
class SwapMoveView(MethodView):
    """What becomes of a swap."""

    @requires("duty.set")
    @blueprint.response(200, SwapSchema)
    def post(self, swap_id: UUID, act: str) -> dict[str, Any]:
        """Accept or decline what one was asked, take back what one asked, confirm or refuse it for the desk."""
        session, wanted = db.session(), SwapAct(act)
        swap = found(session, ShiftSwap, swap_id)
        if wanted not in _acts(swap, found(session, Desk, swap.desk_id)):
            raise NotAllowed()
        swap = move_swap(session, swap_id, wanted, by=me().person_id, now=now())
        db.session.commit()
        return _shown(swap)


def _acts(swap: ShiftSwap, desk: Desk) -> frozenset[SwapAct]:
    leads = me().may("rosters.write") and is_within_reach(desk.org_id)
    return acts_of_person(swap, me().person_id, leads=leads)


def _shown(swap: ShiftSwap) -> dict[str, Any]:
    return say_swaps(db.session(), reading_keys(), [swap], acts_of=_acts, zone=zone())[0]
