"""Rules of people: what a credential is worth now, who may give which role (C34, R18, INV-6)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

CREDENTIAL_MOVES: Mapping[tuple[str, str], str] = {
    ("active", "suspend"): "suspended",
    ("active", "revoke"): "revoked",
    ("suspended", "restore"): "active",
    ("suspended", "revoke"): "revoked",
    ("revoked", "restore"): "active",
}
# What a supervisor may hand out in a body of their own; everything else is an administrator's.
SUPERVISOR_GIVES = frozenset({"volunteer", "responder", "mediator", "social_worker", "police", "triage", "coordinator"})


@dataclass(frozen=True, slots=True)
class HeldCredential:
    """A credential as the rules know it."""

    level: str
    state: str
    valid_to: datetime


def credential_level_at(credential: HeldCredential, now: datetime) -> str | None:
    """The level that a credential proves at ``now``; None when it proves nothing.

    Expiry is a fact of time: past ``valid_to`` it proves nothing, even while its state still says active.
    """
    return credential.level if credential.state == "active" and now < credential.valid_to else None


def is_competent(level: str | None, beside: Iterable[str | None] = ()) -> bool:
    """Whether someone of ``level`` may take a task: qualified, or else beside somebody qualified (R18)."""
    return level == "qualified" or (level is not None and "qualified" in beside)


def may_give_role(
    giver_roles: frozenset[str], giver_organisations: Iterable[UUID], *, role: str, organisation_id: UUID
) -> bool:
    """Whether somebody with these roles may give or end ``role`` in a body; nobody raises themselves."""
    if "administrator" in giver_roles:
        return True
    own = organisation_id in set(giver_organisations)
    return own and "supervisor" in giver_roles and role in SUPERVISOR_GIVES


def breaks_police_wall(role: str, kind: str, other_kinds: Iterable[str]) -> bool:
    """Whether a role would mix police with anything else (INV-6).

    The role of police exists in police bodies only, and nobody works for police and another body at a time:
    police never see aid, and an account of both would.
    """
    kinds = {kind, *other_kinds}
    return (role == "police" and kind != "police") or ("police" in kinds and len(kinds) > 1)
