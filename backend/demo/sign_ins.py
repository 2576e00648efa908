"""The demo's sign-ins: made by chance at the first start, stored hashed, and kept readable by the owner of the folder."""

import os
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

FILE = "demo-sign-ins.txt"
# Without characters that are taken for one another; four groups of four are 78 bits.
ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
GROUPS, GROUP = 4, 4
HEAD = "# Sign-ins of the demo, whose bodies and people are all invented. Lines with a * are shown at each start."


@dataclass(frozen=True, slots=True)
class SignIn:
    """A login with its password, and whose it is. ``shown``: printed at each start; the others play in the demo."""

    login: str
    password: str
    whose: str
    shown: bool


class SignIns:
    """The sign-ins of a data folder."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE
        self._held = {one.login: one for one in _read(self._path)}

    def __len__(self) -> int:
        return len(self._held)

    def get(self, login: str) -> SignIn | None:
        """The sign-in of a login, if its password is known here."""
        return self._held.get(login)

    def shown(self) -> list[SignIn]:
        """Those that are printed."""
        return [one for one in self._held.values() if one.shown]

    def make(self, login: str, whose: str, *, shown: bool) -> SignIn:
        """The sign-in of a login; with a new password unless an unfinished start has made one."""
        held = self._held.get(login)
        made = SignIn(login, held.password if held else new_password(), whose, shown)
        self._held[login] = made
        return made

    def save(self) -> None:
        """Write the file, readable by its owner alone from the first byte on."""
        fresh = self._path.with_suffix(".new")
        fresh.unlink(missing_ok=True)
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            file.write("\n".join([HEAD, *_lines(self._held.values())]) + "\n")
        fresh.replace(self._path)


def new_password() -> str:
    """A password by chance, in groups that are easy to type."""
    return "-".join("".join(secrets.choice(ALPHABET) for _ in range(GROUP)) for _ in range(GROUPS))


def _lines(held: Iterable[SignIn]) -> list[str]:
    return [f"{'*' if one.shown else ' '} {one.login}  {one.password}  {one.whose}" for one in held]


def _read(path: Path) -> list[SignIn]:
    if not path.exists():
        return []
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if line[:2] in {"* ", "  "}]
    return [SignIn(*line[2:].split("  ", 2), shown=line[0] == "*") for line in lines]
