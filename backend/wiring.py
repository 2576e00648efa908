"""Which rooms an application has, and what connects rooms that may not import each other."""

from datetime import datetime, timedelta
from functools import partial

from flask import Flask, Response
from sqlalchemy.orm import Session

import backend.aid.api
import backend.aid.matching.api
import backend.areas.api
import backend.console.api
import backend.console.audit.api
import backend.console.health.api
import backend.console.map_api
import backend.console.measures.api
import backend.console.operations
import backend.conversations.api
import backend.dispatch.api
import backend.dispatch.printed.api
import backend.dispatch.rehearsal.api
import backend.dispatch.ways.api
import backend.incidents.api
import backend.incidents.desk.api  # its routes are of the blueprint of incidents
import backend.intake.api
import backend.intake.open311.api
import backend.organisations.api
import backend.organisations.api.chats
import backend.pages
import backend.policy.api
import backend.policy.matrix.api
import backend.rights.api
import backend.sharing.api
import backend.trust.api
import backend.trust.factors.api  # its routes are of the blueprint of sessions
import backend.trust.glass.api
from backend.aid import listing, settling
from backend.aid import reading as aid_reading
from backend.console.health import alarm
from backend.console.presence import forget_leases
from backend.conversations.actions import forget_old_conversations
from backend.dispatch import offers, volunteers
from backend.dispatch.deliveries import wire_dispatch
from backend.dispatch.printed.keeping import make_papers
from backend.dispatch.reading import deliveries_of, offers_of, was_told
from backend.incidents import handing_on, handover, ladder, reading
from backend.incidents.desk import disputes, undoing
from backend.intake import following, thread
from backend.intake.photos import forget_unattached, photos_of
from backend.intake.voice import voice_notes_of
from backend.kernel import hooks, pulse
from backend.kernel.blueprint import Blueprint
from backend.kernel.database import db
from backend.kernel.hooks import CompetenceLost
from backend.kernel.idempotency import forget_answers, keep_answer
from backend.kernel.jobs import ON_STOP, PERIODIC, SWEEPS, Periodic, Sweep
from backend.kernel.proxies import TrustedProxies
from backend.kernel.sweeps import SWEPT_AT, sweep_of
from backend.organisations.actions.chats import forget_codes
from backend.organisations.actions.credentials import expire_credentials
from backend.organisations.actions.duty import end_expired_duty
from backend.organisations.actions.swaps import lapse_swaps
from backend.policy.cache import wire_home
from backend.policy.changing import hold_due_changes
from backend.policy.simulating import resume_lost, wire_simulations
from backend.rights import erasing, requests, retention
from backend.rights.keeping import keeping_of
from backend.sharing import actions as sharing
from backend.trust.glass.actions import settle_openings
from backend.trust.glass.reading import openings_of
from backend.trust.steps import forget_steps
from backend.trust.throttle import forget_tries


def blueprints() -> list[Blueprint]:
    """The routes of every room."""
    return [
        backend.trust.api.blueprint,
        backend.trust.glass.api.blueprint,
        backend.conversations.api.blueprint,
        backend.areas.api.blueprint,
        backend.organisations.api.blueprint,
        backend.organisations.api.chats.bot,
        backend.policy.api.blueprint,
        backend.policy.matrix.api.blueprint,
        backend.incidents.api.blueprint,
        backend.dispatch.api.blueprint,
        backend.dispatch.rehearsal.api.blueprint,
        backend.dispatch.ways.api.blueprint,
        backend.dispatch.printed.api.blueprint,
        backend.intake.api.blueprint,
        backend.aid.api.blueprint,
        backend.aid.matching.api.blueprint,
        backend.sharing.api.blueprint,
        backend.rights.api.blueprint,
        backend.console.api.blueprint,
        backend.console.map_api.blueprint,
        backend.console.operations.blueprint,
        backend.console.measures.api.blueprint,
        backend.console.health.api.blueprint,
        backend.console.audit.api.blueprint,
    ]


def _keep_answer(response: Response) -> Response:
    keep_answer(db.session(), response)
    return response


def _forget_answers(app: Flask) -> int:
    """Repeated calls come within hours; what they were answered is kept for two days."""
    return sweep_of(lambda session, now: forget_answers(session, before=now - timedelta(days=2)))(app)


def _forget_tries(app: Flask) -> None:
    sweep_of(forget_tries)(app)
    sweep_of(forget_steps)(app)


def _forget_chats(app: Flask) -> None:
    """Codes are void after minutes, conversations after months; neither is kept for longer than it is of use."""
    sweep_of(forget_codes)(app)
    sweep_of(forget_old_conversations)(app)


def _forget_photos(app: Flask) -> None:
    sweep_of(partial(forget_unattached, folder=app.extensions["linli"].photos))(app)


def _expire(app: Flask) -> int:
    """Erase what has been kept for as long as the policy of keeping allows."""
    linli = app.extensions["linli"]
    return sweep_of(partial(retention.expire, keeping=keeping_of(linli.settings), ring=linli.keyring))(app)


