"""Passwords as they are kept: hashed slowly (argon2id), so that a stolen table gives none away."""

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError


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
