"""What can be refused about bodies, people and rotas, in words."""

from collections.abc import Sequence
from typing import Any

from backend.kernel.problems import Refusal
from backend.organisations.rules.bodies import Bar
from backend.organisations.rules.closing import WORDS, Part


class NameTaken(Refusal):
    """Another body has this name."""

    code, status = "organisation-name-taken", 409
    title = {"en": "Another organisation has this name", "zh": "已有同名组织"}


class MoveRefused(Refusal):
    """The thing is in a state from which this is not possible; ``state`` names it."""

    code, status = "state-forbids", 409
    title = {"en": "This is not possible in its present state", "zh": "当前状态下不能这样做"}


class TopDeskStays(Refusal):
    """The top desk and its body answer for whatever nobody else does, so they stay (R03)."""

    code, status = "top-desk-stays", 409
    title = {
        "en": "The top desk stays open: somebody must answer for everything",
        "zh": "总值班席不能关闭：必须有人兜底",
    }


class OwnProfile(Refusal):
    """A body neither assures its own profile nor changes its own method ``enforcement`` (C01)."""

    code, status = "own-profile", 403
    title = {
        "en": "A body cannot assure itself, nor give itself enforcement",
        "zh": "组织不能自行担保，也不能自行取得执法方式",
    }
    advice = {"en": "Ask somebody of another organisation.", "zh": "请由其他组织的人员办理。"}


class ParentLoop(Refusal):
    """The body would be above itself."""

    code, status = "parent-loop", 422
    title = {"en": "An organisation cannot be above itself", "zh": "组织不能成为自己的上级"}


class MayNotHold(Refusal):
    """A property of the body bars it from this mandate; ``property`` and ``value`` name it."""

    code, status = "mandate-barred", 422
    title = {"en": "This organisation may not take this task", "zh": "该组织不能承担此项任务"}

    def __init__(self, bar: Bar) -> None:
        super().__init__({"en": f"{bar.en}.", "zh": f"{bar.zh}。"}, property=bar.property, value=bar.value)


class DeputyIsLead(Refusal):
    """A lead's deputy comes from a different body (C02, safeguards)."""

    code, status = "deputy-is-lead", 422
    title = {"en": "The deputy must be a different organisation", "zh": "副手必须来自另一个组织"}


class EmptyPromise(Refusal):
    """An obligation without capacity, or a capacity of 0; ``capacity`` names the figure."""

    code, status = "empty-promise", 422
    title = {
        "en": "A promise needs people, and no capacity may be 0",
        "zh": "承诺必须有人员，各项能力不能为0",
    }


class NoCommand(Refusal):
    """Those who advise, are asked or are told direct nobody; ``rights`` names what they may not have."""

    code, status = "no-command", 422
    title = {"en": "Advisers have no right to command", "zh": "顾问没有指挥权"}


class SignatureMissing(Refusal):
    """Accepting is a signed act of the body itself."""

    code, status = "signature-missing", 422
    title = {"en": "The organisation itself has to sign", "zh": "须由该组织本身签署"}
    advice = {
        "en": "Let somebody of that organisation accept, or name the signed document in signed_by.",
        "zh": "请由该组织人员接受，或在signed_by中注明已签署的文件。",
    }


class NotActive(Refusal):
    """The body is not active."""

    code, status = "organisation-not-active", 409
    title = {"en": "This organisation is not active", "zh": "该组织未处于活动状态"}


class LastDeskTaken(Refusal):
    """The area has its last desk already; ``desk_id`` names it."""

    code, status = "last-desk-taken", 409
    title = {"en": "This area has a last desk already", "zh": "该区域已有兜底值班席"}


class SuccessorNeeded(Refusal):
    """Something hangs on a desk alone; ``parts`` says what, ``desk_id`` which desk where a whole body leaves."""

    code, status = "successor-needed", 409
    title = {"en": "Somebody has to go on with what this desk does", "zh": "须有人继续承担此值班席的工作"}
    advice = {"en": "Name the desk that follows, then close this one.", "zh": "请指定接任的值班席，然后再关闭。"}

    def __init__(self, parts: Sequence[Part], **more: Any) -> None:
        words = {language: " ".join(WORDS[part][language] for part in parts) for language in ("en", "zh")}
        if desk := more.get("desk"):
            words = {language: f"{desk.get(language) or desk['en']}: {said}" for language, said in words.items()}
        super().__init__(words, parts=[part.value for part in parts], **{"desk_id": more["desk_id"]} if more else {})


