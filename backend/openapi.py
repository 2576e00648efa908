"""The OpenAPI document, made from the code: every route with who may call it, every error as problem details."""

import json
from functools import cached_property
from http import HTTPStatus
from typing import Any

from apispec import BasePlugin
from apispec.ext.marshmallow import MarshmallowPlugin, resolver
from flask import Flask, Response
from flask_smorest import Api
from marshmallow import INCLUDE, Schema, class_registry, fields

from backend.kernel.problems import PROBLEM_JSON
from backend.trust.access import PERMISSIONS, access_of, open_to_all
from backend.trust.bots import ACCESS as BOT

DESCRIPTION = "Neighbourhood safety, routed to the right hands. docs/api.md explains this contract in plain words."
SCHEMES = {
    "session": {"type": "http", "scheme": "bearer", "description": "the token of POST /api/v1/session"},
    "bot": {
        "type": "apiKey",
        "in": "header",
        "name": "Authorization",
        "description": "`Bot` and the key that the bot has from the deployment",
    },
    "receipt": {
        "type": "apiKey",
        "in": "header",
        "name": "Authorization",
        "description": "`Receipt` and the code that the answer to a report gave",
    },
}


class ProblemSchema(Schema):
    """What every error says (RFC 9457). Some codes bring further members; docs/errors.md lists them all."""

    class Meta:
        """Further members are allowed (RFC 9457, 3.2)."""

        unknown = INCLUDE

    type = fields.String(required=True, metadata={"description": "/problems/ and the code"})
    title = fields.String(required=True, metadata={"description": "what is wrong, in the reader's language"})
    status = fields.Integer(required=True)
    code = fields.String(required=True, metadata={"description": "what programs tell cases apart by"})
    detail = fields.String(metadata={"description": "what is wrong this time"})
    advice = fields.String(metadata={"description": "what to do about it"})
    request_id = fields.String(metadata={"description": "what to name when you ask for help"})
    errors = fields.Raw(metadata={"description": "what is wrong with each field"})


class AccessPlugin(BasePlugin):
    """Writes beside each operation who may call it, as the view's own mark says."""

    def __init__(self, app: Flask) -> None:
        self.app = app

    def path_helper(self, *args: Any, rule: Any = None, operations: Any = None, **_: Any) -> None:
        """Read the marks of the rule's view."""
        view = self.app.view_functions[rule.endpoint]
        for method, operation in (operations or {}).items():
            marked = getattr(getattr(view, "view_class", view), method, view)
            access = access_of(marked)
            if access in PERMISSIONS:
                operation["security"] = [{"session": []}]
                operation["x-permission"] = access
            elif access == BOT:
                operation["security"] = [{"bot": []}]
            elif "/receipt" in rule.rule:
                operation["security"] = [{"receipt": []}]


class ContractApi(Api):  # type: ignore[misc]
    """flask-smorest's Api, saying errors and names the way of this house."""

    def __init__(self, app: Flask) -> None:
        kwargs = {
            "marshmallow_plugin": MarshmallowPlugin(schema_name_resolver=name_of),
            "extra_plugins": [AccessPlugin(app)],
            "info": {"description": DESCRIPTION},
        }
        super().__init__(app, spec_kwargs=kwargs)
        for name, scheme in SCHEMES.items():
            self.spec.components.security_scheme(name, scheme)

    def _register_responses(self) -> None:
        # As in flask-smorest, but every error has the media type that it is sent with.
        names = {status.name: status.phrase for status in HTTPStatus if status >= 400}
        for name, phrase in (names | {"DEFAULT_ERROR": "Anything that is refused, as problem details"}).items():
            content = {PROBLEM_JSON: {"schema": ProblemSchema}}
            self.spec.components.response(name, {"description": phrase, "content": content}, lazy=True)

    @cached_property
    def document(self) -> bytes:
        """The document; it does not change while the program runs."""
        return json.dumps(self.spec.to_dict(), ensure_ascii=False).encode()

    @open_to_all
    def _openapi_json(self) -> Response:
        response = Response(self.document, content_type="application/json")
        response.headers["Cache-Control"] = "public, max-age=300"
        return response


def name_of(schema: Any) -> str:
    """A schema's name in the document: its class's, with the room before it where two rooms use the same."""
    name = resolver(schema)
    cls = schema if isinstance(schema, type) else type(schema)
    namesakes = [one for one in class_registry._registry.get(cls.__name__, ()) if isinstance(one, type)]
    if len(namesakes) < 2:
        return name
    return cls.__module__.split(".")[1].capitalize() + name
