"""Who really asks: what a proxy says counts where the proxy is ours, and nobody else can say it."""

from ipaddress import ip_network
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.kernel.proxies import TrustedProxies, network_of, told_by_proxy

OURS = tuple(map(ip_network, ("127.0.0.1", "::1", "10.0.0.0/8")))


@pytest.mark.parametrize(
    "remote, chain, client",
    [
        ("127.0.0.1", "203.0.113.9", "203.0.113.9"),
        ("10.1.2.3", "203.0.113.9, 10.9.9.9", "203.0.113.9"),
        ("10.1.2.3", "198.51.100.1, 203.0.113.9, 10.9.9.9", "203.0.113.9"),
        ("10.1.2.3", "unknown, 10.9.9.9", "10.9.9.9"),
        ("10.1.2.3", "10.7.7.7, 10.9.9.9", "10.7.7.7"),
        ("::1", "2001:db8::7", "2001:db8::7"),
        ("::1", "[2001:db8::7]", "2001:db8::7"),
        ("::ffff:127.0.0.1", "203.0.113.9", "203.0.113.9"),
        ("127.0.0.1", "", None),
        ("127.0.0.1", "<script>, \xff", None),
        ("203.0.113.1", "198.51.100.1", None),
        ("", "198.51.100.1", None),
        ("not an address", "198.51.100.1", None),
    ],
)
def test_the_client_is_the_last_address_that_is_no_proxy_of_ours(remote: str, chain: str, client: str | None) -> None:
    found = told_by_proxy({"REMOTE_ADDR": remote, "HTTP_X_FORWARDED_FOR": chain}, OURS)
    assert found.get("REMOTE_ADDR") == client


@pytest.mark.parametrize(
    "remote, said, scheme",
    [
        ("127.0.0.1", "https", "https"),
        ("127.0.0.1", "HTTPS ", "https"),
        ("127.0.0.1", "http, https", "https"),
        ("127.0.0.1", "javascript", None),
        ("127.0.0.1", "", None),
        ("203.0.113.1", "https", None),
    ],
)
def test_the_scheme_is_what_our_proxy_says(remote: str, said: str, scheme: str | None) -> None:
    found = told_by_proxy({"REMOTE_ADDR": remote, "HTTP_X_FORWARDED_PROTO": said}, OURS)
    assert found.get("wsgi.url_scheme") == scheme


@given(st.text(max_size=200), st.text(max_size=60))
def test_nothing_that_is_sent_breaks_it_and_strangers_change_nothing(chain: str, scheme: str) -> None:
    said = {"HTTP_X_FORWARDED_FOR": chain, "HTTP_X_FORWARDED_PROTO": scheme}
    assert told_by_proxy(said | {"REMOTE_ADDR": "203.0.113.1"}, OURS) == {}
    assert told_by_proxy(said | {"REMOTE_ADDR": "127.0.0.1"}, OURS).keys() <= {"REMOTE_ADDR", "wsgi.url_scheme"}


def test_the_application_sees_the_request_as_its_client_made_it() -> None:
    seen: list[dict[str, Any]] = []

    def app(environ: dict[str, Any], _: Any) -> list[bytes]:
        seen.append(environ)
        return []

    environ = {
        "REMOTE_ADDR": "10.1.1.1",
        "wsgi.url_scheme": "http",
        "HTTP_X_FORWARDED_FOR": "203.0.113.9",
        "PATH_INFO": "/",
    }
    TrustedProxies(app, ["10.0.0.0/8"])(environ | {"HTTP_X_FORWARDED_PROTO": "https"}, None)
    TrustedProxies(app, [])(environ, None)
    assert [(one["REMOTE_ADDR"], one["wsgi.url_scheme"]) for one in seen] == [
        ("203.0.113.9", "https"),
        ("10.1.1.1", "http"),
    ]
    assert seen[0]["PATH_INFO"] == "/"


@pytest.mark.parametrize(
    "address, network",
    [
        ("203.0.113.9", "203.0.113.9"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::9", "2001:db8:1:2::/64"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        ("", "unknown"),
        ("unix:", "unknown"),
    ],
)
def test_what_one_household_shares_counts_as_one(address: str, network: str) -> None:
    assert network_of(address) == network
