"""The session's cookie: no script reads it, no other site sends it, and over https no other host can set it."""

from collections.abc import Mapping
from datetime import timedelta

from flask import request
from werkzeug.wrappers import Response

COOKIE = "linli_session"
# Browsers take a name that begins so only with Secure, Path=/ and no Domain (ASVS 3.3.1).
SECURE_COOKIE = f"__Host-{COOKIE}"


def token_in(cookies: Mapping[str, str], *, is_secure: bool) -> str | None:
    """The session's token among the cookies of a request; over https only the one that no other host can set counts."""
    return cookies.get(SECURE_COOKIE) or (None if is_secure else cookies.get(COOKIE))


def set_cookie(response: Response, token: str, *, lasts: timedelta) -> None:
    """Give a browser its session; ``Secure`` where the present request came by https."""
    response.set_cookie(
        _name(), token, max_age=lasts, httponly=True, samesite="Strict", path="/", secure=request.is_secure
    )


# A page of an agency leads back here, and Strict would keep the cookie from that call. It opens nothing by itself.
STEP_COOKIE = "linli_step"


def step_in(cookies: Mapping[str, str], *, is_secure: bool) -> str:
    """The token of the sign-in that went on elsewhere."""
    return cookies.get(_prefixed(STEP_COOKIE, is_secure=is_secure), "")


def set_step(response: Response, token: str, *, lasts: timedelta) -> None:
    """Have a browser carry the token of a sign-in that goes on elsewhere."""
    response.set_cookie(
        _prefixed(STEP_COOKIE, is_secure=request.is_secure), token, max_age=lasts, httponly=True, samesite="Lax",
        path="/", secure=request.is_secure,
    )  # fmt: skip


def drop_step(response: Response) -> None:
    """Have a browser forget the sign-in that went on elsewhere."""
    name = _prefixed(STEP_COOKIE, is_secure=request.is_secure)
    response.delete_cookie(name, path="/", httponly=True, samesite="Lax", secure=request.is_secure)


def _prefixed(name: str, *, is_secure: bool) -> str:
    return f"__Host-{name}" if is_secure else name


def drop_cookie(response: Response) -> None:
    """Have a browser forget its session."""
    response.delete_cookie(_name(), path="/", httponly=True, samesite="Strict", secure=request.is_secure)


def _name() -> str:
    return SECURE_COOKIE if request.is_secure else COOKIE
