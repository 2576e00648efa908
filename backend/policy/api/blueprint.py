"""The blueprint of the room, and what its handlers share."""

from typing import Any

from flask import current_app, request

from backend.areas.lookup import AREAS
from backend.kernel.blueprint import Blueprint
from backend.kernel.database import db
from backend.kernel.etags import etag_of
from backend.kernel.problems import NotAllowed, NotFound
from backend.policy.cache import EVERYWHERE
from backend.policy.change_reading import change_detail
from backend.policy.models import PolicyChange
from backend.settings import Settings
from backend.trust.access import me

Tagged = tuple[dict[str, Any], int, dict[str, str]]

blueprint = Blueprint("policy", __name__, url_prefix="/api/v1", description="Categories and the rules of each place")


def settings() -> Settings:
    """The application's settings."""
    found: Settings = current_app.extensions["linli"].settings
    return found


def by() -> str:
    """Who acts, as history names them."""
    return str(me().actor)


def if_match() -> str | None:
    """The tags that an edit expects."""
    return request.headers.get("If-Match")


def demand_reach(area_id: int | None) -> None:
    """Raise NotAllowed unless a layer's place is one that the caller works for."""
    chain = AREAS.get(db.session()).chain(area_id) if area_id else ()
    if not {EVERYWHERE, *chain} & set(me().area_ids):
        raise NotAllowed({"en": "This layer reaches beyond your areas.", "zh": "该规则层超出您的区域范围。"})


def area_asked(area_id: int | None) -> int | None:
    """An area that is there; None and 0 are everywhere. Raises NotFound, NotAllowed."""
    if area_id and not AREAS.get(db.session()).chain(area_id):
        raise NotFound({"en": "There is no such area.", "zh": "没有此区域。"})
    demand_reach(area_id or None)
    return area_id or None


def answer(change: PolicyChange, status: int = 200) -> Tagged:
    """A change with its tag, as it stands in the present transaction, which is committed."""
    db.session.flush()
    shown, tag = change_detail(db.session(), change), etag_of(change)
    db.session.commit()
    return shown, status, {"ETag": tag}
