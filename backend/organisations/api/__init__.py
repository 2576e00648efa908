"""The routes of the room: bodies, mandates and desks; people; rotas and duty."""

from backend.organisations.api import accounts, bodies, chats, desks, lists, mandates, people, rosters, weeks
from backend.organisations.api.blueprint import blueprint

__all__ = ["accounts", "blueprint", "bodies", "chats", "desks", "lists", "mandates", "people", "rosters", "weeks"]
