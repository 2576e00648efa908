"""What a password costs whoever guesses it, outside of tests."""

from argon2 import PasswordHasher, extract_parameters
from argon2.low_level import Type

from backend.trust.passwords import Passwords


def test_a_password_is_hashed_as_slowly_as_rfc_9106_asks_where_memory_is_short() -> None:
    kept = Passwords().hashed("nine small lanterns")
    found = extract_parameters(kept)
    assert (found.type, found.salt_len, found.hash_len) == (Type.ID, 16, 32)
    assert found.time_cost >= 3
    assert found.memory_cost >= 64 * 1024


def test_a_password_is_right_for_its_own_hash_alone() -> None:
    passwords = Passwords()
    passwords.use(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    kept = passwords.hashed("nine small lanterns")
    assert kept != passwords.hashed("nine small lanterns")
    assert passwords.is_right(kept, "nine small lanterns")
    assert not passwords.is_right(kept, "Nine small lanterns")


def test_nobody_has_the_password_that_stands_in_for_an_unknown_login() -> None:
    assert not Passwords().is_right(None, "nobody has this password")
