"""An SOS that was sent and that nobody has seen goes by the next channel too, in time to be there within the minute.

Handed over is not seen: a phone may be off, a letter unread. Where an inbox, a chat's button or an acknowledgement says
that somebody knows, nobody else is called. What still waits after failed tries goes on by the next channel as well.
"""

from datetime import timedelta

from flask import Flask
from sqlalchemy import text

from backend.dispatch.channels import switched_on
from backend.dispatch.outcomes import following_of, send_by
from backend.dispatch.parcels import Parcel
from backend.dispatch.rules import SOS_UNSEEN_S
from backend.kernel.database import SYSTEM, act_as, db

# Older ones were looked at long ago; a worker that was away for so long has ladders to climb first.
LOOKED_BACK = timedelta(minutes=10)
MOST = 200

_ALONE = text("SELECT pg_try_advisory_xact_lock(hashtext('linli unseen'))")
_UNSEEN = text(
    """
    SELECT DISTINCT ON (d.person_id, d.template, d.created_at, d.incident_id)
           d.id, d.fence, d.attempts, d.channel, d.lane, d.template, d.created_at, d.incident_id, d.report_id,
           d.offer_id, d.person_id, d.desk_id, d.webhook_id, d.params, d.language
    FROM delivery d JOIN person p ON p.id = d.person_id AND p.left_at IS NULL AND p.phone IS NOT NULL
    LEFT JOIN incident i ON i.id = d.incident_id LEFT JOIN offer o ON o.id = d.offer_id
    WHERE d.lane = 'sos' AND d.state IN ('waiting', 'handed_over') AND d.channel IN ('telegram', 'email')
      AND d.created_at > :oldest AND d.created_at <= :unseen
      AND (i.id IS NULL OR (i.closed_at IS NULL AND i.exercise_id IS NULL
           AND (i.acknowledged_at IS NULL OR i.acknowledged_at < d.created_at)))
      AND (o.id IS NULL OR o.state = 'proposed')
      AND NOT EXISTS (
        SELECT FROM delivery s WHERE s.person_id = d.person_id AND s.created_at = d.created_at
          AND s.template = d.template AND s.incident_id IS NOT DISTINCT FROM d.incident_id
          AND (s.channel = 'sms' OR s.state IN ('delivered', 'seen')))
    ORDER BY d.person_id, d.template, d.created_at, d.incident_id, d.id LIMIT :most
    """
)


def tell_unseen(app: Flask) -> int:
    """Send on what nobody has seen; return how many. One worker at a time does."""
    carried = app.extensions["linli"]
    if "sms" not in switched_on(carried.settings):
        return 0  # the other channels were used at once
    session, now = db.session(), carried.clock.now()
    act_as(session, SYSTEM)
    params = {"oldest": now - LOOKED_BACK, "unseen": now - timedelta(seconds=SOS_UNSEEN_S), "most": MOST}
    found = [Parcel(*row) for row in session.execute(_UNSEEN, params)] if session.scalar(_ALONE) else []
    sent = 0
    for parcel in found:
        if following := following_of(app, session, parcel):
            send_by(session, parcel, following, now=now)
            sent += 1
    session.commit()
    return sent
