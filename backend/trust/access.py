"""Who may call a route, declared where the route is declared, and denied where nothing is declared.

``@public`` and ``@requires(permission)`` mark every view; a guard test fails for a view without a mark. The mark
also binds the transaction to whom it acts for, so that row security holds below the application.
"""

import hashlib
import secrets
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import wraps
from typing import Any, ParamSpec, TypeVar
from uuid import UUID

from flask import current_app, g, request
from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from backend.kernel.clock import Clock
from backend.kernel.database import RESIDENT, Actor, Scope, act_as, db
from backend.kernel.idempotency import take_key
from backend.kernel.problems import NotAllowed, NotSignedIn
from backend.trust.cookies import token_in
from backend.trust.refusals import SecondFactorNeeded, SignInAgain
from backend.trust.rules import Must, duties, is_fresh

P = ParamSpec("P")
R = TypeVar("R")
IDLE = timedelta(hours=12)
ABSOLUTE = timedelta(days=7)
REQUIRED = "required"  # as LINLI_SECOND_FACTOR says it
OWN_SIGN_IN = "me.sign_in"  # what somebody may do who has yet to finish setting up their sign-in
EVERYWHERE = 0  # the area id that every incident carries, for those who work everywhere

# Which roles may do what. A permission that is not here cannot be asked for (guard test).
_STAFF = frozenset(
    {
        "triage",
        "coordinator",
        "supervisor",
        "duty_officer",
        "administrator",
        "social_worker",
        "mediator",
        "police",
        "responder",
    }
)
_DESK = frozenset({"triage", "coordinator", "supervisor", "duty_officer"})
PERMISSIONS: Mapping[str, frozenset[str]] = {
    "incidents.read": _STAFF,
    "incidents.work": _STAFF,
    "incidents.triage": _DESK,
    "incidents.major": frozenset({"supervisor", "duty_officer"}),
    # Who brings neighbours together: trained coordinators, and social workers, whose the care and money needs are (R19).
    "aid.match": frozenset({"coordinator", "supervisor", "duty_officer", "social_worker"}),
    "aid.decide": frozenset({"coordinator", "supervisor", "duty_officer"}),
    # Whoever has an account may give from it; police see nothing of aid and take no part in it (INV-6).
    "aid.offer": _STAFF - {"police"} | {"volunteer"},
    "offers.answer": _STAFF | {"volunteer"},
    "duty.set": _STAFF | {"volunteer"},
    "me.read": _STAFF | {"volunteer", "auditor"},
    OWN_SIGN_IN: _STAFF | {"volunteer", "auditor"},
    "stream.read": _STAFF,
    "configuration.read": _STAFF | {"auditor"},
    "organisations.write": frozenset({"administrator", "duty_officer"}),
    "people.read": _DESK | {"administrator"},
    "people.write": frozenset({"administrator", "supervisor"}),
    "rosters.write": frozenset({"administrator", "supervisor", "duty_officer", "coordinator"}),
    "areas.write": frozenset({"administrator"}),
    "policy.write": frozenset({"administrator", "duty_officer"}),
    "policy.approve": frozenset({"administrator", "duty_officer", "supervisor"}),
    "photos.read": _STAFF,
    # Whoever administers the system reads no content, and a responder is asked where they are needed (C54).
    "glass.break": _STAFF - {"administrator", "responder"},
    "glass.review": frozenset({"supervisor", "duty_officer", "auditor"}),
    "audit.read": frozenset({"supervisor", "duty_officer", "auditor"}),
    "measures.read": frozenset({"coordinator", "supervisor", "duty_officer", "administrator", "auditor"}),
    "rights.answer": frozenset({"coordinator", "supervisor", "duty_officer"}),
    "sharing.read": _STAFF,
    "sharing.decide": frozenset({"coordinator", "supervisor", "duty_officer"}),
    "agreements.write": frozenset({"supervisor", "duty_officer"}),
    "health.read": frozenset({"supervisor", "duty_officer", "administrator"}),
}


