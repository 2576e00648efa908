"""docs/permissions.md."""

from flask import Flask

from backend.documents.markdown import page, table
from backend.documents.routes import Route, routes_of
from backend.trust.access import PERMISSIONS
from backend.trust.bots import ACCESS as BOT
from backend.trust.reads import FOLDED, HEADER, PURPOSES, audit_of


def make(app: Flask) -> str:
    """Which role has which permission, and what each call asks for."""
    routes = routes_of(app)
    return page("Permissions", _intro(), _matrix(), _calls(routes))


def _intro() -> list[str]:
    return [
        "Every view says who may call it, and what says nothing is denied. A permission alone is not enough: what a",
        "person sees is narrowed by the database to the areas, bodies and compartments of their roles, and some acts",
        "ask for more (a supervisor, the owner of the incident, a second person); docs/errors.md names those refusals.",
        "",
        "Who reads an incident or looks at a photo of one leaves an entry in the audit that nobody can edit: who, when, how",
        "the reader is concerned (`owner`, `offeree`, `triage`, `supervisor`, or `unstated`), and the purpose. That is what",
        f"the query `purpose` or the header `{HEADER}` says, else how they are concerned. It is one of",
        f"{', '.join(f'`{one}`' for one in PURPOSES)}.",
        f"The same person reading the same for the same purpose within {FOLDED.seconds // 60} minutes makes one entry.",
    ]


def _matrix() -> list[str]:
    roles = sorted(frozenset().union(*PERMISSIONS.values()))
    rows = [
        (f"`{name}`", *("yes" if role in holders else "" for role in roles))
        for name, holders in sorted(PERMISSIONS.items())
    ]
    heads = ["Permission", *(role.replace("_", " ") for role in roles)]
    return ["## Who has which", "", *table(heads, rows)]


def _calls(routes: list[Route]) -> list[str]:
    rows = [(f"`{route.name}`", _asked(route), "yes" if audit_of(route.view) else "") for route in routes]
    return ["## What each call asks for", "", *table(("Call", "Asks for", "Reading is recorded"), rows)]


def _asked(route: Route) -> str:
    if "/receipt" in route.path and route.path.startswith("/api/"):
        return "the report's receipt"
    if route.access == BOT:
        return "the bot's key"
    return "nothing" if route.access == "public" else f"`{route.access}`"
