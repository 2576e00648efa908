"""Every error as RFC 9457 problem details, and the refusals that rooms raise.

A refusal is a decision of ours that a person can understand and act on: it has a code, a status and a text
in every language. Anything else that goes wrong is a fault: it is logged with a request id, and the answer says
no more than that id.
"""

from dataclasses import dataclass, field
from typing import Any, ClassVar

from backend.kernel.reasons import in_language

PROBLEM_JSON = "application/problem+json"


class Refusal(Exception):
    """Base of all named refusals. Subclasses set ``code``, ``status`` and ``title``; see ``docs/errors.md``."""

    code: ClassVar[str] = "refused"
    status: ClassVar[int] = 409
    title: ClassVar[dict[str, str]] = {"en": "This cannot be done now", "zh": "现在无法这样做"}
    advice: ClassVar[dict[str, str]] = {"en": "", "zh": ""}

    def __init__(self, detail: dict[str, str] | None = None, **members: Any) -> None:
        self.detail = detail or {}
        self.members = members
        super().__init__(self.detail.get("en") or self.title["en"])


class NotFound(Refusal):
    """The thing does not exist, or the asker may not know whether it does."""

    code, status = "not-found", 404
    title = {"en": "Not found", "zh": "未找到"}
    advice = {"en": "Check the address or the reference.", "zh": "请检查地址或编号。"}


class Invalid(Refusal):
    """What was sent has the wrong shape; ``errors`` names each field."""

    code, status = "invalid", 422
    title = {"en": "Some of what was sent cannot be used", "zh": "提交的部分内容无法使用"}
    advice = {
        "en": "Correct the named fields and send again. Nothing was stored.",
        "zh": "请更正所列字段后重新提交。未保存任何内容。",
    }

    def __init__(self, errors: Any, detail: dict[str, str] | None = None) -> None:
        super().__init__(detail, errors=errors)


class NotSignedIn(Refusal):
    """The call needs someone who is signed in."""

    code, status = "not-signed-in", 401
    title = {"en": "Please sign in", "zh": "请先登录"}


class NotAllowed(Refusal):
    """The person who is signed in may not do this."""

    code, status = "not-allowed", 403
    title = {"en": "Your role does not allow this", "zh": "您的角色无权执行此操作"}


class Conflict(Refusal):
    """Somebody changed the thing since it was read."""

    code, status = "changed-meanwhile", 412
    title = {"en": "It was changed by somebody else meanwhile", "zh": "内容已被他人修改"}
    advice = {"en": "Load it again, look at the change, then repeat.", "zh": "请重新载入，查看变更后再操作。"}


@dataclass(frozen=True, slots=True)
class Problem:
    """One answer of the kind ``application/problem+json``."""

    code: str
    status: int
    title: str
    detail: str = ""
    advice: str = ""
    request_id: str = ""
    members: dict[str, Any] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """The members of RFC 9457 section 3.1, then our own."""
        body: dict[str, Any] = {"type": f"/problems/{self.code}", "title": self.title, "status": self.status}
        for name in ("detail", "advice", "request_id"):
            if value := getattr(self, name):
                body[name] = value
        return body | {"code": self.code} | self.members


def problem_of(refusal: Refusal, *, language: str, request_id: str) -> Problem:
    """Say a refusal in the reader's language."""

    def text(words: dict[str, str]) -> str:
        return words.get(language) or words.get("en", "")

    return Problem(
        refusal.code,
        refusal.status,
        text(refusal.title),
        text(refusal.detail),
        text(refusal.advice),
        request_id,
        {name: in_language(value, language) if name == "errors" else value for name, value in refusal.members.items()},
    )
