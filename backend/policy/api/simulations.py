"""Trying rules on what happened, in the background."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from flask import Response
from flask.views import MethodView

from backend.kernel.database import db
from backend.kernel.web import takes_up_to
from backend.policy.api.blueprint import blueprint, demand_reach, settings
from backend.policy.cases import read_cases
from backend.policy.drafts import read_draft
from backend.policy.simulating import Asked, ask, of_change, stop
from backend.policy.simulation_reading import (
    found_simulation,
    list_results,
    list_simulations,
    results_as_csv,
    say_simulation,
)
from backend.policy.simulation_schemas import (
    BYTES_MOST,
    ResultListSchema,
    ResultQuerySchema,
    SimulationAskSchema,
    SimulationListSchema,
    SimulationQuerySchema,
    SimulationRunSchema,
)
from backend.trust.access import me, now, requires


@blueprint.route("/policy/simulations")
class SimulationsView(MethodView):
    """Simulations."""

    @requires("policy.write")
    @blueprint.arguments(SimulationQuerySchema, location="query")
    @blueprint.response(200, SimulationListSchema)
    def get(self, asked: dict[str, Any]) -> dict[str, Any]:
        """Simulations, newest first."""
        return list_simulations(db.session(), asked)

    @requires("policy.write")
    @takes_up_to(BYTES_MOST)
    @blueprint.arguments(SimulationAskSchema)
    @blueprint.response(201, SimulationRunSchema)
    def post(self, sent: dict[str, Any]) -> dict[str, Any]:
        """Have a layer tried on the incidents that you may see, or on a file of facts; look at it for its progress."""
        row = ask(db.session(), _asked(sent), actor=me().actor, country=settings().country, now=now())
        db.session.flush()
        shown = say_simulation(row)
        db.session.commit()
        return shown


def _asked(sent: dict[str, Any]) -> Asked:
    """What was asked for. Raises NotFound, NotAllowed, PolicyInvalid, CasesRefused."""
    if "change_id" in sent:
        change, draft = of_change(db.session(), sent["change_id"])
    else:
        change, draft = None, read_draft(db.session(), sent["document"])
    demand_reach(draft.layer.area_id)
    if cases := sent.get("cases"):
        return Asked(draft, cases=read_cases(cases["format"], cases["content"]), change=change)
    return Asked(draft, since=now() - timedelta(days=sent["days"]), change=change)


@blueprint.route("/policy/simulations/<uuid:simulation_id>")
class SimulationView(MethodView):
    """One simulation."""

    @requires("policy.write")
    @blueprint.response(200, SimulationRunSchema)
    def get(self, simulation_id: UUID) -> dict[str, Any]:
        """How far a simulation is, and what it found."""
        return say_simulation(found_simulation(db.session(), simulation_id))


@blueprint.route("/policy/simulations/<uuid:simulation_id>/cancel")
class SimulationCancelView(MethodView):
    """Ending a simulation."""

    @requires("policy.write")
    @blueprint.response(200, SimulationRunSchema)
    def post(self, simulation_id: UUID) -> dict[str, Any]:
        """Ask a simulation to end; what it found until then stays."""
        row = stop(db.session(), simulation_id, now=now())
        db.session.flush()
        shown = say_simulation(row)
        db.session.commit()
        return shown


@blueprint.route("/policy/simulations/<uuid:simulation_id>/results")
class ResultsView(MethodView):
    """What would be otherwise."""

    @requires("policy.write")
    @blueprint.arguments(ResultQuerySchema, location="query")
    @blueprint.response(200, ResultListSchema)
    def get(self, asked: dict[str, Any], simulation_id: UUID) -> dict[str, Any]:
        """A page of the cases that would be handled otherwise, each before and after, with the reason."""
        found_simulation(db.session(), simulation_id)
        return list_results(db.session(), simulation_id, asked)


@blueprint.route("/policy/simulations/<uuid:simulation_id>/results.csv")
class ResultsTableView(MethodView):
    """The same as a table."""

    @requires("policy.write")
    @blueprint.response(200, content_type="text/csv")
    def get(self, simulation_id: UUID) -> Response:
        """Every case that would be handled otherwise as CSV, a line for each part that differs."""
        found_simulation(db.session(), simulation_id)
        text = "".join(results_as_csv(db.session(), simulation_id))
        named = {"Content-Disposition": 'attachment; filename="simulation.csv"'}
        return Response(text, mimetype="text/csv", headers=named)
