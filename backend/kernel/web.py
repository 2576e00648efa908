"""What every HTTP answer has in common: request ids, bounded and strict JSON, problem details, safe headers."""

import json
from collections.abc import Callable
from datetime import datetime
from math import isfinite
from time import perf_counter
from typing import Any, TypeVar

from flask import Flask, Response, current_app, g, request
from flask.json.provider import DefaultJSONProvider
from psycopg.errors import LockNotAvailable, QueryCanceled
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as BaseResponse

from backend.kernel.blueprint import NotJson, UnreadableRequest
from backend.kernel.ids import new_id
from backend.kernel.languages import best_language
from backend.kernel.logs import log, where_it_broke
from backend.kernel.problems import PROBLEM_JSON, Invalid, NotFound, Problem, Refusal, problem_of

JSON_BYTES_MOST = 1_000_000
PHOTO_BYTES_MOST = 12_000_000
MULTIPART_BYTES = 100_000  # what a form adds to the file in it
JSON_DEPTH_MOST = 20
DIGITS_MOST = 4300  # more than any number needs, and no more than Python reads


class Busy(Refusal):
    """The database cannot be reached or is overloaded; nothing was acknowledged."""

    code, status = "busy", 503
    title = {"en": "Linli cannot take this at the moment", "zh": "邻里暂时无法受理"}
    advice = {
        "en": "Nothing was stored. Please send it again in a moment. In danger, call the emergency number.",
        "zh": "未保存任何内容。请稍后重新发送。如有危险，请拨打应急电话。",
    }


def in_json(value: Any) -> Any:
    """Times in ISO 8601 with their offset; everything else as Flask writes it."""
    return value.isoformat() if isinstance(value, datetime) else DefaultJSONProvider.default(value)


class StrictJson(DefaultJSONProvider):
    """JSON without NaN and infinities, without a key twice, and no deeper than anybody needs."""

    ensure_ascii = False
    sort_keys = False
    default = staticmethod(in_json)

    def loads(self, s: str | bytes, **kwargs: Any) -> Any:
        """Read strictly. Raises ValueError with the reason, as ``texts/reasons.yaml`` has it."""
        try:
            value = json.loads(s, **(STRICTLY | kwargs))
        except json.JSONDecodeError as error:
            raise ValueError(f"not JSON at line {error.lineno}, column {error.colno}") from error
        except RecursionError as error:
            raise ValueError("nested too deeply") from error
        _check_depth(value)
        return value


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not a number")


def _whole(written: str) -> int:
    if len(written.lstrip("-")) > DIGITS_MOST:
        raise ValueError(f"a number of more than {DIGITS_MOST} digits")
    return int(written)


def _finite(written: str) -> float:
    number = float(written)
    if not isfinite(number):
        raise ValueError(f"{written[:40]} is too large a number")
    return number


def _each_key_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key is there twice, and only one of its values could be kept")
    return found


STRICTLY: dict[str, Any] = {
    "parse_constant": _refuse_constant, "parse_float": _finite, "parse_int": _whole, "object_pairs_hook": _each_key_once,
}  # fmt: skip


def _check_depth(value: object) -> None:
    layer, depth = [value], 0
    while layer:
        depth += 1
        if depth > JSON_DEPTH_MOST:
            raise ValueError("nested too deeply")
        layer = [inner for item in layer for inner in _inner(item)]


def _inner(item: object) -> list[object]:
    if isinstance(item, dict):
        return list(item.values())
    return item if isinstance(item, list) else []


def language() -> str:
    """The reader's language, from the request: one of those that this deployment offers."""
    offered: tuple[str, ...] = current_app.extensions["linli"].settings.languages
    return best_language(request.args.get("lang") or request.headers.get("Accept-Language"), offered)


def install(app: Flask) -> None:
    """Give ``app`` the common behaviour."""
    app.json = StrictJson(app)
    app.config["MAX_CONTENT_LENGTH"] = PHOTO_BYTES_MOST + MULTIPART_BYTES
    app.before_request(_begin)
    app.after_request(_finish)
    app.register_error_handler(Refusal, _refused)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(Exception, _fault)


def _begin() -> None:
    g.request_id = str(new_id())
    g.began = perf_counter()
    try:
        request.query_string.decode()
    except UnicodeDecodeError as error:
        request.query_string = b""  # whoever says so asks it for the reader's language
        raise UnreadableRequest("the query is not UTF-8") from error
    if request.headers.get("Content-Encoding", "").strip().lower() not in {"", "identity"}:
        raise Compressed()
    if request.mimetype != "multipart/form-data":
        # Also where no length is announced: the stream ends there.
        most = request.max_content_length = _bytes_most()
        if request.content_length and request.content_length > most:
            raise TooLarge()


V = TypeVar("V", bound=Callable[..., Any])


def takes_up_to(most: int) -> Callable[[V], V]:
    """Mark a view below its access mark whose honest bodies are larger than ``JSON_BYTES_MOST``: up to ``most`` bytes."""

    def mark(view: V) -> V:
        view.bytes_most = most  # type: ignore[attr-defined]
        return view

    return mark


