"""The routes of the room: categories and layers; changes of rules; conditions; simulations; what people override."""

from backend.policy.api import changes, conditions, layers, places, simulations
from backend.policy.api.blueprint import blueprint

__all__ = ["blueprint", "changes", "conditions", "layers", "places", "simulations"]
