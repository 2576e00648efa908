"""Why a share or an agreement is refused."""

from backend.kernel.problems import NotFound, Refusal

WHY = {
    "no-such-field": {"en": "Name at least one of the facts that can be shared.", "zh": "请至少选择一项可共享的信息。"},
    "no-end": {"en": "A share ends within 90 days; say when.", "zh": "共享须在90天内结束，请注明期限。"},
    "behind-the-wall": {
        "en": "Police are told no more of care and aid than that a matter is there, how it stands, and whom to ask.",
        "zh": "对照护与互助事项，警方只能获知事项存在、进展及联系方。",
    },
    "no-agreement": {"en": "There is no agreement between these two bodies.", "zh": "这两家机构之间没有协议。"},
    "agreement-not-in-force": {"en": "The agreement is not in force.", "zh": "协议未生效或已失效。"},
    "not-of-this-category": {"en": "The agreement does not cover this kind of matter.", "zh": "协议不涵盖此类事项。"},
    "more-than-agreed": {"en": "This is more than was agreed on.", "zh": "超出协议约定的范围。"},
    "reason-missing": {"en": "Without an agreement a share needs its reason.", "zh": "没有协议时，共享须写明理由。"},
}


class ShareBarred(Refusal):
    """The rules do not allow this share; ``reason`` says which of them."""

    code, status = "share-barred", 422
    title = {"en": "This may not be shared so", "zh": "不得如此共享"}
    advice = {
        "en": "Share less, or on another ground. A refusal is recorded too.",
        "zh": "请减少内容或改用其他依据。拒绝共享也会记录。",
    }

    def __init__(self, reason: str) -> None:
        super().__init__(WHY[reason], reason=reason)


class NoSuchShare(NotFound):
    """There is no such share, or the asker may not know of it."""

    code = "no-such-share"


class NoSuchAgreement(NotFound):
    """There is no such agreement, or the asker's body is no party to it."""

    code = "no-such-agreement"


class AgreementState(Refusal):
    """The agreement does not stand so that this is possible."""

    code, status = "agreement-state", 409
    title = {"en": "This cannot be done with the agreement now", "zh": "协议当前状态不允许此操作"}
    advice = {"en": "Load it again to see how it stands.", "zh": "请重新载入以查看当前状态。"}


class NotTheOtherBody(Refusal):
    """An agreement is accepted by the body that did not propose it."""

    code, status = "not-the-other-body", 403
    title = {"en": "The other body has to accept this", "zh": "须由对方机构接受"}
    advice = {"en": "Ask a supervisor of the other body.", "zh": "请联系对方机构的主管。"}


class NoPart(Refusal):
    """Whoever decides acts for one of the two bodies."""

    code, status = "no-part-in-it", 403
    title = {"en": "You do not work for this body", "zh": "您不属于该机构"}
    advice = {"en": "Only the body that holds the facts shares them.", "zh": "只有持有信息的机构才能共享。"}


class OwnShare(Refusal):
    """Nobody reviews what they shared themselves, and nothing is reviewed twice."""

    code, status = "own-share", 409
    title = {"en": "Another person has to review this, once", "zh": "须由另一人复核，且只复核一次"}
    advice = {"en": "Ask a supervisor.", "zh": "请主管复核。"}


class Unfit(Refusal):
    """The agreement names what cannot be agreed on."""

    code, status = "agreement-unfit", 422
    title = {"en": "This cannot be agreed on", "zh": "无法就此达成协议"}
    advice = {
        "en": "Two bodies that take part, known facts and categories, and an end within two years.",
        "zh": "须为两家参与机构、已知信息项与类别，且两年内到期。",
    }