@dataclass(frozen=True, slots=True)
class Me:
    """The person who is signed in, with every role and where it holds.

    ``opened_ids``: what they opened for half an hour although it is not theirs to see (trust/glass). The last three say
    how this session began: when, whether with a second factor, and whether with a password that somebody else chose.
    """

    person_id: UUID
    language: str
    roles: frozenset[str]
    organisation_ids: tuple[UUID, ...]
    area_ids: tuple[int, ...]
    is_police: bool
    opened_ids: tuple[UUID, ...] = ()
    signed_in_at: datetime | None = None
    has_second_factor: bool = True
    password_is_given: bool = False

    def must(self, second_factor: str) -> tuple[Must, ...]:
        """What they have to do before anything else, where the setting of the second factor is ``second_factor``."""
        return duties(
            is_required=second_factor == REQUIRED, roles=self.roles, has_second_factor=self.has_second_factor,
            password_is_given=self.password_is_given,
        )  # fmt: skip

    def may(self, permission: str) -> bool:
        """Whether one of the roles carries ``permission``."""
        return bool(self.roles & PERMISSIONS[permission])

    @property
    def actor(self) -> Actor:
        """Whom the transaction acts for. Police see neither aid nor grievances, nor what staff noted (INV-6)."""
        compartments = ("incident",) if self.is_police else ("incident", "aid", "grievance", "notes")
        return Actor(
            f"person:{self.person_id}", Scope.STAFF, self.person_id, self.organisation_ids, self.area_ids, compartments,
            self.opened_ids,
        )  # fmt: skip


def token_hash(token: str) -> bytes:
    """What is stored of a session's token: it is 256 bits of chance, so a fast hash is enough."""
    return hashlib.sha256(token.encode()).digest()


def new_token() -> str:
    """A fresh session token of 256 bits."""
    return secrets.token_urlsafe(32)


_WHO = text(
    """
    SELECT s.token_hash, s.person_id, s.created_at, s.last_seen_at, s.has_second_factor, a.password_is_given, p.language,
           array_agg(DISTINCT r.role) AS roles, array_agg(DISTINCT r.org_id) AS orgs,
           array_agg(DISTINCT coalesce(r.area_id, d.area_id, 0)) AS areas,
           bool_or(o.kind = 'police' OR r.role = 'police') AS is_police, linli_opened_by(s.person_id, :now) AS opened
    FROM signed_in s
    JOIN account a ON a.person_id = s.person_id AND a.disabled_at IS NULL
    JOIN person p ON p.id = s.person_id AND p.left_at IS NULL
    JOIN role_assignment r ON r.person_id = s.person_id AND r.since <= :now AND (r.until IS NULL OR r.until > :now)
    JOIN organisation o ON o.id = r.org_id AND o.status = 'active'
    LEFT JOIN (
      SELECT org_id, area_id FROM desk WHERE closed_at IS NULL
      UNION SELECT org_id, area_id FROM mandate WHERE state = 'accepted'
    ) d ON d.org_id = r.org_id AND r.area_id IS NULL
    WHERE s.token_hash = ANY(:hashes) AND s.ended_at IS NULL AND s.expires_at > :now AND s.last_seen_at > :idle
      AND (s.chat_link_id IS NULL OR EXISTS (SELECT FROM chat_link c WHERE c.id = s.chat_link_id))
    GROUP BY s.token_hash, s.person_id, s.created_at, s.last_seen_at, s.has_second_factor, a.password_is_given, p.language
    """
)


def who(session: Session, token: str, *, now: datetime) -> Me | None:
    """The person of a session token, or None. A change of role acts on the next call."""
    hashed = token_hash(token)
    row = session.execute(_WHO, {"hashes": [hashed], "now": now, "idle": now - IDLE}).one_or_none()
    if row is None:
        return None
    if now - row.last_seen_at > timedelta(minutes=5):
        session.execute(
            text("UPDATE signed_in SET last_seen_at = :now WHERE token_hash = :token_hash"),
            {"now": now, "token_hash": hashed},
        )
    return _person(row)


def each_of(session: Session, tokens: Collection[str], *, now: datetime) -> dict[str, Me]:
    """The persons of session tokens, without those of nobody. One statement; it prolongs no session."""
    by_hash = {token_hash(token): token for token in tokens}
    rows = session.execute(_WHO, {"hashes": list(by_hash), "now": now, "idle": now - IDLE})
    return {by_hash[bytes(row.token_hash)]: _person(row) for row in rows}


