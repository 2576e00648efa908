"""One's own Telegram chat, and the groups of the desks that one leads: a code to link, and the end of the link."""

from uuid import UUID

from flask import Response, redirect, request
from sqlalchemy import select
from werkzeug.wrappers import Response as BaseResponse

from backend.kernel.database import db
from backend.kernel.languages import pick
from backend.organisations.actions.chats import (
    MadeCode,
    end_links,
    link_of_person,
    linked_desks,
    make_desk_code,
    make_person_code,
)
from backend.organisations.api.blueprint import found
from backend.organisations.api.reach import demand_reach
from backend.organisations.models import ChatLink, Desk
from backend.pages.frame import form_token, link, page, reader, ring, settings
from backend.pages.staff import blueprint, check_own_form
from backend.trust.access import me, now, requires


@blueprint.get("/chat")
@requires("me.read")
def chat() -> Response:
    """Whether a chat stands for me, and which of my desks have a group."""
    return chat_page()


def chat_page(made: MadeCode | None = None, desk: Desk | None = None) -> Response:
    """The page; with a code that was made just now, which no address ever holds."""
    own = link_of_person(db.session(), me().person_id)
    desks = _desks() if me().may("rosters.write") else []
    since = linked_desks(db.session(), [one.id for one in desks])
    rows = [{"id": one.id, "name": pick(one.names, reader()), "since": since.get(one.id)} for one in desks]
    return page(
        "chat", since=own.linked_at if own else None, desks=rows, made=made, desk=pick(desk.names, reader()) if desk else "",
        token=form_token(), is_on=bool(settings().telegram_token), done=request.args.get("done", ""),
        switch=request.method == "GET", works=me().may("incidents.read"), asked=me().may("offers.answer"),
    )  # fmt: skip


def _desks() -> list[Desk]:
    mine = select(Desk).where(Desk.org_id.in_(list(me().organisation_ids)), Desk.closed_at.is_(None))
    return list(db.session().scalars(mine.order_by(Desk.name).limit(100)))


@blueprint.post("/chat/code")
@requires("me.read")
def make_own_code() -> Response:
    """A code for my own chat."""
    check_own_form()
    made = make_person_code(db.session(), ring(), me().person_id, now=now())
    shown = chat_page(made)
    db.session.commit()
    return shown


@blueprint.post("/chat/end")
@requires("me.read")
def end_own_link() -> BaseResponse:
    """End the link of my chat."""
    check_own_form()
    end_links(db.session(), ChatLink.person_id == me().person_id, now=now())
    db.session.commit()
    return redirect(link("console.chat", done="ended"), 303)


@blueprint.post("/chat/desks/<uuid:desk_id>/code")
@requires("rosters.write")
def make_group_code(desk_id: UUID) -> Response:
    """A code for the group of a desk."""
    check_own_form()
    desk = found(db.session(), Desk, desk_id)
    demand_reach(desk.org_id)
    made = make_desk_code(db.session(), ring(), desk_id, by=me().person_id, now=now())
    shown = chat_page(made, desk)
    db.session.commit()
    return shown


@blueprint.post("/chat/desks/<uuid:desk_id>/end")
@requires("rosters.write")
def end_group_link(desk_id: UUID) -> BaseResponse:
    """End the link of a desk's group."""
    check_own_form()
    demand_reach(found(db.session(), Desk, desk_id).org_id)
    end_links(db.session(), ChatLink.desk_id == desk_id, now=now())
    db.session.commit()
    return redirect(link("console.chat", done="ended"), 303)
