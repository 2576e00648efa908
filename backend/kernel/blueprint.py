"""The blueprint of every room: flask-smorest's, reading what is sent strictly.

What cannot be read as it is meant is refused with a reason, never guessed at: JSON with a key twice, a number that is
none, a filter that does not exist.
"""

from typing import Any

import flask_smorest
from flask import Request, current_app
from marshmallow import RAISE, Schema
from webargs.core import is_json
from webargs.flaskparser import FlaskParser
from webargs.multidictproxy import MultiDictProxy
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import RequestEntityTooLarge

from backend.kernel.languages import LANGUAGES
from backend.kernel.problems import Refusal
from backend.kernel.reasons import in_language


class NotJson(Refusal):
    """The body is of another media type."""

    code, status = "not-json", 415
    title = {"en": "Please send JSON", "zh": "请发送JSON格式"}
    advice = {
        "en": "Send the body with Content-Type: application/json.",
        "zh": "请以 Content-Type: application/json 发送内容。",
    }


class UnreadableRequest(Refusal):
    """The request cannot be read: not JSON, a key twice, a number that is none, nested too deeply."""

    code, status = "unreadable", 400
    title = {"en": "This could not be read", "zh": "无法读取该请求"}
    advice = {"en": "Correct it and send again. Nothing was stored.", "zh": "请更正后重新发送。未保存任何内容。"}

    def __init__(self, reason: str = "") -> None:
        """``reason``: the English words of one in ``texts/reasons.yaml``; a guard test keeps them there."""
        super().__init__({code: in_language(reason, code) for code in LANGUAGES} if reason else None)


def body_of(req: Request) -> bytes:
    """The whole body of a request. Raises RequestEntityTooLarge, also where no length was announced."""
    raw = req.get_data(cache=True)
    if req.content_length is None and len(raw) >= (req.max_content_length or len(raw) + 1):
        raise RequestEntityTooLarge()  # a stream that goes on behind the limit was cut there
    return raw


class StrictParser(FlaskParser):
    """Reads bodies by the application's strict JSON, and refuses filters that a list does not have."""

    DEFAULT_UNKNOWN_BY_LOCATION = {
        **FlaskParser.DEFAULT_UNKNOWN_BY_LOCATION,
        "query": RAISE,
        "querystring": RAISE,
    }

    def _raw_load_json(self, req: Request) -> Any:
        raw = body_of(req)
        if not raw:
            return {}
        if not is_json(req.mimetype):
            raise NotJson()
        try:
            return current_app.json.loads(raw.decode())
        except UnicodeDecodeError as error:
            raise UnreadableRequest(f"not UTF-8 at byte {error.start}") from error
        except ValueError as error:
            raise UnreadableRequest(str(error)) from error

    def load_querystring(self, req: Request, schema: Schema) -> Any:
        """The filters; ``lang`` is everywhere the reader's language."""
        given = MultiDict(req.args)
        if "lang" not in schema.fields:
            given.poplist("lang")
        return MultiDictProxy(given, schema)


class Blueprint(flask_smorest.Blueprint):  # type: ignore[misc]
    """A room's routes."""

    ARGUMENTS_PARSER = StrictParser()

    def arguments(self, schema: Any, **kwargs: Any) -> Any:
        """As in flask-smorest, with the schema made once and not for each request."""
        return super().arguments(schema() if isinstance(schema, type) else schema, **kwargs)
