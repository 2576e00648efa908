"""The matrix as clients ask for and see it."""

from marshmallow import Schema, fields

from backend.organisations.models import MANDATE_ROLES, PHASES
from backend.organisations.schemas.parts import AreaRef, one_of
from backend.policy.matrix.rules import Verdict


def _words() -> "fields.Dict":
    return fields.Dict(keys=fields.String(), values=fields.String())


class MatrixQuerySchema(Schema):
    """Which place and phase; without an area the matrix is that of everywhere."""

    area = AreaRef(strict=False)
    phase = one_of(PHASES, load_default="respond")


class MatrixAreaSchema(Schema):
    """A column; the first is the place itself. No id: everywhere."""

    id = fields.Integer(allow_none=True)
    name = fields.String()
    names = _words()


class MatrixHolderSchema(Schema):
    """A body with a mandate that counts here, the nearest first; ``is_own``: given for this very area."""

    mandate_id = fields.UUID()
    organisation_id = fields.UUID()
    names = _words()
    role = one_of(MANDATE_ROLES)
    area_id = fields.Integer(allow_none=True)
    category = fields.String(allow_none=True)
    has_deputy = fields.Boolean()
    has_desk = fields.Boolean(metadata={"description": "it has a desk that covers this area"})
    is_own = fields.Boolean()


class MatrixCellSchema(Schema):
    """Who holds what for one category in one area, and what is to be said of it."""

    area_id = fields.Integer(allow_none=True)
    holders = fields.List(fields.Nested(MatrixHolderSchema))
    verdict = one_of(tuple(one.value for one in Verdict))
    text = _words()


class MatrixRowSchema(Schema):
    """One category."""

    category = fields.String()
    label = _words()
    kind = fields.String()
    route = fields.String()
    cells = fields.List(fields.Nested(MatrixCellSchema))


class MatrixSchema(Schema):
    """The matrix. ``more_areas`` below the place were left out: ask for one of them."""

    phase = one_of(PHASES)
    areas = fields.List(fields.Nested(MatrixAreaSchema))
    more_areas = fields.Integer()
    rows = fields.List(fields.Nested(MatrixRowSchema))
    gaps = fields.Integer()
    overlaps = fields.Integer()
    without_deputy = fields.Integer()
