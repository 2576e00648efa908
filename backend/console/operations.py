"""For those who run Linli: alive, ready, figures; and where the live stream is."""

import hmac
import os
import re
import time
from collections.abc import Iterator
from dataclasses import asdict
from math import inf
from urllib.parse import quote, urlsplit

from flask import Response, current_app, g, jsonify, redirect, request
from flask.views import MethodView
from marshmallow import Schema, fields
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as BaseResponse

from backend.console.health.metrics import families
from backend.kernel.blueprint import Blueprint
from backend.kernel.database import db
from backend.kernel.health import Figures, figures, readiness
from backend.kernel.logs import log
from backend.kernel.problems import NotAllowed
from backend.settings import Settings
from backend.trust.access import now, open_to_all

BUCKETS = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
# Set by ``linli up`` and ``linli web`` before this module is imported; then every process writes there.
SHARED_FOLDER = "PROMETHEUS_MULTIPROC_DIR"
HOST = re.compile(r"[a-z0-9.:-]+")
PROXIED = ("Forwarded", "X-Forwarded-For", "X-Real-IP", "Via")

_registry = CollectorRegistry()
REQUESTS = Counter("linli_requests", "Requests answered", ["method", "route", "status"], registry=_registry)
SECONDS = Histogram("linli_request_seconds", "Seconds until the answer", ["route"], buckets=BUCKETS, registry=_registry)

blueprint = Blueprint("operations", __name__, description="For those who run Linli")


class AliveSchema(Schema):
    """This process answers."""

    alive = fields.Boolean()


class ReadySchema(Schema):
    """What must hold before requests are sent here."""

    ready = fields.Boolean()
    database = fields.Boolean()
    schema = fields.Boolean()
    keys = fields.Boolean()
    worker_age_s = fields.Float(allow_none=True)


@blueprint.route("/healthz")
class HealthView(MethodView):
    """Whether this process answers."""

    @open_to_all
    @blueprint.response(200, AliveSchema)
    def get(self) -> Response:
        """This process answers."""
        return jsonify({"alive": True})


@blueprint.route("/readyz")
class ReadyView(MethodView):
    """Whether requests may be sent here."""

    @open_to_all
    @blueprint.response(200, ReadySchema)
    @blueprint.alt_response(503, schema=ReadySchema, description="not ready")
    def get(self) -> tuple[Response, int]:
        """Database, schema and keys are there; and how long ago a worker said that it lives."""
        found = readiness(db.engine, current_app.extensions["linli"].keyring)
        return jsonify({"ready": found.is_ready} | asdict(found)), 200 if found.is_ready else 503


@blueprint.route("/metrics")
class MetricsView(MethodView):
    """Figures for Prometheus."""

    @open_to_all
    @blueprint.response(200, {"type": "string"}, content_type="text/plain")
    def get(self) -> Response:
        """Figures; with the token of the settings, or without one from this machine only."""
        if not _may_read_metrics(_settings()):
            raise NotAllowed()
        return Response(_written(), content_type=CONTENT_TYPE_LATEST)


@blueprint.route("/api/v1/stream")
class StreamView(MethodView):
    """The live stream."""

    @open_to_all
    @blueprint.response(307, description="the address of the stream in Location")
    def get(self) -> BaseResponse:
        """Where the live stream is: a process of its own, which asks for the session itself."""
        return _elsewhere("/api/v1/stream")


@blueprint.route("/api/v1/receipt/stream")
class ReceiptStreamView(MethodView):
    """A resident's live stream."""

    @open_to_all
    @blueprint.response(307, description="the address of the stream in Location")
    def get(self) -> BaseResponse:
        """Where a report's live stream is: a process of its own, which asks for the receipt itself.

        It says ``changed`` when ``GET /api/v1/receipt`` would answer something else, and nothing more.
        """
        return _elsewhere("/api/v1/receipt/stream")


def stream_origin(settings: Settings) -> str:
    """Where a browser that sent this request finds the live stream process, unless a proxy leads to it."""
    host = urlsplit(f"//{request.host}").hostname or ""
    if not HOST.fullmatch(host):  # it is written into headers
        host = "localhost"
    name = f"[{host}]" if ":" in host else host
    return f"{request.scheme}://{name}:{settings.stream_port_used}"


def _elsewhere(path: str) -> BaseResponse:
    query = f"?{quote(request.query_string, safe='%&+=')}" if request.query_string else ""
    answer = redirect(f"{stream_origin(_settings())}{path}{query}", 307)
    answer.data = b""
    del answer.headers["Content-Type"]
    return answer


def _count(response: Response) -> Response:
    # The route is the rule, never the address, which may hold an id; unknown addresses are all one.
    rule = request.url_rule
    route, method = (rule.rule, request.method) if rule else ("none", "any")
    REQUESTS.labels(method, route, response.status_code).inc()
    SECONDS.labels(route).observe(time.perf_counter() - g.get("began", time.perf_counter()))
    return response


blueprint.after_app_request(_count)


def _settings() -> Settings:
    found: Settings = current_app.extensions["linli"].settings
    return found


def _may_read_metrics(settings: Settings) -> bool:
    if settings.metrics_token:
        given = request.headers.get("Authorization", "").removeprefix("Bearer ")
        return hmac.compare_digest(given.encode(), settings.metrics_token.encode())
    # A proxy on this machine would make everybody's requests come from loopback.
    is_direct = not any(name in request.headers for name in PROXIED)
    return is_direct and request.remote_addr in {"127.0.0.1", "::1"}


def _written() -> bytes:
    registry = CollectorRegistry()
    if os.environ.get(SHARED_FOLDER):
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call, unused-ignore]
    else:
        registry = _registry
    return generate_latest(registry) + generate_latest(_Counted())


class _Counted:
    """The figures of the database at the moment of asking, the same from every process."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Families for Prometheus; without a database only ``linli_database_up 0``."""
        try:
            with Session(db.engine) as session:
                found = figures(session, now=now())
                beside = list(families(session, folder=_settings().data, now=now()))
        except SQLAlchemyError as error:
            log.warning("no figures", error=type(error).__name__)
            yield GaugeMetricFamily("linli_database_up", "Whether the database answered", value=0)
            return
        yield GaugeMetricFamily("linli_database_up", "Whether the database answered", value=1)
        yield from _families(found)
        yield from beside


def _families(found: Figures) -> Iterator[GaugeMetricFamily]:
    incidents = GaugeMetricFamily("linli_incidents_open", "Incidents that are open", labels=["grade"])
    for grade, number in found.open_incidents.items():
        incidents.add_metric([str(grade)], number)
    yield incidents
    deliveries = GaugeMetricFamily("linli_deliveries", "Deliveries in each state", labels=["state"])
    for state, number in found.deliveries.items():
        deliveries.add_metric([state], number)
    yield deliveries
    yield GaugeMetricFamily(
        "linli_delivery_overdue_seconds", "How late the oldest waiting delivery is", value=found.overdue_s
    )
    age_s = inf if found.worker_age_s is None else found.worker_age_s
    yield GaugeMetricFamily("linli_worker_heartbeat_age_seconds", "Since a worker asked for jobs", value=age_s)
