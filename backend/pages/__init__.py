"""The phone page, the console, and a plain page for each surface, without JavaScript: report, receipt, sign-in, list, incident.

This room is on top: it may use every room below it, and nothing uses it but the application's wiring.
"""

from flask import Blueprint

from backend.pages import agency, asked, chats, rights, security, sign_in  # noqa: F401 - they add their routes to those of staff and residents
from backend.pages.console import blueprint as console_page
from backend.pages.phone import blueprint as phone_page
from backend.pages.resident import blueprint as resident
from backend.pages.staff import blueprint as staff


def blueprints() -> list[Blueprint]:
    """The pages of residents and of staff, for ``app.register_blueprint``."""
    return [phone_page, console_page, resident, staff]