def _person(row: Row[Any]) -> Me:
    return Me(
        row.person_id, row.language, frozenset(row.roles), tuple(row.orgs), tuple(row.areas), bool(row.is_police),
        tuple(row.opened), row.created_at, bool(row.has_second_factor), bool(row.password_is_given),
    )  # fmt: skip


def presented_token() -> str | None:
    """The session token of the present request, from the header or the cookie."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer" and token:
        return token
    return None if _is_cross_site() else token_in(request.cookies, is_secure=request.is_secure)


def _is_cross_site() -> bool:
    # A cookie counts only when our own page sent it (ASVS 3.5.1); browsers name the origin of every unsafe request.
    site = request.headers.get("Sec-Fetch-Site")
    if site:
        return site not in {"same-origin", "none"}
    origin = request.headers.get("Origin")
    return bool(origin and request.method not in {"GET", "HEAD"} and origin != request.host_url.rstrip("/"))


def clock() -> Clock:
    """The application's clock."""
    found: Clock = current_app.extensions["linli"].clock
    return found


def now() -> datetime:
    """The present moment by the application's clock."""
    return clock().now()


def public(view: Callable[P, R]) -> Callable[P, R]:
    """Mark a view that anybody may call; it acts for a resident."""

    @wraps(view)
    def marked(*args: P.args, **kwargs: P.kwargs) -> R:
        act_as(db.session(), RESIDENT, ahead=True)
        former = take_key(db.session(), actor=request.headers.get("Authorization", ""), now=now())
        return view(*args, **kwargs) if former is None else former  # type: ignore[return-value]

    marked.access = "public"  # type: ignore[attr-defined]
    return marked


def public_with_own_key(view: Callable[P, R]) -> Callable[P, R]:
    """Mark a view as ``public`` does, where the view itself makes a call with the same key one."""

    @wraps(view)
    def marked(*args: P.args, **kwargs: P.kwargs) -> R:
        act_as(db.session(), RESIDENT, ahead=True)
        return view(*args, **kwargs)

    marked.access = "public"  # type: ignore[attr-defined]
    return marked


def open_to_all(view: Callable[P, R]) -> Callable[P, R]:
    """Mark a view that anybody may call and that needs no database."""
    view.access = "public"  # type: ignore[attr-defined]
    return view


def requires(permission: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Mark a view that needs a person with ``permission``."""
    if permission not in PERMISSIONS:
        raise ValueError(f"unknown permission {permission}")

    def mark(view: Callable[P, R]) -> Callable[P, R]:
        @wraps(view)
        def marked(*args: P.args, **kwargs: P.kwargs) -> R:
            person = admit(permission)
            former = take_key(db.session(), actor=str(person.actor), now=now())
            return view(*args, **kwargs) if former is None else former  # type: ignore[return-value]

        marked.access = permission  # type: ignore[attr-defined]
        return marked

    return mark


def admit(permission: str) -> Me:
    """Bind the transaction to the person who is signed in; NotSignedIn, NotAllowed or SecondFactorNeeded otherwise."""
    token = presented_token()
    person = who(db.session(), token, now=now()) if token else None
    if person is None:
        raise NotSignedIn()
    g.me = person  # also whoever is refused is told so in their own language
    if not person.may(permission):
        raise NotAllowed()
    if permission != OWN_SIGN_IN and person.must(second_factor()):
        raise SecondFactorNeeded()
    act_as(db.session(), person.actor)
    return person


def second_factor() -> str:
    """Whether this deployment insists on a second factor: ``required`` or ``offered``."""
    found: str = current_app.extensions["linli"].settings.second_factor
    return found


def demand_fresh() -> None:
    """Raise SignInAgain unless the person signed in a moment ago (ASVS 7.5.1)."""
    at = me().signed_in_at
    if at is None or not is_fresh(at, now()):
        raise SignInAgain()


def me() -> Me:
    """The person whom ``requires`` admitted."""
    found: Me = g.me
    return found


def present() -> Me | None:
    """The person who is signed in, where the present request asked for one, admitted or not."""
    found: Me | None = g.get("me")
    return found


def is_supervisor(person: Me) -> bool:
    """Whether the person may approve what needs a supervisor."""
    return bool(person.roles & {"supervisor", "duty_officer"})


def access_of(view: Any) -> str | None:
    """The mark of a view, for the guard test and the table of permissions."""
    found = getattr(view, "access", None)
    return found if isinstance(found, str) else None
