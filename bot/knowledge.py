"""What the API says of itself, asked for now and then and kept: the numbers to call are known when it is away too."""

import json
import time
from pathlib import Path

from bot.api_client import Api, ApiAway, ApiFault, Refused
from bot.world import World, world_of

FRESH_S = 300.0
RETRY_S = 5.0
FILE = "bot-config.json"


class Knowledge:
    """The world as last heard of, in memory and in a file of the data folder. It holds nothing of any person."""

    def __init__(self, api: Api, folder: Path, page: str) -> None:
        self._api = api
        self._path = folder / FILE
        self._page = page
        self._due = 0.0
        self.world = self._as_kept()

    async def refreshed(self) -> World:
        """The world, asked for anew when what is known is old; where there is no answer, as last heard."""
        if time.monotonic() < self._due:
            return self.world
        # What was never heard of is asked for each time: without it there are no topics, and a number of no country.
        self._due = time.monotonic() + (RETRY_S if self.world.categories else 0.0)
        try:
            config = await self._api.call("GET", "config")
        except (ApiAway, ApiFault, Refused):
            return self.world
        self.world = world_of(config, page=self._page)
        self._due = time.monotonic() + FRESH_S
        self._keep(json.dumps(config, ensure_ascii=False))
        return self.world

    def _as_kept(self) -> World:
        try:
            return world_of(json.loads(self._path.read_text(encoding="utf-8")), page=self._page)
        except (OSError, ValueError, KeyError, TypeError):
            return World(page=self._page)

    def _keep(self, text: str) -> None:
        """Replace the file as a whole; several bots may write the same. A folder that cannot be written to is borne."""
        fresh = self._path.with_suffix(f".{time.monotonic_ns()}")
        try:
            if self._path.parent.is_dir() and (not self._path.exists() or self._path.read_text("utf-8") != text):
                fresh.write_text(text, encoding="utf-8")
                fresh.replace(self._path)
        except OSError:
            fresh.unlink(missing_ok=True)
