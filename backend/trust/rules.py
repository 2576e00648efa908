"""What signing in asks for, and what is said of a session: pure."""

from collections.abc import Collection
from datetime import datetime, timedelta
from enum import StrEnum

# NIST SP 800-63B-4 (3.1.1.2) asks for 15 where a password stands alone; behind it stands a second factor here.
PASSWORD_LEAST, PASSWORD_ADVISED, PASSWORD_MOST = 12, 15, 1000
STEP_LASTS = timedelta(minutes=10)  # how long a sign-in may stay half done (ASVS 6.6.3)
STEP_TRIES = 5  # then the password is asked for again
FRESH = timedelta(minutes=15)  # since signing in, within which the ways to sign in may be changed (ASVS 7.5.1)
GIVEN_CODE_LASTS = timedelta(hours=24)  # a code that an administrator hands out
PASSKEYS_MOST = 20
RECOVERY_CODES = 8


class StepKind(StrEnum):
    """What a step that has begun is for."""

    FACTOR = "factor"  # the password was right
    PASSKEY = "passkey"  # a passkey alone
    ENROL = "enrol"  # a passkey is being added
    AGENCY = "agency"  # somebody is at their agency's own sign-in


class Must(StrEnum):
    """What somebody has to do before anything else is open to them."""

    SECOND_FACTOR = "second_factor"
    PASSWORD = "password"  # noqa: S105 - the name of a duty


# Volunteers may have a second factor; everybody else works with what others said.
SPARED = frozenset({"volunteer"})


def duties(
    *, is_required: bool, roles: Collection[str], has_second_factor: bool, password_is_given: bool
) -> tuple[Must, ...]:
    """What somebody has to do first. ``is_required``: whether this deployment insists."""
    if not is_required or set(roles) <= SPARED:
        return ()
    found = [] if has_second_factor else [Must.SECOND_FACTOR]
    return (*found, Must.PASSWORD) if password_is_given else tuple(found)


def is_fresh(signed_in_at: datetime, now: datetime) -> bool:
    """Whether somebody signed in a moment ago."""
    return now - signed_in_at <= FRESH


# The first mark that is found counts; that of a browser which passes for another stands before the other's.
_DEVICES = (("iPad", "tablet"), ("Tablet", "tablet"), ("iPhone", "phone"), ("Mobile", "phone"), ("Android", "tablet"),
            ("Windows", "computer"), ("Macintosh", "computer"), ("CrOS", "computer"), ("Linux", "computer"))  # fmt: skip
_BROWSERS = (("Edg", "edge"), ("OPR/", "opera"), ("Firefox/", "firefox"), ("FxiOS", "firefox"), ("Chrom", "chrome"),
             ("CriOS", "chrome"), ("Safari/", "safari"))  # fmt: skip
DEVICES = ("computer", "phone", "tablet", "program", "chat", "unknown")
BROWSERS = ("edge", "opera", "firefox", "chrome", "safari", "unknown")


def device_of(agent: str) -> tuple[str, str]:
    """The kind of device and of browser that a User-Agent names: enough to tell one's own from another's, no more."""
    if not agent.startswith("Mozilla/"):
        return "program", "unknown"
    device = next((kind for mark, kind in _DEVICES if mark in agent), "unknown")
    return device, next((kind for mark, kind in _BROWSERS if mark in agent), "unknown")


def is_made_of(password: str, words: Collection[str]) -> bool:
    """Whether a password is nothing but one of ``words``, repeated or with digits and marks around (ASVS 6.2.11)."""
    letters = "".join(one for one in password.casefold() if one.isalpha())
    known = {"".join(part for part in word.casefold() if part.isalpha()) for word in words} - {""}
    return any(letters and not letters.replace(word, "") for word in known)
