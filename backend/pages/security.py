"""One's own sign-in without scripts: the app that shows codes, recovery codes, the password, where one is signed in.

Passkeys need the browser's scripts: they are added in the console.
"""

from typing import Any

from flask import Response, redirect, request
from markupsafe import Markup
from werkzeug.wrappers import Response as BaseResponse

from backend.kernel.database import act_as, db
from backend.kernel.problems import Refusal
from backend.pages.frame import form_token, link, page, ring
from backend.pages.sign_in import waiting
from backend.pages.staff import blueprint, check_own_form
from backend.trust import sessions
from backend.trust.access import OWN_SIGN_IN, demand_fresh, me, now, presented_token, requires
from backend.trust.actions import login_of
from backend.trust.factors import codes, state
from backend.trust.factors.api import changed_password, state_of
from backend.trust.refusals import SecondFactorNeeded, SignInAgain

PASSWORD_MOST, CODE_MOST = 1000, 20


@blueprint.errorhandler(SecondFactorNeeded)
def set_up_first(_: SecondFactorNeeded) -> BaseResponse:
    """Whoever has to set up their sign-in does so first."""
    return redirect(link("console.security"), 303)


@blueprint.errorhandler(SignInAgain)
def sign_in_again(_: SignInAgain) -> BaseResponse:
    """What was changed only a moment after signing in is changed after signing in again."""
    return redirect(link("console.sign_in_form", next=link("console.security")), 303)


@blueprint.get("/security")
@requires(OWN_SIGN_IN)
def security() -> Response:
    """How I sign in, and where I am signed in."""
    return security_page()


def security_page(refusal: Refusal | None = None, **made: Any) -> Response:
    """The page; with what was made just now (``app``, ``codes``), which no address ever holds, or with why not."""
    session, person = db.session(), me()
    known = state_of(person.person_id)
    rows = sessions.live_sessions(session, person.person_id, own=presented_token(), now=now())
    response = page(
        "security", status=refusal.status if refusal else 200, it=known, sessions=rows, token=form_token(),
        refusal=refusal, app=made.get("app"), codes=made.get("codes"), done=request.args.get("done", ""),
        drawing=Markup(made["app"].drawing) if made.get("app") else "",  # noqa: S704 - drawn by segno, of our own address
        switch=request.method == "GET", works=person.may("incidents.read") and not known["must"],
    )  # fmt: skip
    return waiting(response, refusal) if refusal else response


@blueprint.post("/security/app")
@requires(OWN_SIGN_IN)
def propose_app() -> Response:
    """A fresh secret for an app, shown now and never again."""
    return _made(
        "app", lambda: codes.propose_app(db.session(), ring(), person_id=me().person_id, login=_login(), now=now())
    )


@blueprint.post("/security/app/confirm")
@requires(OWN_SIGN_IN)
def confirm_app() -> BaseResponse:
    """Have the app count, by a code that it shows; recovery codes follow where there are none."""
    session, person_id, typed = db.session(), me().person_id, request.form.get("code", "")[:CODE_MOST]

    def act() -> list[str]:
        state.confirm_app(session, ring(), person_id=person_id, code=typed, own=presented_token() or "", now=now())
        return state.make_codes(session, person_id, now=now())

    return _made("codes", act)


@blueprint.post("/security/codes")
@requires(OWN_SIGN_IN)
def make_codes() -> Response:
    """Fresh recovery codes in place of the former."""
    return _made("codes", lambda: state.make_codes(db.session(), me().person_id, now=now()))


@blueprint.post("/security/password")
@requires(OWN_SIGN_IN)
def change_own_password() -> BaseResponse:
    """Change my password; my other sessions end."""
    check_own_form()
    present, password = (request.form.get(name, "")[:PASSWORD_MOST] for name in ("present", "password"))
    try:
        changed_password(present, password)
    except Refusal as refusal:
        return _refused(refusal)
    return redirect(link("console.security", done="password"), 303)


@blueprint.post("/security/sessions/end-others")
@requires(OWN_SIGN_IN)
def end_other_sessions() -> BaseResponse:
    """End all of my sessions but this one."""
    check_own_form()
    sessions.end_all(db.session(), me().person_id, but=presented_token(), now=now())
    db.session.commit()
    return redirect(link("console.security", done="sessions"), 303)


def _made(name: str, act: Any) -> Response:
    """Do something whose outcome is shown once."""
    check_own_form()
    demand_fresh()
    try:
        made = act()
    except Refusal as refusal:
        return _refused(refusal)
    db.session.commit()
    act_as(db.session(), me().actor)
    return security_page(**{name: made})


def _refused(refusal: Refusal) -> Response:
    db.session.rollback()
    act_as(db.session(), me().actor)
    return security_page(refusal)


def _login() -> str:
    return login_of(db.session(), me().person_id)
