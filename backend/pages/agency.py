"""Signing in at an agency of one's own (OpenID Connect): out to its sign-in, and back."""

from flask import redirect, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from backend.kernel.database import RESIDENT, act_as, db
from backend.kernel.web import TooManyTries
from backend.pages.frame import link, ring, settings
from backend.pages.sign_in import enter, first_step, onward, second_step, waiting
from backend.pages.staff import blueprint
from backend.trust import throttle
from backend.trust.access import now, public
from backend.trust.actions import person_of_subject
from backend.trust.agency import Agency
from backend.trust.cookies import drop_step, set_step, step_in
from backend.trust.refusals import AgencyRefused, NoAgency, StepOver, UnknownSubject
from backend.trust.rules import STEP_LASTS, StepKind
from backend.trust.sessions import Opened
from backend.trust.signing_in import go_on, nameless
from backend.trust.steps import begin_step, spend_step, try_step


def agency() -> Agency:
    """The agency's sign-in. Raises NoAgency."""
    if not settings().oidc_issuer:
        raise NoAgency()
    return Agency(settings(), settings().url.rstrip("/") + url_for("console.from_agency"))


@blueprint.get("/agency")
@public
def to_agency() -> BaseResponse:
    """Go to the agency's sign-in. What its answer is compared with is kept here, under a token in a cookie."""
    session = db.session()
    try:
        throttle.begin_nameless(session, nameless())
        session.commit()  # nothing is held in the database while the agency is asked
        leaving = agency().leave()
    except (AgencyRefused, TooManyTries) as refusal:
        status = 502 if refusal.status == 401 else refusal.status
        return waiting(first_step(status=status, refusal=refusal, switch=False), refusal)
    act_as(session, RESIDENT)
    held = dict(leaving.held) | {"next": onward()}
    step = begin_step(session, ring(), StepKind.AGENCY, person_id=None, held=held, now=now())
    db.session.commit()
    away = redirect(leaving.address, 303)
    set_step(away, step, lasts=STEP_LASTS)
    return away


@blueprint.get("/agency/back")
@public
def from_agency() -> BaseResponse:
    """Come back from the agency: a session, or the second step, or the reason why not."""
    try:
        response = _arrived()
    except (AgencyRefused, StepOver, UnknownSubject) as refusal:
        db.session.commit()  # that the step was tried and spent stays so
        response = waiting(first_step(status=refusal.status, refusal=refusal, switch=False), refusal)
    drop_step(response)
    return response


def _arrived() -> BaseResponse:
    session, place = db.session(), agency()
    step = try_step(session, ring(), step_in(request.cookies, is_secure=request.is_secure), StepKind.AGENCY, now=now())
    spend_step(session, step)
    session.commit()  # nothing is held in the database while the agency is asked
    known = place.arrive({name: request.args[name] for name in request.args}, step.held, now=now())
    act_as(session, RESIDENT)
    person_id = person_of_subject(session, ring(), issuer=known.issuer, subject=known.subject)
    if person_id is None:
        raise UnknownSubject(known.subject)
    throttle.succeed(session, nameless(), counted=True)
    found = go_on(person_id, has_second_factor=known.is_strong)
    db.session.commit()
    wanted = str(step.held.get("next", link("console.incidents")))
    if isinstance(found, Opened):
        return enter(found, wanted)
    return second_step(found.step, wanted=wanted)
