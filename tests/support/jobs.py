"""Jobs without a worker: run what waits, in this thread, in the order in which a worker would."""

from uuid import UUID

from flask import Flask
from sqlalchemy import text

from backend.kernel.database import SYSTEM, act_as, db
from backend.kernel.jobs import TASKS

_TAKE = text(
    "DELETE FROM procrastinate_jobs WHERE id = (SELECT id FROM procrastinate_jobs WHERE status = 'todo'"
    " ORDER BY priority DESC, id LIMIT 1) RETURNING task_name, args"
)


def run_jobs(app: Flask) -> int:
    """Run every waiting job once; return how many there were."""
    count = 0
    while True:
        with app.app_context():
            act_as(db.session(), SYSTEM)
            taken = db.session.execute(_TAKE).one_or_none()
            db.session.commit()
        if taken is None:
            return count
        with app.app_context():
            TASKS[taken.task_name](app, UUID(taken.args["row_id"]))
        count += 1
