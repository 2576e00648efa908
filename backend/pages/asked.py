"""The page of those who are asked but handle no incidents: volunteers answer here, and say how far they came."""

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from flask import Response, redirect, request
from werkzeug.wrappers import Response as BaseResponse

from backend.dispatch import answers
from backend.dispatch.api import viewed
from backend.dispatch.models import OPEN_OFFER_STATES, Offer
from backend.incidents.acts import By
from backend.incidents.api import by
from backend.kernel.database import act_as, db
from backend.kernel.problems import NotAllowed, NotFound, Refusal
from backend.pages.desk import Reader
from backend.pages.frame import form_token, link, page, refused_page
from backend.pages.staff import blueprint, check_own_form, to_me
from backend.trust.access import Me, me, now, present, requires

READ_BACK_MOST = 4000


@blueprint.errorhandler(NotAllowed)
def lead_home(refusal: NotAllowed) -> BaseResponse:
    """Whoever may not see the list goes to the page that is theirs, or is told in words which role opens what."""
    person = present()
    if person is None or refusal.detail or request.method != "GET":
        return refused_page(refusal)
    if person.may("offers.answer"):
        return redirect(link("console.asked"), 303)
    return page("elsewhere", status=refusal.status, token=form_token(), roles=sorted(person.roles))


@blueprint.get("/asked")
@requires("offers.answer")
def asked() -> Response:
    """What I am asked by name, and what I said yes to."""
    return asked_page()


def asked_page(refusal: Refusal | None = None) -> Response:
    """The page; after a refused answer with the reason."""
    to = to_me()
    found = answers.open_offers_of(db.session(), org_ids=(), person_id=to.me.person_id)
    rows = [_row(offer, to) for offer in found]
    return page(
        "asked", status=refusal.status if refusal else 200, rows=rows, refusal=refusal, token=form_token(),
        works=to.me.may("incidents.read"), done=request.args.get("done", ""), switch=request.method == "GET",
    )  # fmt: skip


def _row(offer: Offer, to: Reader) -> dict[str, Any]:
    """An offer as its receiver sees it: where exactly comes with acceptance (C17)."""
    seen = viewed(offer)
    is_open = offer.state in OPEN_OFFER_STATES
    return seen | {
        "what": to.route(offer.route), "part_words": to.say(f"part.{offer.part}"), "open": is_open,
        "state_words": to.say(f"offer.{offer.state}"), "clock": to.clock(offer.due_at) if is_open else None,
    }  # fmt: skip


def _accept(offer_id: UUID, form: Mapping[str, str], who: By) -> None:
    read_back = form.get("read_back", "").strip()[:READ_BACK_MOST]
    answers.accept_offer(db.session(), offer_id, read_back=read_back or None, by=who, now=now())


def _decline(offer_id: UUID, _: Mapping[str, str], who: By) -> None:
    answers.decline_offer(db.session(), offer_id, reason=None, by=who, now=now())


def _arrive(offer_id: UUID, _: Mapping[str, str], who: By) -> None:
    answers.arrive(db.session(), offer_id, by=who, now=now())


def _set_out(offer_id: UUID, _: Mapping[str, str], who: By) -> None:
    answers.set_out(db.session(), offer_id, by=who, now=now())


def _finish(offer_id: UUID, _: Mapping[str, str], who: By) -> None:
    answers.finish(db.session(), offer_id, by=who, now=now())


ANSWERS: Mapping[str, Callable[[UUID, Mapping[str, str], By], None]] = {
    "accept": _accept, "decline": _decline, "on-the-way": _set_out, "arrived": _arrive, "done": _finish,
}  # fmt: skip


@blueprint.post("/asked/<uuid:offer_id>/<any('accept', 'decline', 'on-the-way', 'arrived', 'done'):said>")
@requires("offers.answer")
def answer(offer_id: UUID, said: str) -> BaseResponse:
    """Say yes, no, that I am on the way, there, or done."""
    check_own_form()
    try:
        _check_mine(offer_id, me())
        ANSWERS[said](offer_id, request.form, by())
    except Refusal as refusal:
        db.session.rollback()
        act_as(db.session(), me().actor)
        return asked_page(refusal)
    db.session.commit()
    return redirect(link("console.asked", done=said), 303)


def _check_mine(offer_id: UUID, person: Me) -> None:
    """Raise NotFound for an offer to a body: whoever works for it answers at its incident."""
    found = db.session().get(Offer, offer_id)
    if found is None or found.person_id != person.person_id:
        raise NotFound()
