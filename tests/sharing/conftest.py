"""The world of the tests of rights serves those of sharing too."""

from tests.rights.conftest import built, house

__all__ = ["built", "house"]
