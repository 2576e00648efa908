"""One incident as staff read it: what was said, who answers, who was told, and why it was routed so."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select

from backend.dispatch.deliveries import mark_seen
from backend.dispatch.models import OPEN_OFFER_STATES, Delivery
from backend.dispatch.wording import words_of
from backend.incidents.reading import whole
from backend.intake.models import Photo, VoiceNote
from backend.pages.desk import Reader, listed_row, names_of
from backend.pages.wording import say_list
from backend.trust.access import Me

SBAR = ("situation", "background", "assessment", "recommendation")


def seen_whole(to: Reader, incident_id: UUID) -> dict[str, Any]:
    """Everything about an incident, in words. Raises NoSuchIncident.

    Messages in the reader's own inbox about it count as seen from now on; the caller commits.
    """
    _mark_read(to, incident_id)
    found = whole(to.session, incident_id, ring=to.ring)
    names = names_of(to, _people_in(found))
    return listed_row(found, to) | {
        "status_code": found["status"], "version": found["version"], "kind_code": found["kind"],
        "category_code": found["category"], "opened_at": found["opened_at"], "closed_at": found["closed_at"],
        "allowed": frozenset(found["allowed"]), "safe_mode": found["safe_mode"], "duty_open": found["duty_open"],
        "outcome": found["outcome"], "place": _place(found["place"], to),
        "said": _reports(found["reports"], to), "thread": _thread(found, names, to),
        "notes": [note | {"by": names.get(note["written_by"], "")} for note in found["notes"]],
        "ownership": [_owned(one, names, to) for one in reversed(found["ownership"])],
        "clocks": [_clock(one, to) for one in found["clocks"]],
        "goals": [goal | {"words": to.pick(goal["text"])} for goal in found["goals"] if goal["state"] != "dropped"],
        "offers": [_offer(one, names, to) for one in found["offers"]],
        "deliveries": [_delivery(one, found["number"], names, to) for one in found["deliveries"]],
        "handovers": [_handover(one, to) for one in found["handovers"]],
        "handed_to_me": _is_handed(found["handovers"], to.me),
        "reasons": [_decision(one, to) for one in reversed(found["decisions"])],
        "timeline": [_event(one, names, to) for one in found["timeline"]],
    }  # fmt: skip


def _mark_read(to: Reader, incident_id: UUID) -> None:
    mine = to.session.scalars(
        select(Delivery.id).where(
            Delivery.incident_id == incident_id, Delivery.person_id == to.me.person_id,
            Delivery.channel == "in_app", Delivery.state == "handed_over",
        )
    ).all()  # fmt: skip
    if mine:
        mark_seen(to.session, mine, person_id=to.me.person_id, now=to.now)


def _people_in(found: Mapping[str, Any]) -> set[UUID]:
    ids = {one["written_by"] for one in (*found["notes"], *found["messages"])}
    ids |= {one["person_id"] for part in ("ownership", "offers", "deliveries") for one in found[part]}
    ids |= {one["answered_by"] for one in found["offers"]}
    ids |= {_actor_id(event["actor"]) for event in found["timeline"]}
    return {one for one in ids if one}


def _place(place: Mapping[str, Any], to: Reader) -> dict[str, Any]:
    named = [to.area(area) for area in place["area_ids"]]
    return dict(place) | {"areas": named}


def _reports(reports: Sequence[Mapping[str, Any]], to: Reader) -> list[dict[str, Any]]:
    ids = [one["id"] for one in reports]
    photos, voices = (_uploaded(model, ids, to) for model in (Photo, VoiceNote))
    return [
        dict(one) | {
            "kind_words": to.say(f"kind.{one['kind']}"), "channel_words": to.say(f"channel.{one['channel']}"),
            "photos": photos.get(one["id"], []), "voices": voices.get(one["id"], []),
        }
        for one in reports
    ]  # fmt: skip


def _uploaded(model: type[Photo | VoiceNote], ids: Sequence[UUID], to: Reader) -> dict[UUID, list[UUID]]:
    """The photos or voice notes of each report."""
    found: dict[UUID, list[UUID]] = {}
    query = select(model.report_id, model.id).where(model.report_id.in_(ids)).order_by(model.uploaded_at)
    for report_id, which in to.session.execute(query):
        if report_id:
            found.setdefault(report_id, []).append(which)
    return found


def _thread(found: Mapping[str, Any], names: Mapping[UUID, str], to: Reader) -> list[dict[str, Any]]:
    """The messages with reporters; what went to several of them at once is shown once."""
    shown: dict[tuple[Any, ...], dict[str, Any]] = {}
    for one in found["messages"]:
        if one["template"] == "reporter_answer":
            continue
        said = words_of(one["template"], one["params"], to.language).body if one["template"] else one["body"]
        mine = one["direction"] == "to_reporter"
        by = names.get(one["written_by"]) or to.say("by.linli" if one["template"] else "by.colleague")
        shown.setdefault(
            (one["at"], str(said), mine),
            {"at": one["at"], "words": said, "mine": mine, "by": by if mine else to.say("by.reporter")},
        )
    return list(shown.values())


def _owned(one: Mapping[str, Any], names: Mapping[UUID, str], to: Reader) -> dict[str, Any]:
    return {
        "label": to.owner(one["org_id"], one["desk_id"]), "person": names.get(one["person_id"], ""),
        "since": one["since"], "until": one["until"], "act": to.say_if_known("moved", one["by_act"]),
    }  # fmt: skip


def _clock(one: Mapping[str, Any], to: Reader) -> dict[str, Any]:
    running = one["state"] == "running"
    return dict(one) | {
        "words": to.say(f"promise.{one['kind']}"), "state_words": to.say(f"promise_state.{one['state']}"),
        "clock": to.clock(one["due_at"]) if running else None,
    }  # fmt: skip


def _offer(one: Mapping[str, Any], names: Mapping[UUID, str], to: Reader) -> dict[str, Any]:
    is_open = one["state"] in OPEN_OFFER_STATES
    person, org = one["person_id"], one["org_id"]
    asked_me = person == to.me.person_id if person else org in to.me.organisation_ids
    return {
        "to": to.owner(org, one["desk_id"]), "route": to.route(one["route"]), "part": to.say(f"part.{one['part']}"),
        "state": to.say(f"offer.{one['state']}"), "clock": to.clock(one["due_at"]) if is_open else None,
        "at": one["answered_at"] or one["seen_at"] or one["offered_at"], "by": names.get(one["answered_by"], ""),
        "mine": is_open and asked_me,
    }  # fmt: skip


def _delivery(one: Mapping[str, Any], number: int, names: Mapping[UUID, str], to: Reader) -> dict[str, Any]:
    in_inbox = one["channel"] == "in_app" and one["state"] == "handed_over"
    return {
        "to": _receiver(one, names, to), "by": to.say(f"way.{one['channel']}"),
        "about": words_of(one["template"], {"number": number}, to.language).subject,
        "proof": to.say("told.in_app.handed_over" if in_inbox else f"told.{one['state']}"),
        "at": one["seen_at"] or one["delivered_at"] or one["handed_over_at"] or one["created_at"],
        "failed": one["state"] in {"failed", "not_sent"},
    }  # fmt: skip


def _receiver(one: Mapping[str, Any], names: Mapping[UUID, str], to: Reader) -> str:
    if one["report_id"]:
        return to.say("by.reporter")
    if one["person_id"]:
        return names.get(one["person_id"]) or to.say("by.colleague")
    desk = to.directory.desks.get(one["desk_id"])
    return to.pick(desk.names) if desk else to.say("somebody")


def _handover(one: Mapping[str, Any], to: Reader) -> dict[str, Any]:
    is_open = one["state"] == "proposed"
    sbar = one["sbar"] if isinstance(one["sbar"], Mapping) else {}
    return {
        "to": to.owner(one["to_org_id"], one["to_desk_id"]), "state": to.say(f"handover.{one['state']}"),
        "at": one["answered_at"] or one["proposed_at"], "clock": to.clock(one["due_at"]) if is_open else None,
        "sbar": [(to.say(f"sbar.{part}"), sbar[part]) for part in SBAR if sbar.get(part)],
    }  # fmt: skip


def _is_handed(handovers: Iterable[Mapping[str, Any]], me: Me) -> bool:
    return any(one["state"] == "proposed" and one["to_org_id"] in me.organisation_ids for one in handovers)


def _decision(one: Mapping[str, Any], to: Reader) -> dict[str, Any]:
    """Why it was routed so: what was decided, and each rule that had a part in it, with its layer and version."""
    result = one["result"]
    titles = {rule.id: rule.title for rule in to.book.product.rules}
    applied = [step for step in one["trace"] if step["result"] != "not_applied"]
    tried = dict.fromkeys(step["rule"] for step in one["trace"] if step["result"] == "not_applied")
    grade = result["grade"]
    return {
        "at": one["at"], "made": to.say_if_known("decided", one["kind"]), "version": one["policy_version"],
        "category": to.category(result["category"]), "grade": to.grade(int(grade[1])), "lead": to.route(result["lead"]),
        "parallel": say_list([to.route(route) for route in result["parallel"]], to.language),
        "letters": ", ".join(f"({letter})" for letter in result["police"]["letters"]),
        "steps": [_step(step, to) for step in applied],
        "failures": [_step(step, to) for step in result.get("failures", ())],
        "tried": [(rule, to.pick(titles[rule])) for rule in tried if titles.get(rule)],
    }  # fmt: skip


def _step(step: Mapping[str, Any], to: Reader) -> dict[str, str]:
    where = to.say("why.where", layer=step["layer"], lock=to.say(f"lock.{step['lock']}"), version=step["version"])
    return {"rule": step["rule"], "why": to.pick(step.get("why", {})), "where": where}


def _actor_id(actor: str) -> UUID | None:
    kind, _, raw = actor.partition(":")
    return UUID(raw) if kind == "person" else None


def _event(event: Mapping[str, Any], names: Mapping[UUID, str], to: Reader) -> dict[str, Any]:
    person = _actor_id(event["actor"])
    by = (names.get(person) or to.say("by.colleague")) if person else ""
    return {"at": event["at"], "words": to.say_if_known("event", event["type"]), "detail": _detail(event, to), "by": by}


def _detail(event: Mapping[str, Any], to: Reader) -> str:
    said = event["payload"]
    if event["type"] == "IncidentRegraded":
        return f"{to.grade(said['old'])} → {to.grade(said['new'])}"
    if event["type"] == "RungClimbed":
        rung = next((rung for rung in to.book.rungs if rung.number == said["rung"]), None)
        return to.pick(rung.label) if rung else ""
    if said.get("org_id"):
        desk = said.get("desk_id")
        return to.owner(UUID(said["org_id"]), UUID(desk) if desk else None)
    if event["type"] == "IncidentTriaged":
        return f"{to.category(said['category'])}, {to.grade(said['grade'])}"
    return ""
