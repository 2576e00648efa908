"""What can be refused to a coordinator who brings two together."""

from collections.abc import Mapping, Sequence
from typing import Any

from backend.aid.matching.rules import Verdict
from backend.aid.matching.wording import why
from backend.kernel.languages import LANGUAGES
from backend.kernel.problems import Refusal


class DoesNotFit(Refusal):
    """A request and an offer may not be brought together; ``why_not`` lists every condition that speaks against it."""

    code, status = "does-not-fit", 409
    title = {"en": "These two cannot be brought together", "zh": "这两项不能配对"}
    advice = {
        "en": "Look at the suggestions again: something has changed since.",
        "zh": "请重新查看建议：情况已有变化。",
    }

    def __init__(self, verdict: Verdict) -> None:
        detail = {code: " ".join(why(one, code) for one in verdict.why_not) for code in LANGUAGES}
        super().__init__(detail, why_not=[one.value for one in verdict.why_not])


class NotTwoSides(Refusal):
    """What was named as the request is none, or what was named as the offer."""

    code, status = "not-two-sides", 409
    title = {"en": "One has to be a request and the other an offer", "zh": "须一方为求助、另一方为帮忙"}


class BadRows(Refusal):
    """A file of requests and offers that cannot be taken whole; ``errors`` names each row and field."""

    code, status = "bad-rows", 422
    title = {"en": "Some rows of the file cannot be used", "zh": "文件中有些行无法使用"}
    advice = {
        "en": "Correct the named rows and send the whole file again. Nothing was stored.",
        "zh": "请更正所列的行后重新提交整个文件。未保存任何内容。",
    }

    def __init__(self, errors: Mapping[str, Any], *, rows: int) -> None:
        super().__init__(None, errors=dict(errors), rows=rows)


class NotAFile(Refusal):
    """Something that is no CSV of ours: no heads, not UTF-8, or more rows than are taken at once."""

    code, status = "not-a-list", 422
    title = {"en": "This file cannot be read as a list", "zh": "无法将此文件作为列表读取"}

    def __init__(self, detail: Mapping[str, str], *, unknown: Sequence[str] = ()) -> None:
        super().__init__(dict(detail), unknown=list(unknown))
