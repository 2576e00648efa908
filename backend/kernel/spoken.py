"""Codes that people read out and type: Crockford's base32, without letters that are taken for one another."""

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
GROUP = 4
# What people write or hear for another character.
_HEARD = str.maketrans({"O": "0", "I": "1", "L": "1", "U": "V"})


def heard(said: str) -> str | None:
    """The characters of a code in what a person typed or read out; None where it holds others."""
    code = "".join(sign for sign in said.upper() if sign.isalnum()).translate(_HEARD)
    return code if not set(code) - set(ALPHABET) else None


def grouped(code: str) -> str:
    """A code in groups of four, as it is shown: ``7KQF-2M9D``."""
    return "-".join(code[at : at + GROUP] for at in range(0, len(code), GROUP))
