"""Desks with people on duty, for tests."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from backend.kernel.database import SYSTEM, act_as
from backend.kernel.ids import new_id
from backend.kernel.versions import bump
from backend.organisations.models import Desk, Shift


def make_desk(session: Session, org: UUID, *, email: str | None = None, kind: str = "duty") -> UUID:
    """A desk of ``org`` that covers everywhere."""
    desk = Desk(id=new_id(), org_id=org, kind=kind, name="Desk", names={"en": "Desk", "zh": "值班席"},
                always_staffed=False, email=email)  # fmt: skip
    session.add(desk)
    bump(session, "organisations")
    session.commit()
    act_as(session, SYSTEM)
    return desk.id


def put_on_duty(session: Session, desk: UUID, person: UUID, *, now: datetime, rank: int = 0) -> None:
    """``person`` answers at ``desk`` for a day around ``now``."""
    during = Range(now - timedelta(hours=12), now + timedelta(hours=12))
    session.add(Shift(id=new_id(), desk_id=desk, person_id=person, rank=rank, during=during))
    session.commit()
    act_as(session, SYSTEM)
