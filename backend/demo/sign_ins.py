"""Who can sign in to the demo: passwords by chance, stored hashed, and kept in a file for the folder's owner alone."""

import os
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from uuid import UUID

FILE = "demo-sign-ins.txt"
# Without characters that are taken for one another; four groups of four are 79 bits.
ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
GROUPS, GROUP = 4, 4
NOT_YET = "-"
HEAD = (
    "# Sign-ins of the demo: login, password, person, whose. All bodies and people are invented.\n"
    "# Those with a * are shown at each start; the others get a password when they first play."
)


@dataclass(frozen=True, slots=True)
class SignIn:
    """A login and whose it is. ``password`` is empty for somebody who was not let in yet.

    ``shown``: printed at each start; the others play the invented staff and volunteers.
    """

    login: str
    password: str
    person: UUID
    whose: str
    shown: bool


class SignIns:
    """The sign-ins of a data folder."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE
        self._held = {one.login: one for one in _read(self._path)}

    def get(self, login: str) -> SignIn | None:
        """The sign-in of a login, where it is known."""
        return self._held.get(login)

    def shown(self) -> list[SignIn]:
        """Those that are printed."""
        return [one for one in self._held.values() if one.shown]

    def logins(self, prefix: str) -> list[str]:
        """The logins that begin with ``prefix``, in their order."""
        return [login for login in self._held if login.startswith(prefix)]

    def keep(self, one: SignIn) -> None:
        """Know a sign-in from now on."""
        self._held[one.login] = one

    def admit(self, login: str, password: str) -> SignIn:
        """Keep the password of somebody who is known, and write the file."""
        self._held[login] = replace(self._held[login], password=password)
        self.save()
        return self._held[login]

    def save(self) -> None:
        """Write the file, readable by its owner alone from the first byte on."""
        fresh = self._path.with_suffix(".new")
        fresh.parent.mkdir(parents=True, exist_ok=True)
        fresh.unlink(missing_ok=True)
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            file.write("\n".join([HEAD, *_lines(self._held.values())]) + "\n")
        fresh.replace(self._path)


def new_password() -> str:
    """A password by chance, in groups that are easy to type."""
    return "-".join("".join(secrets.choice(ALPHABET) for _ in range(GROUP)) for _ in range(GROUPS))


def _lines(held: Iterable[SignIn]) -> list[str]:
    return [
        f"{'*' if one.shown else ' '} {one.login}  {one.password or NOT_YET}  {one.person}  {one.whose}" for one in held
    ]


def _read(path: Path) -> list[SignIn]:
    if not path.exists():
        return []
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if line[:2] in {"* ", "  "}]
    return [_parse(line) for line in lines]


def _parse(line: str) -> SignIn:
    login, password, person, whose = line[2:].split("  ", 3)
    return SignIn(login, "" if password == NOT_YET else password, UUID(person), whose, shown=line[0] == "*")
