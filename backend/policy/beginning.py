"""Rules that come by the command line: those with which a system begins hold at once, any later ones need a second person."""

from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

from backend.kernel.etags import etag_of
from backend.policy.actions import PolicyImport, demand_clean, import_draft
from backend.policy.changing import begin_import, lint_change, propose
from backend.policy.drafts import Draft, findings_of, read_draft
from backend.policy.history import layer_now, lock_policy
from backend.policy.models import PolicyChange

# The incident's room lies above this one.
_ANY_INCIDENT = text("SELECT EXISTS (SELECT FROM incident)")


def bring_in(session: Session, *, document: str, by: str, now: datetime) -> PolicyImport | PolicyChange:
    """Take a layer of rules at once where the system only begins; else put it before a second person.

    A system begins as long as nothing was reported to it; a layer that holds rules then is changed by two people all
    the same. Returns what was taken, or the change that waits. Raises PolicyInvalid, PolicyRefused, NoSuchArea,
    NothingChanged.
    """
    lock_policy(session)
    draft = read_draft(session, document)
    if is_first(session, draft):
        return import_draft(session, draft, by=by, now=now)
    demand_clean(findings_of(session, draft.layer))
    change = begin_import(session, draft, draft.layer.name, "", by=by, now=now)
    lint_change(session, change.id, by=by, now=now)
    session.flush()
    return propose(session, change.id, by=by, why="", if_match=etag_of(change), now=now)


def is_first(session: Session, draft: Draft) -> bool:
    """Whether nothing was reported yet and the layer holds no rule."""
    _, held, _ = layer_now(session, draft.layer.area_id)
    return not held and not session.scalar(_ANY_INCIDENT)
