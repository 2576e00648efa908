"""Which rooms an application has."""

from flask import Flask
from flask_smorest import Blueprint

import backend.trust.api


def blueprints() -> list[Blueprint]:
    """The routes of every room."""
    return [backend.trust.api.blueprint]


def wire(app: Flask) -> None:
    """Connect rooms that may not import each other."""
