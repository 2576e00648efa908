"""What can be refused between neighbours, in words."""

from collections.abc import Sequence

from backend.aid.rules import OPEN_ANSWERS_MOST, Barred
from backend.kernel.languages import LANGUAGES, say
from backend.kernel.problems import Refusal


class NoSuchListing(Refusal):
    """There is no such listing on the board, or not any more."""

    code, status = "no-such-listing", 404
    title = {"en": "This is not on the board any more", "zh": "此条目已不在互助板上"}
    advice = {"en": "Look at the board again.", "zh": "请重新查看互助板。"}


class NoSuchMatch(Refusal):
    """There is no such match, or it is between others."""

    code, status = "no-such-match", 404
    title = {"en": "There is no such contact between neighbours", "zh": "没有此互助联系"}
    advice = {"en": "Open your report again.", "zh": "请重新打开您的报告。"}


class NotAsked(Refusal):
    """Nothing of this report stands that could be prolonged or ended."""

    code, status = "not-asked", 409
    title = {"en": "There is nothing to prolong or to end", "zh": "没有可以延长或结束的内容"}
    advice = {"en": "Open your report again, or write a new one.", "zh": "请重新打开您的报告，或另写一份。"}


class AnswerRefused(Refusal):
    """A report cannot answer this listing; ``reason`` says why."""

    code, status = "answer-refused", 409
    title = {"en": "You cannot answer this with this report", "zh": "不能用此报告回应"}

    def __init__(self, reason: str) -> None:
        """``reason``: a code with words in ``texts/aid.yaml``."""
        super().__init__({code: say(f"aid.why.{reason}", code) for code in LANGUAGES}, reason=reason)


class OfferRefused(Refusal):
    """A body's offer cannot be taken as it is; ``reason`` says why. Nothing of it was stored."""

    code, status = "offer-refused", 409
    title = {"en": "This offer cannot be taken as it is", "zh": "无法接受此项提供"}

    def __init__(self, reason: str) -> None:
        """``reason``: a code with words in ``texts/aid.yaml``."""
        super().__init__({code: say(f"aid.offer.{reason}", code) for code in LANGUAGES}, reason=reason)


class TooManyAnswers(Refusal):
    """As many answers of the same source are open as may be."""

    code, status = "too-many-answers", 409
    title = {
        "en": f"{OPEN_ANSWERS_MOST} of your answers are still open",
        "zh": f"您已有{OPEN_ANSWERS_MOST}个回应尚未结束",
    }
    advice = {
        "en": "Cancel one, or wait until one is done. Then you can answer another.",
        "zh": "请取消一个，或等其中一个完成后再回应。",
    }


class MatchRefused(Refusal):
    """The table of states or a guard forbids this now; ``allowed`` lists what may be done instead."""

    code, status = "match-refused", 409
    title = {"en": "This cannot be done now", "zh": "现在不能这样做"}

    def __init__(self, barred: Barred, *, state: str, allowed: Sequence[str]) -> None:
        detail = {"en": barred.en, "zh": barred.zh}
        super().__init__(detail, reason=barred.code, state=state, allowed=list(allowed))
