"""How Linli is, for those who look after it."""

from typing import Any

from flask import current_app
from flask.views import MethodView
from marshmallow import Schema, fields, validate

from backend.console.health.reading import look
from backend.console.health.rules import Level, worst
from backend.console.health.wording import about_of, advice_of, said_of
from backend.dispatch.channels import switched_on
from backend.kernel.blueprint import Blueprint
from backend.kernel.database import db
from backend.kernel.web import language
from backend.trust.access import now, requires

blueprint = Blueprint("health", __name__, url_prefix="/api/v1", description="How Linli itself is")
LEVEL = validate.OneOf([level.value for level in Level])


class HealthItemSchema(Schema):
    """One thing that was looked at, in the reader's language. ``advice`` is empty where all is well."""

    code = fields.String(required=True)
    name = fields.String(required=True)
    level = fields.String(required=True, validate=LEVEL)
    title = fields.String(required=True)
    said = fields.String(required=True)
    advice = fields.String(required=True)


class HealthSchema(Schema):
    """Everything that was looked at, and the state of the whole: that of its worst part."""

    level = fields.String(required=True, validate=LEVEL)
    at = fields.DateTime(required=True, format="iso")
    items = fields.List(fields.Nested(HealthItemSchema), required=True)


@blueprint.route("/health")
class HealthView(MethodView):
    """The state of the parts."""

    @requires("health.read")
    @blueprint.response(200, HealthSchema)
    def get(self) -> dict[str, Any]:
        """Queues, channels, workers, backups, space: how each is, and what to do where it is not well."""
        settings = current_app.extensions["linli"].settings
        found = look(db.session(), channels=switched_on(settings), folder=settings.data, now=now())
        items = [
            {
                "code": one.about, "name": str(one.values.get("lane") or one.values.get("channel") or one.about),
                "level": one.level.value, "title": about_of(one, language()), "said": said_of(one, language()),
                "advice": advice_of(one, language()),
            }
            for one in found
        ]  # fmt: skip
        return {"level": worst(found).value, "at": now(), "items": items}