def _erase(app: Flask) -> int:
    """Remove files of what was erased, and keep erased what a restored backup brought back."""
    linli = app.extensions["linli"]
    entries = erasing.listed(linli.settings.data / erasing.LIST_NAME)
    again = sweep_of(partial(erasing.catch_up, entries=entries, ring=linli.keyring))(app) if entries else 0
    return again + sweep_of(partial(erasing.carry_out, data=linli.settings.data))(app)


def _worker_lives(app: Flask) -> int:
    """Say that this worker lives, and when each of its sweeps last came to its end."""
    told = {"sweeps": {name: at.isoformat() for name, at in list(SWEPT_AT.items())}}
    session = db.session()
    pulse.beat(session, "worker", now=app.extensions["linli"].clock.now(), told=told)
    session.commit()
    return 0


def _worker_ends(_: Flask) -> None:
    session = db.session()
    pulse.end(session, "worker")
    session.commit()


def wire(app: Flask) -> None:
    """Enter the routes without a contract in OpenAPI, and what connects the rooms."""
    app.wsgi_app = TrustedProxies(app.wsgi_app, app.extensions["linli"].settings.trusted_proxies)  # type: ignore[method-assign]
    for blueprint in (backend.intake.open311.api.blueprint, *backend.pages.blueprints()):
        app.register_blueprint(blueprint)
    app.after_request(_keep_answer)
    connect(app)


def connect(app: Flask) -> None:
    """Enter what rooms call of each other, by the settings that ``app`` carries; may be done again with others."""
    wire_home(app.extensions["linli"].settings.timezone)
    wire_dispatch(app)
    reading.BESIDE |= {
        "offers": offers_of, "deliveries": deliveries_of, "photos": photos_of, "voices": voice_notes_of,
        "matches": aid_reading.of_incident, "openings": openings_of,
    }  # fmt: skip
    undoing.WAS_TOLD[:] = [was_told]
    following.ADDING[:] = [listing.listed]
    thread.BESIDE |= {"aid": aid_reading.told_of_listing, "matches": aid_reading.matches_of}
    hooks.on_departure[:] = [handing_on.leave, offers.withdraw_of_departed, handover.lapse_of_departed]
    hooks.on_competence_lost[:] = [_withdraw_tasks]
    SWEEPS["ladder"] = Sweep(sweep_of(ladder.climb))
    SWEEPS["offers"] = Sweep(sweep_of(offers.lapse_due))
    SWEEPS["handovers"] = Sweep(sweep_of(handover.lapse_due), every_s=1.0)
    SWEEPS["disputes"] = Sweep(sweep_of(disputes.count_missing), every_s=5.0)
    SWEEPS["shifts"] = Sweep(sweep_of(handing_on.follow_shifts), every_s=5.0)
    SWEEPS["credentials"] = Sweep(sweep_of(expire_credentials), every_s=30.0)
    SWEEPS["swaps"] = Sweep(sweep_of(lapse_swaps), every_s=30.0)
    SWEEPS["answers"] = Sweep(_forget_answers, every_s=3600.0)
    SWEEPS["aid"] = Sweep(sweep_of(settling.settle), every_s=30.0)
    SWEEPS["openings"] = Sweep(sweep_of(settle_openings), every_s=5.0)
    wire_simulations()
    SWEEPS["simulations"] = Sweep(sweep_of(resume_lost), every_s=10.0)
    SWEEPS["policy"] = Sweep(sweep_of(hold_due_changes), every_s=1.0)
    keeping_of(app.extensions["linli"].settings)  # a policy that makes no sense is refused at start
    SWEEPS["rights"] = Sweep(sweep_of(requests.call_again), every_s=30.0)
    SWEEPS["sharing"] = Sweep(sweep_of(sharing.settle), every_s=30.0)
    SWEEPS["retention"] = Sweep(_expire, every_s=60.0)
    SWEEPS["erasures"] = Sweep(_erase, every_s=10.0)
    SWEEPS["duty"] = Sweep(sweep_of(end_expired_duty), every_s=30.0)
    SWEEPS["signs of life"] = Sweep(_worker_lives, every_s=pulse.BEAT_S)
    ON_STOP["signs of life"] = _worker_ends
    SWEEPS["alarm outside"] = Sweep(alarm.ping, every_s=alarm.PING_EVERY_S)
    SWEEPS["leases"] = Sweep(sweep_of(forget_leases), every_s=60.0)
    PERIODIC["sign_in_tries"] = Periodic(_forget_tries, cron="7 * * * *")
    PERIODIC["printed rosters"] = Periodic(make_papers, cron="25 * * * *")
    PERIODIC["chats"] = Periodic(_forget_chats, cron="17 * * * *")
    PERIODIC["unattached_photos"] = Periodic(_forget_photos, cron="*/10 * * * *")


def _withdraw_tasks(session: Session, loss: CompetenceLost, now: datetime) -> None:
    volunteers.lose_task(session, person_id=loss.person_id, credential=loss.credential_type, now=now)
