"""Carrying out what the table decided: one file for each audience of the API."""

from bot.api_client import ApiFault
from bot.effects import Effect
from bot.handlers import residents, responders
from bot.handlers.context import CARRIED, Context, Files, Sessions, outcome
from bot.inputs import Said

__all__ = ["CARRIED", "Context", "Files", "Sessions", "carry_out", "residents", "responders"]


async def carry_out(context: Context, effect: Effect) -> Said:
    """Make the call, and say what came of it. A fault of the API is an outcome too: the draft stays. Raises ApiAway."""
    try:
        return await CARRIED[type(effect)](context, effect)
    except ApiFault as fault:
        from bot.logs import tell

        tell("the API is broken for a call", status=str(fault))
        return outcome("failed")
