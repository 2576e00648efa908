"""Receipts: the same for the same report, forgiving to read out, never stored."""

from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.intake.receipts import normal_form, receipt_for, receipt_hash
from backend.kernel.sealed import Keyring
from backend.kernel.spoken import ALPHABET

RING = Keyring("k1", {"k1": bytes(range(32))})
CLIENT = UUID("5f0e7c1a-3f8e-4a4e-9a64-0d7f0a3a8f11")


def test_a_repeated_call_gets_the_same_receipt() -> None:
    assert receipt_for(RING, CLIENT) == receipt_for(RING, CLIENT)
    assert receipt_for(RING, CLIENT) != receipt_for(RING, uuid4())


@given(st.uuids(), st.integers(0, 15), st.sampled_from(ALPHABET))
def test_one_wrong_character_is_always_noticed(client_id: UUID, at: int, sign: str) -> None:
    code = receipt_for(RING, client_id).replace("-", "")
    wrong = code[:at] + sign + code[at + 1 :]
    assert normal_form(wrong) == (code if wrong == code else None)


@given(st.uuids())
def test_a_code_read_out_and_typed_anyhow_is_recognised(client_id: UUID) -> None:
    code = receipt_for(RING, client_id)
    typed = code.lower().replace("-", "  ").replace("0", "o").replace("1", "l")
    assert receipt_hash(RING, typed) == receipt_hash(RING, code)


@pytest.mark.parametrize("said", ["", "1234", "AAAA-AAAA-AAAA-AAA", "????-????-????-????", "7" * 17])
def test_what_cannot_be_a_receipt_is_told_apart(said: str) -> None:
    assert normal_form(said) is None
