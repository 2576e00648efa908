"""Why an opening is refused."""

from backend.kernel.problems import NotFound, Refusal


class NothingToOpen(Refusal):
    """No incident has this number, or a wall stands before it that nobody's reason opens (INV-6): it is not told which."""

    code, status = "nothing-to-open", 404
    title = {"en": "There is no incident that you can open so", "zh": "没有可以这样打开的事件"}
    advice = {
        "en": "Check the number. If it is right, ask the desk of the place to share what you need.",
        "zh": "请核对编号。如编号无误，请向当地值班席请求共享所需信息。",
    }


class AlreadySeen(Refusal):
    """The person may see the incident without breaking anything."""

    code, status = "already-seen", 409
    title = {"en": "You may see this incident already", "zh": "您本来就可以查看此事件"}
    advice = {"en": "Open it as usual.", "zh": "请照常打开。"}


class TooManyOpened(Refusal):
    """The person holds as many openings as anybody may at one time."""

    code, status = "too-many-opened", 409
    title = {"en": "You have too many incidents opened at once", "zh": "您同时打开的事件过多"}
    advice = {"en": "End one that you no longer need, then try again.", "zh": "请先结束不再需要的，再重试。"}


class NotYours(Refusal):
    """Only whoever opened an incident ends the opening before its time."""

    code, status = "not-your-opening", 403
    title = {"en": "Somebody else opened this", "zh": "这不是您打开的"}


class OwnReview(Refusal):
    """Nobody reviews what they opened themselves."""

    code, status = "own-review", 403
    title = {"en": "Another person has to review this", "zh": "须由他人复核"}
    advice = {"en": "Ask another supervisor.", "zh": "请另一位主管复核。"}


class NotInThisState(Refusal):
    """The opening is in a state that does not allow this; ``allowed`` says what it allows."""

    code, status = "opening-state", 409
    title = {"en": "This cannot be done with the opening now", "zh": "当前状态下无法这样做"}
    advice = {
        "en": "It is reviewed once, after it ended. Load the list again.",
        "zh": "结束后才可复核，且只复核一次。请重新载入列表。",
    }


class NoSuchOpening(NotFound):
    """There is no such opening, or the asker may not know of it."""

    code = "no-such-opening"
