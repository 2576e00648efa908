"""Why a sign-in, or a change of how one signs in, is refused."""

from backend.kernel.problems import Refusal
from backend.trust.rules import PASSKEYS_MOST, PASSWORD_ADVISED, PASSWORD_LEAST


class WrongSignIn(Refusal):
    """Login and password do not belong together; which of them is wrong is not told."""

    code, status = "wrong-sign-in", 401
    title = {"en": "Login or password is wrong", "zh": "用户名或密码错误"}


class WrongPassword(Refusal):
    """What was given as the present password is not it."""

    code, status = "wrong-password", 422
    title = {"en": "The present password is wrong", "zh": "当前密码错误"}


class WrongCode(Refusal):
    """The code is not one that the app shows now."""

    code, status = "wrong-app-code", 422
    title = {"en": "This code does not fit", "zh": "验证码不符"}
    advice = {
        "en": "Type the six digits that the app shows now, and see that the phone's clock is right.",
        "zh": "请输入应用当前显示的六位数字，并确认手机时间准确。",
    }


class WrongFactor(Refusal):
    """The code or passkey is not the person's, or was spent already."""

    code, status = "wrong-second-factor", 401
    title = {"en": "This code or passkey does not fit", "zh": "验证码或通行密钥不符"}
    advice = {
        "en": "Each code works once. Wait for the next one, or use a recovery code.",
        "zh": "每个验证码只能使用一次。请等待下一个，或使用恢复代码。",
    }


class StepOver(Refusal):
    """The sign-in that was begun is over: too much time went by, it failed too often, or it was ended before."""

    code, status = "sign-in-step-over", 401
    title = {"en": "This sign-in took too long or failed too often", "zh": "登录超时或失败次数过多"}
    advice = {"en": "Begin again with your login.", "zh": "请从用户名开始重新登录。"}


class SecondFactorNeeded(Refusal):
    """The session is open for setting up a second factor or a password of one's own, and for nothing else yet."""

    code, status = "second-factor-needed", 403
    title = {"en": "Finish setting up your sign-in first", "zh": "请先完成登录设置"}
    advice = {
        "en": "Set up what /api/v1/me/sign-in names under must; then everything is open that your roles open.",
        "zh": "请先完成 /api/v1/me/sign-in 中 must 所列的项目，之后即可使用您的角色所允许的全部功能。",
    }


class SignInAgain(Refusal):
    """How one signs in is changed only a moment after signing in."""

    code, status = "sign-in-again", 403
    title = {"en": "Please sign in again for this", "zh": "此操作需要重新登录"}
    advice = {
        "en": "How you sign in can be changed for 15 minutes after you have signed in.",
        "zh": "登录后15分钟内可以更改登录方式。",
    }


class WeakPassword(Refusal):
    """The password is too short, is among those that are tried first, or only repeats a name."""

    code, status = "weak-password", 422
    title = {"en": f"A password needs {PASSWORD_LEAST} characters or more", "zh": f"密码至少{PASSWORD_LEAST}个字符"}
    advice = {
        "en": f"{PASSWORD_ADVISED} or more are better: four words that do not belong together, for example.",
        "zh": f"建议{PASSWORD_ADVISED}个字符以上，例如四个互不相关的词语。",
    }


class CommonPassword(WeakPassword):
    """The password is one of those that are tried first, or is made of the login alone."""

    code = "common-password"
    title = {"en": "This password is easily guessed", "zh": "此密码容易被猜到"}


class LoginTaken(Refusal):
    """Another person has this login."""

    code, status = "login-taken", 409
    title = {"en": "This login is taken", "zh": "该用户名已被使用"}


class NoPasskey(Refusal):
    """What the browser sent is no passkey that can be kept: not of this address, or one that asks nobody who they are."""

    code, status = "no-passkey", 422
    title = {"en": "This passkey cannot be used", "zh": "无法使用此通行密钥"}
    advice = {
        "en": "It has to be made here, and to ask for a PIN, a finger or a face.",
        "zh": "通行密钥须在此处创建，并要求输入PIN码、指纹或面容验证。",
    }


class TooManyPasskeys(Refusal):
    """Nobody needs more passkeys than that."""

    code, status = "too-many-passkeys", 409
    title = {"en": f"You have {PASSKEYS_MOST} passkeys already", "zh": f"您已有{PASSKEYS_MOST}个通行密钥"}
    advice = {"en": "Remove one that you no longer use.", "zh": "请删除不再使用的通行密钥。"}


class LastFactor(Refusal):
    """Here everybody has a second factor, and this is the only one."""

    code, status = "last-factor", 409
    title = {"en": "This is your only second factor", "zh": "这是您唯一的第二验证方式"}
    advice = {"en": "Set up another one first.", "zh": "请先设置另一种方式。"}


class NoFactorYet(Refusal):
    """Recovery codes stand in for a second factor, and there is none."""

    code, status = "no-factor-yet", 409
    title = {"en": "Set up a passkey or an app first", "zh": "请先设置通行密钥或验证器应用"}


class OwnAccount(Refusal):
    """An administrator cannot do this to their own account: another one has to."""

    code, status = "own-account", 403
    title = {"en": "Somebody else has to do this for you", "zh": "此操作须由其他人为您执行"}


class NoAccount(Refusal):
    """The person cannot sign in yet."""

    code, status = "no-account", 404
    title = {"en": "This person has no login yet", "zh": "此人尚无登录账号"}


class SubjectTaken(Refusal):
    """This subject of the agency stands for another person."""

    code, status = "subject-taken", 409
    title = {"en": "This subject stands for somebody else", "zh": "该主体标识已对应其他人"}


class NoAgency(Refusal):
    """This deployment knows no sign-in of an agency."""

    code, status = "no-agency", 404
    title = {"en": "No agency's sign-in is set up here", "zh": "此处未设置机构登录"}


class AgencyRefused(Refusal):
    """The agency's sign-in did not say who it is, or what it said does not hold."""

    code, status = "agency-refused", 401
    title = {"en": "Your agency's sign-in did not let you in", "zh": "机构登录未通过"}
    advice = {
        "en": "Try again from the sign-in page. If it fails again, sign in with your login, or tell your administrator.",
        "zh": "请从登录页面重试。若仍失败，请使用用户名登录，或联系管理员。",
    }


class UnknownSubject(Refusal):
    """The agency said who it is, and nobody here was linked to that."""

    code, status = "unknown-subject", 403
    title = {"en": "Your agency's sign-in is not linked to a person here", "zh": "您的机构登录尚未关联到此处的人员"}
    advice = {
        "en": "Give the subject below to your administrator, who can link it.",
        "zh": "请将下方的主体标识告知管理员，由其进行关联。",
    }

    def __init__(self, subject: str = "") -> None:
        """``subject``: as the agency told it, shown to the person alone."""
        super().__init__({"en": subject, "zh": subject} if subject else None)