class SuccessorUnfit(Refusal):
    """The named desk cannot go on with what hangs on the one that closes."""

    code, status = "successor-unfit", 422
    title = {"en": "That desk cannot follow this one", "zh": "该值班席不能接任"}
    advice = {"en": "Choose one of those that are offered.", "zh": "请从所列值班席中选择。"}


class LastDeskEmpty(Refusal):
    """The last desk would be empty; ``gaps`` lists when, ``must_fill`` who has to fill it (R03)."""

    code, status = "last-desk-empty", 422
    title = {"en": "The last desk may not be empty", "zh": "兜底值班席不能空岗"}
    advice = {"en": "Nothing was stored. Fill the named times.", "zh": "未保存。请补齐所列时段。"}


class TurnsClash(Refusal):
    """Two turns of a rota cannot both be; ``first`` and ``second`` name them."""

    code, status = "shifts-overlap", 422
    title = {"en": "Two shifts overlap", "zh": "班次重叠"}


class TurnMisplaced(Refusal):
    """A shift that the rota cannot take; ``index`` counts from 0 in the list that was sent."""

    code, status = "shift-misplaced", 422
    title = {"en": "A shift does not fit this rota", "zh": "有班次不适合该排班表"}


class RoleMissing(Refusal):
    """A person has no role in the body that would need it; ``person_id`` names them."""

    code, status = "role-missing", 422
    title = {"en": "This person has no role in that organisation", "zh": "此人在该组织没有角色"}


class PoliceWall(Refusal):
    """The role would mix police with another body (INV-6)."""

    code, status = "police-wall", 422
    title = {
        "en": "Police roles are for police bodies only, and not beside another body",
        "zh": "警务角色仅限公安机关，且不能与其他组织兼任",
    }


class AccountExists(Refusal):
    """The person can sign in already."""

    code, status = "account-exists", 409
    title = {"en": "This person can sign in already", "zh": "此人已有登录账号"}


class LastAdministrator(Refusal):
    """Nobody else could administer this deployment."""

    code, status = "last-administrator", 409
    title = {"en": "This is the last administrator", "zh": "这是最后一名管理员"}
    advice = {"en": "Make somebody else an administrator first.", "zh": "请先指定另一名管理员。"}


class OwnCredential(Refusal):
    """Nobody certifies themselves (C34)."""

    code, status = "own-credential", 403
    title = {"en": "Nobody can certify themselves", "zh": "不能为自己认证"}


class CredentialOver(Refusal):
    """The credential's time is over; it is issued anew instead."""

    code, status = "credential-over", 422
    title = {"en": "The credential has to end in the future", "zh": "资质的到期时间须在未来"}


class PlaceMissing(Refusal):
    """A responder who has no position yet cannot be called."""

    code, status = "place-missing", 422
    title = {"en": "Where can you be called? A place is needed first", "zh": "请先提供可被呼叫的位置"}


class DutyTooLong(Refusal):
    """Duty ends in the future and within a day: silence is no consent (INV-15)."""

    code, status = "duty-too-long", 422
    title = {"en": "Duty has to end within 24 hours from now", "zh": "值勤须在24小时内结束"}


class SwapOpen(Refusal):
    """Somebody was asked to take this turn already and has not settled it."""

    code, status = "swap-open", 409
    title = {"en": "A swap of this shift is open already", "zh": "该班次已有未完成的换班请求"}
    advice = {"en": "Take that one back first.", "zh": "请先撤回该请求。"}


class SwapWithSelf(Refusal):
    """The one who is asked has the turn already."""

    code, status = "swap-with-self", 422
    title = {"en": "A swap needs a colleague", "zh": "换班需要另一位同事"}
