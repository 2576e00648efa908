"""Which rooms an application has, and what connects rooms that may not import each other."""

from flask import Flask
from flask_smorest import Blueprint

import backend.areas.api
import backend.dispatch.api
import backend.incidents.api
import backend.intake.api
import backend.trust.api
from backend.dispatch.gateway import DispatchGateway
from backend.incidents import handing_on
from backend.kernel import hooks, outbox


def blueprints() -> list[Blueprint]:
    """The routes of every room."""
    return [
        backend.trust.api.blueprint,
        backend.areas.api.blueprint,
        backend.incidents.api.blueprint,
        backend.dispatch.api.blueprint,
        backend.intake.api.blueprint,
    ]


def wire(app: Flask) -> None:
    """Name the gateway out, and what follows when somebody departs."""
    outbox.wire_gateway(DispatchGateway(app.extensions["linli"].settings))
    if handing_on.leave not in hooks.on_departure:
        hooks.on_departure.append(handing_on.leave)
