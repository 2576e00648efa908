"""The routes of the room: bodies, mandates and desks; people; rotas and duty."""

from backend.organisations.api import bodies, chats, desks, lists, mandates, people, rosters, weeks
from backend.organisations.api.blueprint import blueprint

__all__ = ["blueprint", "bodies", "chats", "desks", "lists", "mandates", "people", "rosters", "weeks"]
