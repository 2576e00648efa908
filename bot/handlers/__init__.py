"""Carrying out what the table decided: one file for each audience of the API."""

import asyncio
import logging

from bot.api_client import ApiFault
from bot.effects import Effect
from bot.handlers import neighbours, residents, responders
from bot.handlers.context import CARRIED, Context, Files, Sessions, outcome
from bot.inputs import Said
from bot.logs import tell

__all__ = ["CARRIED", "Context", "Files", "Sessions", "carry_out", "neighbours", "residents", "responders"]
# Pauses after a call that the API could not bear; a fault that passes is not worth a person's while.
WAITS_S = (0.3, 1.0, 0.0)


async def carry_out(context: Context, effect: Effect) -> Said:
    """Make the call, and say what came of it. A fault of the API is an outcome too: the draft stays. Raises ApiAway."""
    for wait_s in WAITS_S:
        calls = context.calls
        try:
            return await CARRIED[type(effect)](context, effect)
        except ApiFault as fault:
            tell("the API is broken for a call", level=logging.ERROR, status=str(fault))
            context.calls = calls  # the same call again has the same id
            await asyncio.sleep(wait_s)
    return outcome("failed")
