"""Who really asks, and how: what a reverse proxy says of it counts where the proxy is one that we trust.

Anybody can send ``X-Forwarded-For`` and ``X-Forwarded-Proto``; they are believed from the addresses of
``LINLI_TRUSTED_PROXIES`` only, and of a chain only as far as it consists of such.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any

Network = IPv4Network | IPv6Network
Wsgi = Callable[[dict[str, Any], Any], Iterable[bytes]]


class TrustedProxies:
    """Around an application: gives each request the address and the scheme that its client used."""

    def __init__(self, app: Wsgi, trusted: Sequence[str]) -> None:
        self._app = app
        self._trusted = tuple(map(ip_network, trusted))

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Pass the request on, corrected."""
        environ.update(told_by_proxy(environ, self._trusted))
        return self._app(environ, start_response)


def told_by_proxy(environ: Mapping[str, Any], trusted: Sequence[Network]) -> dict[str, str]:
    """The members of ``environ`` that a trusted proxy knows better; empty where none sent the request."""
    is_forwarded = "HTTP_X_FORWARDED_FOR" in environ or "HTTP_X_FORWARDED_PROTO" in environ
    if not (is_forwarded and _is_trusted(environ.get("REMOTE_ADDR", ""), trusted)):
        return {}
    found = {}
    if client := _client(environ.get("HTTP_X_FORWARDED_FOR", ""), trusted):
        found["REMOTE_ADDR"] = client
    scheme = environ.get("HTTP_X_FORWARDED_PROTO", "").rpartition(",")[2].strip().lower()
    if scheme in {"http", "https"}:
        found["wsgi.url_scheme"] = scheme
    return found


def _client(chain: str, trusted: Sequence[Network]) -> str | None:
    """The last address of a chain that is no proxy of ours: what stands before it, anybody can have written."""
    client = None
    for part in reversed(chain.split(",")):
        address = _address(part.strip())
        if address is None:
            break
        client = str(address)
        if not any(address in network for network in trusted):
            break
    return client


def _is_trusted(raw: str, trusted: Sequence[Network]) -> bool:
    address = _address(raw)
    return address is not None and any(address in network for network in trusted)


def _address(raw: str) -> IPv4Address | IPv6Address | None:
    try:
        found = ip_address(raw.strip("[]").partition("%")[0])
    except ValueError:
        return None
    return (found.ipv4_mapped or found) if isinstance(found, IPv6Address) else found


def network_of(raw: str) -> str:
    """The part of an address that one household or body shares: all of IPv4, the first 64 bits of IPv6."""
    address = _address(raw)
    if isinstance(address, IPv6Address):
        return str(ip_network((address, 64), strict=False))
    return str(address) if address else "unknown"
