"""How I am told, by what people and desks can be reached, and the test button with its true result."""

from typing import Any
from uuid import UUID

from flask import current_app
from flask.views import MethodView

from backend.dispatch.ledger import say_outcome
from backend.dispatch.models import Delivery
from backend.dispatch.ways import reaching
from backend.dispatch.ways.reaching import Way
from backend.dispatch.ways.schemas import AskTestSchema, MyWaysSchema, ServiceSchema, TestSchema, WaysSchema
from backend.kernel.blueprint import Blueprint
from backend.kernel.database import db
from backend.kernel.problems import NotFound
from backend.kernel.sealed import Keyring
from backend.kernel.web import language
from backend.organisations.actions.people import update_person
from backend.organisations.api.blueprint import found, if_match, tagged
from backend.organisations.api.reach import demand_charge_of, demand_reach
from backend.organisations.directory import DIRECTORY
from backend.organisations.models import Desk, DeskService, Person
from backend.settings import Settings
from backend.trust.access import me, now, requires

Tagged = tuple[dict[str, Any], int, dict[str, str]]
blueprint = Blueprint("ways", __name__, url_prefix="/api/v1", description="How people and desks are told")


def _settings() -> Settings:
    chosen: Settings = current_app.extensions["linli"].settings
    return chosen


def _keyring() -> Keyring:
    ring: Keyring = current_app.extensions["linli"].keyring
    return ring


def _mine() -> Tagged:
    person = found(db.session(), Person, me().person_id)
    chosen = {name: getattr(person, name) for name in ("language", "ways", "quiet_from", "quiet_to")}
    items = reaching.ways_of_person(db.session(), person.id, settings=_settings())
    return tagged(person, chosen | {"items": items})


@blueprint.route("/me/ways")
class MyWaysView(MethodView):
    """How I am told."""

    @requires("me.read")
    @blueprint.response(200, MyWaysSchema)
    def get(self) -> Tagged:
        """What I chose, and by what I can be reached."""
        return _mine()

    @requires("me.read")
    @blueprint.arguments(MyWaysSchema)
    @blueprint.response(200, MyWaysSchema)
    def patch(self, changes: dict[str, Any]) -> Tagged:
        """Choose my language, channels in their order, and quiet hours. An SOS comes by every way, at any hour."""
        update_person(db.session(), _keyring(), me().person_id, changes, if_match=if_match(), now=now())
        db.session.commit()
        return _mine()


def _started(way: Way | None, **told: Any) -> dict[str, Any]:
    if way is None:
        raise reaching.NoWayThere()
    test_id = reaching.start_test(db.session(), way, now=now(), **told)
    db.session.commit()
    return _shown(reaching.test_result(db.session(), test_id))


def _shown(test: Delivery) -> dict[str, Any]:
    return {
        "id": test.id, "channel": test.channel, "state": test.state, "code": test.outcome,
        "words": say_outcome(test, language()), "is_over": test.state not in {"waiting", "held"},
    }  # fmt: skip


def _to_person(person_id: UUID, channel: str) -> dict[str, Any]:
    ways = reaching.ways_of_person(db.session(), person_id, settings=_settings())
    way = next((one for one in ways if one.channel == channel), None)
    return _started(way, person_id=person_id, language=found(db.session(), Person, person_id).language)


@blueprint.route("/me/ways/tests")
class MyTestsView(MethodView):
    """Tests of my own ways."""

    @requires("me.read")
    @blueprint.arguments(AskTestSchema)
    @blueprint.response(202, TestSchema)
    def post(self, asked: dict[str, Any]) -> dict[str, Any]:
        """Send me a test by one way; its result is read at `channel-tests`."""
        return _to_person(me().person_id, asked["channel"])


@blueprint.route("/people/<uuid:person_id>/ways")
class PersonWaysView(MethodView):
    """By what a person can be reached."""

    @requires("configuration.read")
    @blueprint.response(200, WaysSchema)
    def get(self, person_id: UUID) -> dict[str, Any]:
        """The channels; no address."""
        return {"items": reaching.ways_of_person(db.session(), person_id, settings=_settings()), "service": None}


@blueprint.route("/people/<uuid:person_id>/ways/tests")
class PersonTestsView(MethodView):
    """Tests of a person's ways."""

    @requires("people.write")
    @blueprint.arguments(AskTestSchema)
    @blueprint.response(202, TestSchema)
    def post(self, asked: dict[str, Any], person_id: UUID) -> dict[str, Any]:
        """Send a person a test by one way."""
        demand_charge_of(db.session(), person_id)
        return _to_person(person_id, asked["channel"])


@blueprint.route("/desks/<uuid:desk_id>/ways")
class DeskWaysView(MethodView):
    """By what a desk as such can be reached."""

    @requires("configuration.read")
    @blueprint.response(200, WaysSchema)
    def get(self, desk_id: UUID) -> dict[str, Any]:
        """The channels, and the name of its service; no address."""
        service = db.session().query(DeskService).filter_by(desk_id=desk_id).one_or_none()
        items = reaching.ways_of_desk(db.session(), desk_id, settings=_settings())
        return {"items": items, "service": service.kind if service else None}


@blueprint.route("/desks/<uuid:desk_id>/ways/tests")
class DeskTestsView(MethodView):
    """Tests of a desk's own ways."""

    @requires("organisations.write")
    @blueprint.arguments(AskTestSchema)
    @blueprint.response(202, TestSchema)
    def post(self, asked: dict[str, Any], desk_id: UUID) -> dict[str, Any]:
        """Send a desk a test by one way."""
        demand_reach(found(db.session(), Desk, desk_id).org_id)
        ways = reaching.ways_of_desk(db.session(), desk_id, settings=_settings())
        way = next((one for one in ways if one.channel == asked["channel"]), None)
        body = DIRECTORY.get(db.session()).organisations[found(db.session(), Desk, desk_id).org_id]
        return _started(way, desk_id=desk_id, language=body.language or _settings().languages[0])


@blueprint.route("/desks/<uuid:desk_id>/service")
class DeskServiceView(MethodView):
    """The service by which a desk is told."""

    @requires("organisations.write")
    @blueprint.arguments(ServiceSchema)
    @blueprint.response(200, ServiceSchema)
    def put(self, body: dict[str, Any], desk_id: UUID) -> DeskService:
        """Enter one, in place of the one before; its address is sealed."""
        demand_reach(found(db.session(), Desk, desk_id).org_id)
        allow = _settings().webhook_private_targets
        made = reaching.put_service(db.session(), desk_id, body["url"], ring=_keyring(), allow_hosts=allow, now=now())
        db.session.commit()
        return made

    @requires("organisations.write")
    @blueprint.response(204)
    def delete(self, desk_id: UUID) -> None:
        """Tell the desk by no service any more."""
        demand_reach(found(db.session(), Desk, desk_id).org_id)
        reaching.end_service(db.session(), desk_id, now=now())
        db.session.commit()


@blueprint.route("/channel-tests/<uuid:test_id>")
class TestView(MethodView):
    """One test."""

    @requires("me.read")
    @blueprint.response(200, TestSchema)
    def get(self, test_id: UUID) -> dict[str, Any]:
        """How far the test came, in words: for whom it went to, and for those who may ask for one there."""
        test = reaching.test_result(db.session(), test_id)
        person = me()
        may = person.may("people.write") if test.person_id else person.may("organisations.write")
        if test.person_id != person.person_id and not may:
            raise NotFound()
        return _shown(test)
