"""What can be refused about incidents, in words."""

from typing import Any

from backend.incidents.rules import Barred
from backend.kernel.problems import Refusal


class ActRefused(Refusal):
    """The table of states or one of its guards forbids this act now; ``allowed`` lists what may be done instead."""

    code, status = "act-refused", 409
    title = {"en": "This cannot be done to the incident now", "zh": "目前不能对该事件执行此操作"}

    def __init__(self, barred: Barred, **members: Any) -> None:
        allowed = [act.value for act in barred.allowed]
        super().__init__(
            {"en": barred.en, "zh": barred.zh},
            reason=barred.code,
            **({"allowed": allowed} if allowed else {}),
            **members,
        )


class NoSuchIncident(Refusal):
    """There is no such incident, or the asker may not know whether there is."""

    code, status = "no-such-incident", 404
    title = {"en": "There is no such incident", "zh": "没有此事件"}
    advice = {
        "en": "Check the address. You may also lack the right to see it.",
        "zh": "请检查地址；也可能您无权查看。",
    }


class OpenedToRead(Refusal):
    """The incident is another desk's; it was opened for a while, to be read and not to be worked on."""

    code, status = "opened-to-read", 403
    title = {"en": "You opened this incident to read it", "zh": "您打开此事件仅限查看"}
    advice = {
        "en": "Its owner acts on it. Call their desk, or ask them to hand it over.",
        "zh": "由责任方处理。请联系其值班席，或请其移交。",
    }


class Unsuitable(Refusal):
    """Something named in the call does not fit this incident."""

    code, status = "unsuitable", 422
    title = {"en": "That does not fit this incident", "zh": "所填内容不适用于该事件"}
