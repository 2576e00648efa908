"""The number to call, shown before anything else (INV-13, R01)."""

from typing import Any

from backend.kernel.languages import pick
from backend.policy.decision import Decision


def emergency_of(decision: Decision, language: str, *, danger_now: bool) -> dict[str, Any] | None:
    """Number, advice and helplines for a report in which somebody may be in danger; None for all others."""
    found = decision.emergency
    if found is None or not (decision.divert or danger_now):
        return None
    advice = [pick(found.advice, language)]
    if found.silent:
        advice.append(pick(found.silent, language))
    return {
        "number": found.number,
        "advice": " ".join(part for part in advice if part),
        "helplines": [{"service": service, "number": number} for service, number in found.numbers],
    }
