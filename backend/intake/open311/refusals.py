"""What Open311 refuses, and how it says so: a list of ``{code, description}`` in the format of the address."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from flask import Response, request

from backend.intake.open311.formats import CONTENT_TYPES, JSON, XML, written
from backend.kernel.problems import PROBLEM_JSON, Refusal

ROOT = "/open311/"
DESCRIPTION_MOST = 1000


class NoSuchFormat(Refusal):
    """The address ends in another format than ``.xml`` and ``.json``."""

    code, status = "no-such-format", 406
    title = {"en": "Only XML and JSON are to be had here", "zh": "此处只提供XML和JSON"}
    advice = {"en": "End the address in .xml or .json.", "zh": "请以.xml或.json结尾。"}


class NoSuchService(Refusal):
    """The service code is none of those that ``GET services`` lists."""

    code, status = "no-such-service", 404
    title = {"en": "There is no such service_code", "zh": "没有此service_code"}
    advice = {
        "en": "GET services lists them all. Nothing was stored. If somebody is in danger, call the emergency number.",
        "zh": "GET services列出全部服务。未保存任何内容。如有人处于危险，请拨打应急电话。",
    }


class NoSuchRequest(Refusal):
    """There is no such service request, it is not to be shown yet, or it may never be."""

    code, status = "no-such-request", 404
    title = {"en": "There is no such service_request_id", "zh": "没有此service_request_id"}
    advice = {
        "en": "Check the id. Others' requests are listed one to two weeks later, and only where enough were sent.",
        "zh": "请检查编号。他人的请求一至两周后才列出，且仅在数量足够时列出。",
    }


class NoSuchToken(Refusal):
    """Every request gets its id at once, so that only these ids are tokens."""

    code, status = "no-such-token", 404
    title = {"en": "There is no such token", "zh": "没有此token"}
    advice = {
        "en": "No tokens are given out here: the answer to a request has its service_request_id.",
        "zh": "此处不发放token：提交请求后即返回service_request_id。",
    }


class NotAForm(Refusal):
    """The body is of another media type than GeoReport v2 sends."""

    code, status = "not-a-form", 415
    title = {"en": "Please send a form", "zh": "请发送表单"}
    advice = {
        "en": "Send the body with Content-Type: application/x-www-form-urlencoded; charset=utf-8. Nothing was stored.",
        "zh": "请以 Content-Type: application/x-www-form-urlencoded; charset=utf-8 发送内容。未保存任何内容。",
    }


def status_of(status: int) -> int:
    """The status of a problem as GeoReport v2 has it: what is wrong with what was sent is 400."""
    return 400 if status == 422 else status


def dress(response: Response) -> Response:
    """Say a problem as GeoReport v2 does, whichever part of the application it comes from."""
    if response.mimetype != PROBLEM_JSON or not request.path.startswith(ROOT):
        return response
    problem = json.loads(response.get_data())
    suffix = JSON if request.path.endswith(f".{JSON}") else XML
    response.status_code = status_of(problem["status"])
    descriptions = _descriptions(problem, "。" if response.headers["Content-Language"] == "zh" else ". ")
    said = [{"code": response.status_code, "description": one[:DESCRIPTION_MOST]} for one in descriptions]
    response.set_data(written("errors", said, suffix))
    response.content_type = CONTENT_TYPES[suffix]
    return response


def _descriptions(problem: Mapping[str, Any], stop: str) -> Iterator[str]:
    """What is wrong in sentences: one for each field where fields are named."""
    errors = problem.get("errors")
    if isinstance(errors, dict) and errors:
        for name, reasons in errors.items():
            # Of a list the reasons are told for each item by its place.
            parts = reasons.values() if isinstance(reasons, dict) else [reasons]
            yield f"{name}: {' '.join(dict.fromkeys(str(reason) for part in parts for reason in part))}"
    else:
        parts = [str(problem[name]).rstrip(".。") for name in ("title", "detail", "advice") if problem.get(name)]
        # A fault is found again by its number, which whoever reads this may not see in the headers.
        number = f" ({problem['request_id']})" if problem["status"] == 500 else ""
        yield (stop.join(parts) + stop).strip() + number
