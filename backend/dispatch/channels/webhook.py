"""Signed webhooks to a body's own system (Standard Webhooks), never into a private network.

The target's name is resolved by us, every address of it is checked, and the connection goes to the checked address:
a name that resolves to something else a moment later gains nothing (OWASP ASVS 5.0, 1.3.6 and 15.3.2).
"""

import asyncio
import json
import socket
import ssl
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Any

import httpx
from standardwebhooks import Webhook as Signer

from backend.dispatch.channels import SEND_WITHIN_S, ChannelFailed, Message, Outcome
from backend.dispatch.rules import Result

RESOLVE_WITHIN_S = 3.0
ANSWER_WITHIN_S = SEND_WITHIN_S - RESOLVE_WITHIN_S
# Answers that say "not like this": the same call would get them again. 410: the receiver wants no more.
NEVER = frozenset({400, 405, 406, 410, 411, 413, 414, 415, 422, 501, 505})
_NAT64 = ip_network("64:ff9b::/96")
_V4_COMPATIBLE = ip_network("::/96")
# Not of the internet, and not yet known as such to every Python: NAT64 of a site (RFC 8215), examples (RFC 9637).
_LOCAL = (ip_network("64:ff9b:1::/48"), ip_network("3fff::/20"))

Resolve = Callable[[str, int], list[str]]


class WebhookFailed(ChannelFailed):
    """The receiver could not be reached or did not answer in time."""


class TargetRefused(Exception):
    """The target is one that we do not call; the text is the outcome's code."""


def outcome_of(status: int) -> Outcome:
    """The code table: what an HTTP answer means for a delivery. A redirect is not followed."""
    if 200 <= status < 300:
        return Outcome(Result.DELIVERED, str(status))
    return Outcome(Result.NEVER if 300 <= status < 400 or status in NEVER else Result.RETRY, str(status))


def is_public(address: str) -> bool:
    """Whether an IP address is one of the public internet, also when it wraps another one."""
    try:
        found = ip_address(address)
    except ValueError:
        return False  # such as an address with a zone
    inner = _wrapped(found) if isinstance(found, IPv6Address) else None
    if not found.is_global or found.is_multicast or any(found in network for network in _LOCAL):
        return False
    return inner is None or is_public(str(inner))


def _wrapped(found: IPv6Address) -> IPv4Address | None:
    """The IPv4 address that an IPv6 one leads to: mapped, 6to4, Teredo, NAT64 (RFC 6052) or compatible."""
    if found.teredo:
        return found.teredo[1]
    if found in _NAT64 or (found in _V4_COMPATIBLE and int(found) > 1):
        return IPv4Address(int(found) & 0xFFFF_FFFF)
    return found.ipv4_mapped or found.sixtofour


def resolve(host: str, port: int) -> list[str]:
    """The addresses of a name, in the system's order. Raises OSError."""
    return [str(found[4][0]) for found in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


@lru_cache(maxsize=1)
def _names() -> ThreadPoolExecutor:
    """Threads that ask for names: the system's resolver knows no time limit of ours."""
    return ThreadPoolExecutor(4, "names")


@lru_cache(maxsize=1)
def _trust() -> ssl.SSLContext:
    return ssl.create_default_context()


def request_of(message: Message) -> tuple[bytes, dict[str, str]]:
    """The body and the headers that sign it, by the Standard Webhooks scheme."""
    body = json.dumps(message.payload, ensure_ascii=False, separators=(",", ":"), default=str)
    headers = {
        "webhook-id": str(message.id),
        "webhook-timestamp": str(int(message.now.timestamp())),
        "webhook-signature": Signer(message.secret).sign(str(message.id), message.now, body),
        "content-type": "application/json",
        "user-agent": "Linli",
        "accept-encoding": "identity",
    }
    return body.encode(), headers


class WebhookChannel:
    """Calls to the systems of bodies. ``allow_private`` lets tests call this machine."""

    def __init__(self, *, allow_private: bool = False, resolve: Resolve = resolve) -> None:
        self._allow_private, self._resolve = allow_private, resolve

    def send(self, message: Message) -> Outcome:
        """Call the target once. Raises WebhookFailed."""
        try:
            return outcome_of(self.call(message.address, *request_of(message)))
        except TargetRefused as refused:
            return Outcome(Result.NEVER, str(refused))

    def call(self, target: str, body: bytes, headers: dict[str, str]) -> int:
        """The status of a POST to ``target``, if it is one that we call. Raises TargetRefused, WebhookFailed."""
        url = self._checked(target)
        address = self._address_of(url)
        try:
            return asyncio.run(_bounded(url, address, body, headers))
        except TimeoutError as error:
            raise WebhookFailed("timeout") from error
        except httpx.HTTPError as error:
            code = "timeout" if isinstance(error, httpx.TimeoutException) else "unreachable"
            raise WebhookFailed(code) from error

    def _checked(self, raw: str) -> httpx.URL:
        try:
            url = httpx.URL(raw)
        except (httpx.InvalidURL, ValueError) as error:
            raise TargetRefused("bad-address") from error
        if not url.host or url.userinfo or url.scheme not in {"http", "https"}:
            raise TargetRefused("bad-address")
        if url.scheme != "https" and not self._allow_private:
            raise TargetRefused("not-https")
        return url

    def _address_of(self, url: httpx.URL) -> str:
        """The address to connect to, after every address of the name was checked."""
        port = url.port or (443 if url.scheme == "https" else 80)
        try:
            found = _names().submit(self._resolve, url.host, port).result(RESOLVE_WITHIN_S)
        except (TimeoutError, OSError, UnicodeError) as error:
            raise WebhookFailed("name-unknown") from error
        if not found:
            raise WebhookFailed("name-unknown")
        if not self._allow_private and not all(is_public(address) for address in found):
            raise TargetRefused("private-address")
        return found[0]


async def _bounded(url: httpx.URL, address: str, body: bytes, headers: dict[str, str]) -> int:
    async with asyncio.timeout(ANSWER_WITHIN_S):
        return await _post(url, address, body, headers)


async def _post(url: httpx.URL, address: str, body: bytes, headers: dict[str, str]) -> int:
    """POST to ``address`` in the name of ``url``; the status. Of the answer nothing but its head is read."""
    pinned = url.copy_with(host=address)
    named: dict[str, Any] = {"sni_hostname": url.host}
    headers = headers | {"host": url.netloc.decode("ascii")}
    async with httpx.AsyncClient(verify=_trust(), trust_env=False, timeout=ANSWER_WITHIN_S) as client:
        request = client.build_request("POST", pinned, content=body, headers=headers, extensions=named)
        answer = await client.send(request, stream=True, follow_redirects=False)
        await answer.aclose()
        return answer.status_code
