"""The calls of GeoReport v2. What it is and what it leaves out is said in docs/api.md and docs/adr/0007."""

from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any, Concatenate, ParamSpec
from uuid import UUID

from flask import Blueprint, Response, current_app, request

from backend.intake.open311.formats import CONTENT_TYPES, written
from backend.intake.open311.own import own_requests
from backend.intake.open311.public import public_by_ids, public_requests
from backend.intake.open311.reading import Reader
from backend.intake.open311.refusals import NoSuchFormat, NoSuchRequest, NoSuchService, NoSuchToken, dress
from backend.intake.open311.schemas import ListQuerySchema, NewRequestSchema, Open311Schema
from backend.intake.open311.sending import answered, take
from backend.intake.open311.services import ENDPOINT, definition, discovery, service_list, services_of
from backend.kernel.database import db
from backend.kernel.idempotency import HEADER
from backend.kernel.web import language
from backend.settings import Settings
from backend.trust.access import now, public, public_with_own_key

blueprint = Blueprint("open311", __name__, url_prefix=ENDPOINT)
blueprint.after_app_request(dress)
P = ParamSpec("P")


def settings() -> Settings:
    """The application's settings."""
    found: Settings = current_app.extensions["linli"].settings
    return found


def site() -> str:
    """The address of this server, as its clients know it."""
    return settings().public_url or request.host_url.rstrip("/")


def takes(schema: Open311Schema) -> Callable[[Callable[Concatenate[dict[str, Any], P], Any]], Callable[P, Response]]:
    """Declare what a call takes; its handler gets that, and returns the name of the document and its content."""

    def mark(handler: Callable[Concatenate[dict[str, Any], P], Any]) -> Callable[P, Response]:
        @wraps(handler)
        def view(*args: P.args, **kwargs: P.kwargs) -> Response:
            suffix = str(kwargs.pop("suffix"))
            if suffix not in CONTENT_TYPES:
                raise NoSuchFormat()
            name, value = handler(schema.read(request), *args, **kwargs)
            response = Response(written(name, value, suffix), content_type=CONTENT_TYPES[suffix])
            response.headers["Content-Language"] = language()
            return response

        view.takes = schema  # type: ignore[attr-defined]
        return view

    return mark


def reader() -> Reader:
    """Who asks, and what may be told."""
    known = current_app.extensions["linli"]
    services = services_of(db.session(), known.settings, now=now())
    return Reader(db.session(), known.settings, known.keyring, services, language(), now())


@blueprint.get("/discovery.<suffix>")
@public
@takes(Open311Schema())
def get_discovery(_: dict[str, Any]) -> Any:
    """Where the interface is, and which formats it speaks."""
    return "discovery", discovery(db.session(), settings(), site=site(), language=language())


@blueprint.get("/services.<suffix>")
@public
@takes(Open311Schema())
def get_services(_: dict[str, Any]) -> Any:
    """Every service: the categories of which something may be public."""
    return "services", service_list(reader().services, language())


@blueprint.get("/services/<code>.<suffix>")
@public
@takes(Open311Schema())
def get_service(_: dict[str, Any], code: str) -> Any:
    """What may be asked for a service beside the usual."""
    return "service_definition", definition(reader().services, code, language())


@blueprint.post("/requests.<suffix>")
@public_with_own_key
@takes(NewRequestSchema())
def post_request(form: dict[str, Any]) -> Any:
    """Send a request: a report like every other. The same ``Idempotency-Key`` again makes none twice."""
    known, key = current_app.extensions["linli"], request.headers.get(HEADER)
    told = {"language": language(), "settings": known.settings, "ring": known.keyring, "now": now()}
    received = take(db.session(), form, key=key, **told)
    answer = answered(db.session(), received, form, site=site(), language=language())
    db.session.commit()
    return "service_requests", [answer]


@blueprint.get("/requests.<suffix>")
@public
@takes(ListQuerySchema())
def get_requests(asked: dict[str, Any]) -> Any:
    """Requests by their ids; or what anybody may know of all, blurred and one to two weeks late."""
    if "service_request_id" in asked:
        return "service_requests", found(reader(), asked["service_request_id"])
    if set(asked.get("service_code", ())) - reader().services.keys():
        raise NoSuchService()
    return "service_requests", public_requests(reader(), asked)


@blueprint.get("/requests/<request_id>.<suffix>")
@public
@takes(Open311Schema())
def get_request(_: dict[str, Any], request_id: str) -> Any:
    """How a request stands."""
    known = found(reader(), [request_id])
    if not known:
        raise NoSuchRequest()
    return "service_requests", known


@blueprint.get("/tokens/<token>.<suffix>")
@public
@takes(Open311Schema())
def get_token(_: dict[str, Any], token: str) -> Any:
    """The id of a request by its token, which is the same here."""
    known = own_requests(reader(), ids_in([token]))
    if not known:
        raise NoSuchToken()
    return "service_requests", [{"service_request_id": str(one), "token": str(one)} for one in known]


def found(who: Reader, ids: Iterable[str]) -> list[dict[str, Any]]:
    """The requests of ``ids``, in that order: a sender's own by the id it got, others as the public list has them."""
    wanted = ids_in(ids)
    own = own_requests(who, wanted)
    known = public_by_ids(who, set(wanted) - own.keys()) | own
    return [known[one] for one in wanted if one in known]


def ids_in(said: Iterable[str]) -> list[UUID]:
    """Those that can be ids; whatever else is asked for is not there."""
    return list(dict.fromkeys(found_id for one in said if (found_id := _id(one))))


def _id(said: str) -> UUID | None:
    try:
        return UUID(said)
    except ValueError:
        return None
