"""Which rooms an application has, and what connects rooms that may not import each other."""

from datetime import datetime

from flask import Flask
from sqlalchemy.orm import Session

import backend.areas.api
import backend.dispatch.api
import backend.incidents.api
import backend.intake.api
import backend.organisations.api
import backend.pages
import backend.trust.api
from backend.dispatch import offers, volunteers
from backend.dispatch.deliveries import wire_dispatch
from backend.incidents import handing_on, handover, ladder
from backend.kernel import hooks
from backend.kernel.blueprint import Blueprint
from backend.kernel.hooks import CompetenceLost
from backend.kernel.jobs import SWEEPS, Sweep
from backend.kernel.sweeps import sweep_of
from backend.organisations.actions.credentials import expire_credentials
from backend.organisations.actions.duty import end_expired_duty


def blueprints() -> list[Blueprint]:
    """The routes of every room."""
    return [
        backend.trust.api.blueprint,
        backend.areas.api.blueprint,
        backend.organisations.api.blueprint,
        backend.incidents.api.blueprint,
        backend.dispatch.api.blueprint,
        backend.intake.api.blueprint,
    ]


def wire(app: Flask) -> None:
    """Name the gateway out, what follows when somebody departs, and what the worker looks for."""
    for blueprint in backend.pages.blueprints():
        app.register_blueprint(blueprint)
    wire_dispatch(app)
    hooks.on_departure[:] = [handing_on.leave]
    hooks.on_competence_lost[:] = [_withdraw_tasks]
    SWEEPS["ladder"] = Sweep(sweep_of(ladder.climb))
    SWEEPS["offers"] = Sweep(sweep_of(offers.lapse_due))
    SWEEPS["handovers"] = Sweep(sweep_of(handover.lapse_due), every_s=1.0)
    SWEEPS["shifts"] = Sweep(sweep_of(handing_on.follow_shifts), every_s=5.0)
    SWEEPS["credentials"] = Sweep(sweep_of(expire_credentials), every_s=30.0)
    SWEEPS["duty"] = Sweep(sweep_of(end_expired_duty), every_s=30.0)


def _withdraw_tasks(session: Session, loss: CompetenceLost, now: datetime) -> None:
    volunteers.lose_task(session, person_id=loss.person_id, credential=loss.credential_type, now=now)