def _bytes_most() -> int:
    """How large the body of the present request may be."""
    view = current_app.view_functions.get(request.endpoint or "")
    method = getattr(getattr(view, "view_class", None), request.method.lower(), view)
    found: int = getattr(method, "bytes_most", JSON_BYTES_MOST)
    return found


class TooLarge(Refusal):
    """The body is larger than any honest one."""

    code, status = "too-large", 413
    title = {"en": "This is too large", "zh": "内容过大"}
    advice = {
        "en": "A report holds at most 10,000 characters; a photo at most 12 MB.",
        "zh": "报告最多10000字；照片最大12MB。",
    }


class Compressed(Refusal):
    """The body is compressed; what it would unpack to cannot be told before."""

    code, status = "compressed", 415
    title = {"en": "Please send this uncompressed", "zh": "请发送未压缩的内容"}
    advice = {
        "en": "Leave out Content-Encoding and send the body as it is. Nothing was stored.",
        "zh": "请去掉 Content-Encoding，直接发送内容。未保存任何内容。",
    }


def _finish(response: Response) -> Response:
    headers = response.headers
    headers.setdefault("X-Content-Type-Options", "nosniff")
    headers.setdefault("Referrer-Policy", "no-referrer")
    headers.setdefault("Cache-Control", "no-store")
    headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
    headers.setdefault("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
    headers["X-Request-Id"] = g.get("request_id", "")
    took_ms = round((perf_counter() - g.get("began", perf_counter())) * 1000, 2)
    route = request.url_rule.rule if request.url_rule else ""
    log.debug("answered", method=request.method, route=route, status=response.status_code, took_ms=took_ms)
    return response


def answer(problem: Problem) -> Response:
    """A problem as an HTTP response."""
    response = Response(json.dumps(problem.as_dict(), ensure_ascii=False, default=str), problem.status)
    response.content_type = PROBLEM_JSON
    response.headers["Content-Language"] = language()
    if wait_s := problem.members.get("retry_after_s", 2 if problem.status == 503 else None):
        response.headers["Retry-After"] = str(wait_s)
    if problem.status == 401:
        response.headers["WWW-Authenticate"] = "Bearer"
    return response


def _refused(refusal: Refusal) -> Response:
    return answer(problem_of(refusal, language=language(), request_id=g.get("request_id", "")))


class WrongMethod(Refusal):
    """The address exists, but takes other methods; ``Allow`` names them."""

    code, status = "method-not-allowed", 405
    title = {"en": "This address does not take that method", "zh": "该地址不支持此方法"}


class TooManyTries(Refusal):
    """The same was tried too often in a short time; ``Retry-After`` says when to go on."""

    code, status = "too-many-tries", 429
    title = {"en": "Too many tries; please wait a moment", "zh": "尝试次数过多，请稍候"}

    def __init__(self, wait_s: int = 1) -> None:
        detail = {"en": f"Please try again in {wait_s} s.", "zh": f"请在{wait_s}秒后重试。"}
        super().__init__(detail, retry_after_s=wait_s)


class Fault(Refusal):
    """Something broke that is no decision of ours; the log knows more under the request id."""

    code, status = "fault", 500
    title = {"en": "Something broke on our side", "zh": "我们这边出了问题"}
    advice = {
        "en": "Nothing was confirmed. Please try again; if it stays, tell us the request id.",
        "zh": "未确认任何操作。请重试；如仍然失败，请告知请求编号。",
    }


_NAMED: dict[int, type[Refusal]] = {
    404: NotFound, 405: WrongMethod, 413: TooLarge, 415: NotJson, 429: TooManyTries,
}  # fmt: skip


def _http_error(error: HTTPException) -> BaseResponse:
    status = error.code or 500
    if status >= 500:
        return _fault(error)
    if status < 400:
        return error.get_response()
    response = _refused(_refusal_of(error, status))
    for name, value in error.get_headers():
        if name in {"Allow", "Retry-After"}:
            response.headers[name] = value
    return response


def _refusal_of(error: HTTPException, status: int) -> Refusal:
    if status == 422:
        return Invalid(_messages(error))
    named = _NAMED.get(status)
    return named() if named else UnreadableRequest()


def _messages(error: HTTPException) -> Any:
    data = getattr(error, "data", None) or {}
    messages = data.get("messages", {})
    # webargs groups by where a field was read from; the sender knows that already.
    return next(iter(messages.values())) if len(messages) == 1 and isinstance(messages, dict) else messages


def _fault(error: Exception) -> Response:
    cause = getattr(error, "original_exception", None) or error
    if isinstance(cause, PoolTimeout | InterfaceError) or _is_transient(cause):
        log.warning("database busy", request_id=g.get("request_id"), error=type(cause).__name__)
        return _refused(Busy())
    log.error("fault", request_id=g.get("request_id"), error=type(cause).__name__, where=where_it_broke(cause))
    return _refused(Fault())


def _is_transient(error: Exception) -> bool:
    if not isinstance(error, DBAPIError):
        return False
    return (
        isinstance(error, OperationalError)
        or error.connection_invalidated
        or isinstance(error.orig, LockNotAvailable | QueryCanceled)
    )
