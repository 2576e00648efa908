"""Suggestions, plans and what came of them, as clients read them: listings, scores, and reasons in words."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from backend.aid.matching.board import shown
from backend.aid.matching.facts import Offered, Wanted
from backend.aid.matching.planning import Planned
from backend.aid.matching.proposing import Result
from backend.aid.matching.reading import Known
from backend.aid.matching.rules import Verdict, Why
from backend.aid.matching.scoring import Score, reasons
from backend.aid.matching.suggesting import Suggestions
from backend.aid.matching.wording import said, why, why_said
from backend.aid.rules import Side
from backend.kernel.problems import problem_of


def suggestions_said(
    own: Known, others: Sequence[Known], found: Suggestions, language: str, *, zone: str
) -> dict[str, Any]:
    """The best for a listing, and why others do not fit."""
    by_id = {one.id: one for one in others}
    is_request = own.row.direction == Side.REQUEST

    def other(wanted: Wanted, offered: Offered) -> Known:
        return by_id[offered.id if is_request else wanted.id]

    return {
        "listing": shown(own.row),
        "best": [
            {"listing": shown(other(one.wanted, one.offered).row)}
            | _pair(one.wanted, one.offered, one.verdict, one.score, language, zone)
            for one in found.best
        ],
        "others": [
            {
                "listing": shown(other(one.wanted, one.offered).row), "why_not": why_said(one.verdict, language),
                "metres": None if one.verdict.apart_m is None else round(one.verdict.apart_m),
            }
            for one in found.others
        ],
        "barred": _counted(found.barred, language),
    }  # fmt: skip


def plan_said(found: Planned, language: str, *, zone: str) -> dict[str, Any]:
    """A plan to look at."""
    return {
        "pairs": [
            {"request": shown(found.by_id[one.wanted.id].row), "listing": shown(found.by_id[one.offered.id].row)}
            | _pair(one.wanted, one.offered, one.verdict, one.score, language, zone)
            for one in found.plan.pairs
        ],
        "open": [
            {"listing": shown(found.by_id[one].row), "barred": _counted(found.open[one], language)}
            for one in found.plan.open
        ],
        "more": found.left_over > 0,
    }


def confirmed(results: Sequence[Result], language: str) -> dict[str, Any]:
    """What came of each pair."""
    return {"pairs": [_result(one, language) for one in results]}


def _result(one: Result, language: str) -> dict[str, Any]:
    match, problem = one.match, None
    if one.refusal:
        problem = problem_of(one.refusal, language=language, request_id="").as_dict()
    return {
        "request": one.chosen.request, "offer": one.chosen.offer, "problem": problem,
        "match": {"id": match.id, "state": match.state, "proposed_at": match.answered_at} if match else None,
    }  # fmt: skip


def _pair(
    wanted: Wanted, offered: Offered, verdict: Verdict, fit: Score, language: str, zone: str
) -> dict[str, Any]:  # fmt: skip
    why_so = reasons(wanted, offered, verdict)
    metres = next((round(one.fills["metres"]) for one in why_so if one.key == "near"), None)
    return {
        "score": round(fit.value, 3), "parts": {name: round(part, 3) for name, part in fit.parts.items()},
        "reasons": [said(one, language, zone=zone) for one in why_so], "metres": metres,
    }  # fmt: skip


def _counted(barred: Mapping[Why, int] | Counter[Why], language: str) -> list[dict[str, Any]]:
    ordered = sorted(barred.items(), key=lambda one: (-one[1], one[0].value))
    return [{"code": code.value, "words": why(code, language), "count": count} for code, count in ordered]
