"""Why something about one's rights is refused."""

from backend.kernel.problems import NotFound, Refusal


class NoSuchRequest(NotFound):
    """There is no such request, or the asker may not know of it."""

    code = "no-such-rights-request"
    title = {"en": "There is no such request", "zh": "没有此项请求"}


class TooManyRequests(Refusal):
    """The report has as many waiting requests as anybody needs."""

    code, status = "too-many-requests-waiting", 409
    title = {"en": "Many requests about this report wait already", "zh": "关于此报告已有多项请求在等待答复"}
    advice = {"en": "Wait for an answer, or take one back.", "zh": "请等待答复，或撤回其中一项。"}


class RequestState(Refusal):
    """The request is in a state that does not allow this; ``allowed`` says what it allows."""

    code, status = "request-state", 409
    title = {"en": "This cannot be done with the request now", "zh": "当前状态下无法这样做"}
    advice = {"en": "Load it again to see how it stands.", "zh": "请重新载入以查看当前状态。"}


class AnotherPerson(Refusal):
    """An appeal is decided by somebody else than the first answer."""

    code, status = "another-person", 403
    title = {"en": "Another person has to decide this appeal", "zh": "申诉须由另一人裁决"}
    advice = {"en": "You gave the first answer. Ask a colleague.", "zh": "首次答复由您作出，请由同事裁决。"}


class ReasonNeeded(Refusal):
    """What is not granted, or only in part, needs its reason and words."""

    code, status = "reason-needed", 422
    title = {"en": "Say why it is not done, or not wholly", "zh": "请说明未予或未全部同意的理由"}
    advice = {"en": "Choose the reason and write a sentence to the resident.", "zh": "请选择理由，并给居民写一句说明。"}


class NothingToCorrect(Refusal):
    """A correction says what is right instead."""

    code, status = "nothing-to-correct", 422
    title = {"en": "Say what is wrong, and what is right", "zh": "请说明哪里有误、应为什么"}


class HeldByLaw(Refusal):
    """A legal hold stands; nothing of this incident is erased."""

    code, status = "legal-hold", 409
    title = {"en": "A legal hold stands on this incident", "zh": "此事件处于法律保全中"}
    advice = {"en": "Lift it first, or refuse the request and say why.", "zh": "请先解除保全，或拒绝请求并说明理由。"}


class HoldStands(Refusal):
    """The hold is already as it was to be."""

    code, status = "hold-unchanged", 409
    title = {"en": "The hold stands already, or there is none", "zh": "保全已存在，或并无保全"}
    advice = {"en": "Load the incident again.", "zh": "请重新载入该事件。"}
