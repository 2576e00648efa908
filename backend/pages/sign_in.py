"""The staff's sign-in without scripts: login and password, then a code where the person has a second factor."""

import re

from flask import Response, redirect, request
from werkzeug.wrappers import Response as BaseResponse

from backend.kernel.database import db
from backend.kernel.problems import NotAllowed, Refusal
from backend.kernel.web import TooManyTries
from backend.pages.frame import is_foreign, link, page, settings
from backend.pages.staff import FOREIGN_FORM, blueprint, check_own_form
from backend.trust.access import ABSOLUTE, now, open_to_all, presented_token, public, requires
from backend.trust.cookies import drop_cookie, set_cookie
from backend.trust.refusals import StepOver, WrongFactor, WrongSignIn
from backend.trust.sessions import Opened, end_token
from backend.trust.signing_in import Begun, begin_by_password, finish

LOGIN_MOST, CODE_MOST, STEP_MOST = 200, 50, 100
OWN_PAGE = re.compile(r"/console(/[A-Za-z0-9/_-]*)?(\?[A-Za-z0-9=&,.%+_-]*)?")


def onward() -> str:
    """Where to go after signing in: a page of the console, never another site."""
    wanted = request.values.get("next", "")
    return wanted if OWN_PAGE.fullmatch(wanted) else link("console.incidents")


@blueprint.get("/sign-in")
@open_to_all
def sign_in_form() -> Response:
    """Login and password."""
    # A link in a web mail brings no cookie along (SameSite); one from our own page does.
    elsewhere = request.headers.get("Sec-Fetch-Site") not in {"same-origin", "none"}
    return first_step(came="next" in request.args, elsewhere=elsewhere)


@blueprint.post("/sign-in")
@public
def signed_in() -> BaseResponse:
    """Open a session; its token is in a cookie that no script and no other site can use. Or ask for a code first."""
    demand_home()
    login, password = (request.form.get(name, "") for name in ("login", "password"))
    try:
        found = begin_by_password(login[:LOGIN_MOST].replace("\x00", ""), password)
    except (WrongSignIn, TooManyTries) as refusal:
        return waiting(first_step(status=_status(refusal), refusal=refusal, switch=False), refusal)
    return second_step(found.step) if isinstance(found, Begun) else enter(found)


@blueprint.post("/sign-in/code")
@public
def shown_code() -> BaseResponse:
    """Show a code of the app, or a recovery code; it works once."""
    demand_home()
    step, code = request.form.get("step", "")[:STEP_MOST], request.form.get("code", "")[:CODE_MOST]
    try:
        return enter(finish(step, code=code))
    except StepOver as refusal:
        return first_step(status=422, refusal=refusal, switch=False)
    except (WrongFactor, TooManyTries) as refusal:
        return waiting(second_step(step, status=_status(refusal), refusal=refusal), refusal)


def first_step(*, status: int = 200, switch: bool = True, **told: object) -> Response:
    """The form for login and password."""
    return page("sign_in", status=status, switch=switch, onward=onward(), agency=settings().oidc_name_shown, **told)


def second_step(step: str, *, status: int = 200, refusal: Refusal | None = None, wanted: str = "") -> Response:
    """The form for the code; ``step`` stands in it and in no address. ``wanted``: where to go on after it."""
    return page("second_step", status=status, switch=False, onward=wanted or onward(), step=step, refusal=refusal)


def enter(found: Opened, wanted: str = "") -> BaseResponse:
    """Go on to where one was going, with the session's cookie."""
    back = redirect(wanted or onward(), 303)
    set_cookie(back, found.token, lasts=ABSOLUTE)
    return back


def demand_home() -> None:
    """Raise NotAllowed for a form that another site sent."""
    if is_foreign():
        raise NotAllowed(FOREIGN_FORM)


def waiting(response: Response, refusal: Refusal) -> Response:
    """The response, which says when to try again where one has to wait."""
    if "retry_after_s" in refusal.members:
        response.headers["Retry-After"] = str(refusal.members["retry_after_s"])
    return response


def _status(refusal: Refusal) -> int:
    """A form that was filled in wrongly is no page that one may not see."""
    return 422 if refusal.status == 401 else refusal.status


@blueprint.post("/sign-out")
@requires("me.sign_in")
def close_session() -> BaseResponse:
    """End the session at once."""
    check_own_form()
    end_token(db.session(), presented_token() or "", now=now())
    db.session.commit()
    response = redirect(link("console.sign_in_form"), 303)
    drop_cookie(response)
    return response
