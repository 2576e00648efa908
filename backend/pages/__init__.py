"""A first page for each surface, without JavaScript: report, receipt, sign-in, incident list, incident.

This room is on top: it may use every room below it, and nothing uses it but the application's wiring.
"""

from flask import Blueprint

from backend.pages.resident import blueprint as resident
from backend.pages.staff import blueprint as staff


def blueprints() -> list[Blueprint]:
    """The pages of residents and of staff, for ``app.register_blueprint``."""
    return [resident, staff]
