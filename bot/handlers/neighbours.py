"""Calls about neighbours: how a report stands with them, one contact, and the board around a place."""

from collections.abc import Mapping
from typing import Any

from bot.api_client import Refused
from bot.effects import LookAround, OpenNeighbours
from bot.handlers.context import Context, carries, outcome, said_no
from bot.inputs import Said
from bot.wording import say, span_to, texts

SHOWN_MESSAGES = 6
SHOWN_CHARACTERS = 600
SHOWN_MATCHES = 8
SHOWN_LISTINGS = 6
OTHER = {"aid_request": "offer", "aid_offer": "request"}
OPEN = ("tentative", "accepted_by_one", "accepted", "in_progress")


@carries(OpenNeighbours)
async def open_neighbours(context: Context, effect: OpenNeighbours) -> Said:
    """All contacts of a report, or one of them. One that is not there any more leads to all."""
    try:
        found = await context.with_receipt("GET", "receipt", effect.receipt)
    except Refused as refused:
        return said_no(refused)
    matches = found["matches"][:SHOWN_MATCHES]
    one = next((match for match in found["matches"] if match["id"] == effect.match), None)
    if one:
        return outcome("match", {"id": one["id"], "may": list(one["allowed"]), "words": _match(context, one)})
    aid = found.get("aid") or {}
    may = [*(("still_yes", "still_no") if aid.get("still") else ()), *(("off_board",) if aid.get("on_board") else ())]
    words = "\n".join((_standing(context, aid), *(f"{at}. {_line(one)}" for at, one in enumerate(matches, 1))))
    return outcome("neighbours", {"matches": [match["id"] for match in matches], "may": may, "words": words})


def _standing(context: Context, aid: Mapping[str, Any]) -> str:
    language = context.language
    if aid.get("asks"):
        return say(language, "near.asks", span=span_to(aid["until"], context.now, language))
    if aid.get("on_board"):
        return say(language, "near.on_board", span=span_to(aid["until"], context.now, language))
    return str(aid.get("words") or say(language, "near.off_board"))


def _line(match: Mapping[str, Any]) -> str:
    return str(match["state_words"])


def _match(context: Context, match: Mapping[str, Any]) -> str:
    """One contact in words: how it stands, what the other says in codes, what was written, and what both agreed to show."""
    language = context.language
    lines = [str(match["state_words"])]
    if match["state"] in OPEN:
        lines += [f"• {words}" for words in match["advice"]]
    if "accept" in match["allowed"] and match["side"] == "request":
        lines.append(say(language, "match.place_then"))
    if match["asks_how"]:
        lines.append(say(language, "match.how"))
    if match["waits_for_second"]:
        lines.append(say(language, "match.second"))
    if said := _says(context, match["theirs"].get("says") or {}):
        lines.append(said)
    lines += _shown(context, match)
    for one in match["messages"][-SHOWN_MESSAGES:]:
        words = one["words"] if isinstance(one["words"], str) and one["words"] else say(language, "report.no_words")
        key = "match.from_me" if one["from"] == "me" else "match.from_other"
        lines.append(say(language, key, ago=span_to(one["at"], context.now, language), words=words[:SHOWN_CHARACTERS]))
    return "\n".join(lines)


def _shown(context: Context, match: Mapping[str, Any]) -> list[str]:
    """Place and contact, as soon as they may be seen."""
    language, lines = context.language, []
    if place := match["place"]:
        point = f"{place['lat']}, {place['lon']}" if "lat" in place else ""
        where = ", ".join(filter(None, (place.get("landmark"), point)))
        lines.append(say(language, "match.place", where=where))
    if contact := match["contact"]:
        lines.append(say(language, "match.contact", how=", ".join(contact.values())))
    elif match["shares_by_me"]:
        lines.append(say(language, "match.share_wait"))
    elif match["shares_by_other"]:
        lines.append(say(language, "match.share_theirs"))
    return lines


def _says(context: Context, says: Mapping[str, Any]) -> str:
    """What a listing says in codes; a code that has no words here is left out."""
    language, known = context.language, texts(context.language)
    parts = []
    if "amount" in says:
        unit = known.get(f"wish.{says.get('unit')}", "")
        parts.append(f"{says['amount']:g} {unit}".strip())
    if says.get("people"):
        parts.append(say(language, "wish.people", count=says["people"]))
    codes = [*(says.get("conditions") or ()), *(says.get("accessibility") or ())]
    return " · ".join((*parts, *(known[f"wish.{code}"] for code in codes if f"wish.{code}" in known)))


@carries(LookAround)
async def look_around(context: Context, effect: LookAround) -> Said:
    """What fits the report on the board: the other direction, the same need, the nearest first."""
    try:
        found = await context.with_receipt("GET", "receipt", effect.receipt)
        wanted: dict[str, Any] = {"near": {"lat": effect.spot.lat, "lon": effect.spot.lon}, "limit": SHOWN_LISTINGS}
        if direction := OTHER.get(found["kind"]):
            wanted["direction"] = direction
        if need := found["incident"]["category"]:
            wanted["need"] = need
        page = await context.api.call("POST", "aid/listings/search", wanted, language=context.language)
    except Refused as refused:
        return said_no(refused)
    own = (found.get("aid") or {}).get("listing_id")
    items = [{"id": one["id"], "words": _listing(context, one)} for one in page["items"] if one["id"] != own]
    return outcome("board", {"items": items})


def _listing(context: Context, one: Mapping[str, Any]) -> str:
    language = context.language
    distance = say(language, f"distance.{one['distance']}")
    days = (one["when"] or {}).get("days")
    when = say(language, f"days.{days}") if days else ""
    return " · ".join(filter(None, (distance, when, _says(context, one["says"]))))
