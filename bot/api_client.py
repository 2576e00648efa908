"""The bot's calls to the API, as any other client makes them, and what can come of them."""

import logging
from collections.abc import Mapping
from typing import Any

import httpx

from bot.logs import tell

TIMEOUT = httpx.Timeout(10.0, connect=3.0)
AWAY = frozenset({502, 503, 504})


class ApiAway(Exception):
    """No answer: what was to be done may or may not be done. The same call is made again later."""


class ApiFault(Exception):
    """The API itself is broken for this call (500): calling again at once seldom helps."""


class Refused(Exception):
    """The API says no (RFC 9457): a decision that a person can understand and act on."""

    def __init__(self, status: int, problem: Mapping[str, Any]) -> None:
        self.status = status
        self.code = str(problem.get("code", status))
        said = (problem.get("title"), problem.get("detail"), problem.get("advice"))
        self.words = "\n".join(str(one) for one in said if one)
        super().__init__(self.code)


class Api:
    """One connection pool to one API."""

    def __init__(self, address: str, key: str) -> None:
        verify: Any = address.startswith("https://")  # a certificate store takes memory, and is needed for these alone
        limits = httpx.Limits(max_connections=40, max_keepalive_connections=20)
        self._http = httpx.AsyncClient(base_url=address, timeout=TIMEOUT, verify=verify, limits=limits, trust_env=False)
        self._bot = f"Bot {key}"

    async def close(self) -> None:
        """Give the connections back."""
        await self._http.aclose()

    async def as_bot(self, method: str, path: str, body: Any = None, *, language: str = "en", key: str = "") -> Any:
        """A call that the bot alone may make. Raises ApiAway too where the bot's key is not the API's."""
        try:
            return await self.call(method, f"bot/{path}", body, auth=self._bot, language=language, key=key)
        except Refused as refused:
            if refused.status != 401:
                raise
            # A key that does not fit is the deployer's to mend; until then nothing may count as handled.
            tell("the API does not know the bot's key", level=logging.ERROR, status=401)
            raise ApiAway("the bot's key") from refused

    async def call(
        self, method: str, path: str, body: Any = None, *, auth: str = "", language: str = "en", key: str = ""
    ) -> Any:
        """Any call under ``/api/v1``; its answer. ``key``: done once, however often it is made with it.

        Raises ApiAway, ApiFault, Refused.
        """
        content = {} if body is None else {"json": body}
        return await self._send(method, path, auth=auth, language=language, key=key, **content)

    async def upload(self, path: str, name: str, raw: bytes, *, language: str, key: str) -> Any:
        """Send one file. The same key with the same bytes is answered alike, so the boundary is made from the key."""
        files = {name: (name, raw, "application/octet-stream")}
        return await self._send(
            "POST", path, auth="", language=language, key=key, files=files,
            headers={"Content-Type": f"multipart/form-data; boundary={key.replace('-', '')}"},
        )  # fmt: skip

    async def _send(self, method: str, path: str, *, auth: str, language: str, key: str, **content: Any) -> Any:
        headers = {"Accept-Language": language, **content.pop("headers", {})}
        if auth:
            headers["Authorization"] = auth
        if key:
            headers["Idempotency-Key"] = key
        try:
            response = await self._http.request(method, f"/api/v1/{path}", headers=headers, **content)
        except httpx.TransportError as error:
            raise ApiAway(type(error).__name__) from error
        return _answer(response)


def _answer(response: httpx.Response) -> Any:
    if response.status_code in AWAY:
        raise ApiAway(str(response.status_code))
    if response.status_code >= 500:
        raise ApiFault(str(response.status_code))
    try:
        body = response.json() if response.content else None
    except ValueError as error:
        raise ApiAway("no answer of the API") from error
    if response.status_code >= 400:
        raise Refused(response.status_code, body if isinstance(body, dict) else {})
    return body
