"""Calls of linked people: the link itself, duty, and offers."""

from datetime import timedelta
from typing import Any

from bot.api_client import Refused
from bot.effects import AnswerOffer, Link, ListOffers, SetDuty, ShowDuty, Unlink
from bot.handlers.context import Context, carries, outcome, said_no
from bot.handlers.residents import end_link
from bot.inputs import Said, Spot
from bot.wording import span_to

# What the buttons say, as the API calls it.
ACTS = {
    "accept": "accept",
    "decline": "decline",
    "seen": "seen",
    "way": "on-the-way",
    "arrived": "arrived",
    "done": "done",
}
OPEN = frozenset({"proposed", "seen", "accepted", "arrived"})


@carries(Link)
async def link(context: Context, effect: Link) -> Said:
    """Redeem the code for this chat."""
    body = {"code": effect.code, "chat": str(context.chat)}
    try:
        told = await context.api.as_bot("POST", "links", body, language=context.language, key=context.next_key())
    except Refused as refused:
        return said_no(refused)
    context.sessions.drop(context.chat)
    return outcome("linked", {name: told.get(name) for name in ("kind", "language", "label")})


@carries(Unlink)
async def unlink(context: Context, _effect: Unlink) -> Said:
    """End the link."""
    await end_link(context)
    return outcome("unlinked")


@carries(ShowDuty)
async def show_duty(context: Context, _effect: ShowDuty) -> Said:
    """On duty, and for how long."""
    try:
        return _duty(context, await context.as_linked("GET", "me/duty"))
    except Refused as refused:
        return said_no(refused)


@carries(SetDuty)
async def set_duty(context: Context, effect: SetDuty) -> Said:
    """On for some hours, or off."""
    wish: dict[str, Any] = {"on_duty": effect.hours > 0}
    if effect.hours:
        wish["until"] = (context.now + timedelta(hours=effect.hours)).isoformat()
    if effect.spot:
        wish["place"] = {"lat": effect.spot.lat, "lon": effect.spot.lon}
    try:
        return _duty(context, await context.as_linked("PUT", "me/duty", wish))
    except Refused as refused:
        return said_no(refused)


def _duty(context: Context, told: dict[str, Any]) -> Said:
    until = told.get("until")
    span = span_to(until, context.now, context.language) if until else ""
    return outcome("duty", {"on": bool(told["on_duty"]), "span": span})


@carries(ListOffers)
async def list_offers(context: Context, _effect: ListOffers) -> Said:
    """What I am asked, and what I have accepted."""
    try:
        told = await context.as_linked("GET", "offers")
    except Refused as refused:
        return said_no(refused)
    shown = [one for one in told["items"] if one["state"] in OPEN]
    return outcome("offers", {"items": [_offer(context, one) for one in shown]})


def _offer(context: Context, offer: dict[str, Any]) -> dict[str, Any]:
    left = span_to(offer["due_at"], context.now, context.language)
    held = {name: offer.get(name) for name in ("id", "state", "distance_m", "on_the_way_at")}
    return {**held, "left": left}


@carries(AnswerOffer)
async def answer_offer(context: Context, effect: AnswerOffer) -> Said:
    """Answer one. The exact place comes with acceptance, and only then."""
    if effect.act not in ACTS:
        return outcome("not_answered", {"code": "unknown", "words": ""})
    words = {"accept": "read_back", "decline": "reason"}.get(effect.act)
    body = ({words: effect.words} if effect.words else {}) if words else None
    try:
        told = await context.as_linked("POST", f"offers/{effect.offer}/{ACTS[effect.act]}", body)
    except Refused as refused:
        return said_no(refused, "not_answered")
    place = told.get("place") or {}
    has_place = place.get("lat") is not None and place.get("lon") is not None
    spot = Spot(place["lat"], place["lon"], place.get("accuracy_m")) if has_place else None
    return outcome("answered", {"act": effect.act, "spot": spot, "offer": _offer(context, told)})
