"""From a posted form to what the API takes, and from what the API refuses to the field that is meant. Pure."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID, uuid4, uuid5

from marshmallow import ValidationError

from backend.intake.schemas import NewReportSchema

PHOTOS_MOST = 3
DISTRESS = "distress"
# Topics that each kind of report can have; help that is offered has the topics of help that is asked for.
TOPICS_OF = {"aid_offer": "aid_request"}
# What may be left out of an SOS when it cannot be used: nothing of this may hold it up (R01).
SPARE = frozenset({"place", "contact", "category"})
_SCHEMA = NewReportSchema()


def report_of(form: Mapping[str, str], *, language: str, topics: Mapping[str, str]) -> dict[str, Any]:
    """The report in a form, in the shape of ``POST /api/v1/reports``, without ``client_id`` and photos.

    ``topics``: the kind of each category. A category of another kind is left out: its tile was chosen before
    the kind was changed, and is hidden now. Danger without a kind is an SOS.
    """
    danger = "danger_now" in form
    kind = form.get("kind") or (DISTRESS if danger else "")
    sent: dict[str, Any] = {
        "kind": kind, "danger_now": danger, "anonymous": "anonymous" in form, "language": language, "channel": "page",
    }  # fmt: skip
    category = form.get("category", "")
    if category and topics.get(category, kind) == TOPICS_OF.get(kind, kind):
        sent["category"] = category
    if text := _written(form, "text"):
        sent["text"] = text
    if place := _place(form):
        sent["place"] = place
    if (email := _written(form, "email")) and keeps_contact(form):
        sent["contact"] = {"email": email, "consent": True}
    return sent


def keeps_contact(form: Mapping[str, str]) -> bool:
    """Whether an address in the form may be kept: only with a clear yes, and not from somebody without a name."""
    return "consent" in form and "anonymous" not in form


def _place(form: Mapping[str, str]) -> dict[str, Any]:
    place: dict[str, Any] = {}
    if landmark := _written(form, "landmark"):
        place["landmark"] = landmark
    for name in ("lat", "lon", "accuracy_m"):
        if raw := _written(form, name):
            place[name] = number_in(raw)
    if "lat" not in place:
        place.pop("accuracy_m", None)
    return place


def _written(form: Mapping[str, str], name: str) -> str:
    return form.get(name, "").replace("\r\n", "\n").strip()


def number_in(raw: str) -> float | str:
    """The number that was typed, with a point or a comma; what is none stays as it is, for the schema to refuse."""
    try:
        return float(raw.replace("−", "-").replace(",", ".").replace("，", ".").rstrip("°"))
    except ValueError:
        return raw


def form_id(form: Mapping[str, str]) -> UUID:
    """The id that this rendering of the form got; a fresh one when it was lost on the way."""
    try:
        return UUID(form.get("client_id", ""))
    except ValueError:
        return uuid4()


def client_id_of(form: UUID, sent: Mapping[str, Any], photos: Iterable[bytes]) -> UUID:
    """The report's ``client_id``: the same for the same form with the same content, photos included.

    So a form that is sent twice makes one report, and one that was changed after going back is not lost.
    """
    digest = hashlib.sha256(repr(sorted(sent.items())).encode("utf-8", "surrogatepass"))
    for photo in photos:
        digest.update(hashlib.sha256(photo).digest())
    return uuid5(form, digest.hexdigest())


def load_report(sent: Mapping[str, Any]) -> tuple[dict[str, Any], tuple[str, ...]]:
    """What ``receive`` takes, and what had to be left out of an SOS. Raises ValidationError for other reports."""
    try:
        found: dict[str, Any] = _SCHEMA.load(sent)
    except ValidationError as error:
        spoilt = SPARE & set(error.messages_dict) & set(sent)
        if sent.get("kind") != DISTRESS or not spoilt:
            raise
        # Again, for some mistakes are looked for only when there are no others.
        loaded, more = load_report({name: value for name, value in sent.items() if name not in spoilt})
        return loaded, tuple(sorted((*spoilt, *more)))
    return found, ()


# From the schema's names to the field of the form and the text that says what to do next.
_FIELDS: Mapping[str, tuple[str, str]] = {
    "kind": ("kind", "kind"),
    "category": ("category", "category"),
    "place": ("lat", "pair"),
    "place.lat": ("lat", "lat"),
    "place.lon": ("lon", "lon"),
    "place.accuracy_m": ("lat", "pair"),
    "place.landmark": ("landmark", "landmark"),
    "contact.email": ("email", "email"),
}


def errors_of(messages: Mapping[str, Any], sent: Mapping[str, Any]) -> dict[str, str]:
    """Which fields of the form need another look: the key of a text for each, in the order of the page."""
    found: dict[str, str] = {}
    for path in paths_in(messages):
        if path == "text":
            found["text"] = "long" if sent.get("text") else "empty"
        else:
            name, key = _FIELDS.get(path, ("kind", "other"))
            found.setdefault(name, key)
    order: Sequence[str] = ("kind", "text", "landmark", "lat", "lon", "category", "email")
    return {name: found[name] for name in order if name in found}


def paths_in(messages: Mapping[str, Any]) -> Iterable[str]:
    """The places of a validation error, such as ``place.lat``."""
    for name, inner in messages.items():
        if isinstance(inner, Mapping):
            yield from (f"{name}.{path}" for path in paths_in(inner))
        else:
            yield str(name)
