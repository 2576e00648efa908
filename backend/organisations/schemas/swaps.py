"""Swaps of turns as clients send and see them."""

from marshmallow import Schema, fields

from backend.kernel.schemas import Moment
from backend.organisations.rules.swaps import SwapAct, SwapState
from backend.organisations.schemas.parts import PageQuerySchema, one_of
from backend.organisations.schemas.rosters import ShiftSchema


class SwapAskSchema(Schema):
    """Who is asked to take the turn, and which of theirs would be taken in return, if any."""

    to_person_id = fields.UUID(required=True)
    return_shift_id = fields.UUID(allow_none=True, load_default=None)


class SwapQuerySchema(PageQuerySchema):
    """Filters of the list of swaps; one's own alone for those who plan no rotas."""

    desk = fields.UUID()
    state = one_of(tuple(state.value for state in SwapState))
    open = fields.Boolean(metadata={"description": "only those that are not settled"})


class SwapPersonSchema(Schema):
    """One side of a swap."""

    person_id = fields.UUID()
    name = fields.String(allow_none=True, metadata={"description": "for those who may read names"})


class SwapSchema(Schema):
    """A swap. ``acts`` are those that the caller may do now. Until it is ``done`` nothing has changed hands."""

    id = fields.UUID()
    desk_id = fields.UUID()
    desk_names = fields.Dict(keys=fields.String(), values=fields.String())
    timezone = fields.String()
    state = one_of(tuple(state.value for state in SwapState))
    asker = fields.Nested(SwapPersonSchema)
    other = fields.Nested(SwapPersonSchema)
    shift = fields.Nested(ShiftSchema)
    return_shift = fields.Nested(ShiftSchema, allow_none=True)
    needs_confirming = fields.Boolean()
    asked_at = Moment()
    answered_at = Moment(allow_none=True)
    settled_at = Moment(allow_none=True)
    acts = fields.List(one_of(tuple(act.value for act in SwapAct)))


class SwapListSchema(Schema):
    """A page of swaps, the oldest first."""

    items = fields.List(fields.Nested(SwapSchema))
    next_cursor = fields.String(allow_none=True)
