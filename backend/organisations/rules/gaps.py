"""Rules of the gap board: what nobody answers for, or only one body (C01, C02, C13)."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Lead:
    """A signed mandate to lead. ``is_active``: whether its state and its body let it count."""

    id: UUID
    organisation_id: UUID
    route: str
    category: str | None
    area_id: int | None
    phase: str
    is_active: bool
    has_deputy: bool
    valid_from: datetime
    valid_to: datetime | None

    def holds(self, now: datetime) -> bool:
        """Whether the lead is in force."""
        return self.is_active and self.valid_from <= now and (self.valid_to is None or now < self.valid_to)

    def answers_for(self, other: "Lead", chain: Sequence[int]) -> bool:
        """Whether this lead takes in all that ``other`` led; ``chain``: the areas above and of ``other``."""
        return (
            (self.route, self.phase) == (other.route, other.phase)
            and self.category in (None, other.category)
            and (self.area_id is None or self.area_id in chain)
        )


def missing_leads(
    leads: Iterable[Lead], chain_of: Callable[[int], Sequence[int]], *, now: datetime
) -> tuple[Lead, ...]:
    """Leads that are over and that nobody took over."""
    known = list(leads)
    in_force = [lead for lead in known if lead.holds(now)]

    def is_taken_over(lead: Lead) -> bool:
        chain = () if lead.area_id is None else chain_of(lead.area_id)
        return any(other.answers_for(lead, chain) for other in in_force)

    over = (lead for lead in known if not lead.holds(now) and lead.valid_from <= now)
    return tuple(lead for lead in over if not is_taken_over(lead))


def leads_without_deputy(leads: Iterable[Lead], *, now: datetime) -> tuple[Lead, ...]:
    """Leads in force whose work stops when their one body does (C02, safeguards)."""
    return tuple(lead for lead in leads if lead.holds(now) and not lead.has_deputy)
