"""Areas as clients see them."""

from marshmallow import Schema, fields, validate

from backend.areas.rules import MAX_LEVEL
from backend.kernel.pages import PAGE_SIZE, PAGE_SIZE_MOST
from backend.kernel.schemas import PlainText, WholeNumber


class AreaQuerySchema(Schema):
    """Filters of the list. Retired areas are left out unless asked for."""

    level = fields.Integer(validate=validate.Range(0, MAX_LEVEL))
    parent = WholeNumber(metadata={"description": "id of the parent"})
    division = PlainText(most=200)
    source = PlainText(most=100)
    q = PlainText(most=100, metadata={"description": "part of a name in any language, or of the file's id"})
    retired = fields.Boolean(load_default=False)
    cursor = PlainText(most=200)
    limit = fields.Integer(load_default=PAGE_SIZE, validate=validate.Range(1, PAGE_SIZE_MOST))


class PointSchema(Schema):
    """A point to look up."""

    lat = fields.Float(required=True, validate=validate.Range(-90, 90), metadata={"description": "degrees north"})
    lon = fields.Float(required=True, validate=validate.Range(-180, 180), metadata={"description": "degrees east"})


class AreaSchema(Schema):
    """A place with a level and a parent."""

    id = fields.Integer()
    source = fields.String()
    source_id = fields.String(metadata={"description": "its id in the file that it was imported from"})
    parent_id = fields.Integer(allow_none=True)
    level = fields.Integer(metadata={"description": "0 is the widest"})
    division = fields.String(metadata={"description": "which way of cutting up its level it belongs to"})
    name = fields.String()
    names = fields.Dict(keys=fields.String(), values=fields.String())
    country = fields.String(allow_none=True)
    timezone = fields.String(allow_none=True)
    density = fields.String()
    retired_at = fields.AwareDateTime(allow_none=True)


class AreaListSchema(Schema):
    """A page of areas, by level and then by id."""

    items = fields.List(fields.Nested(AreaSchema))
    next_cursor = fields.String(allow_none=True)


class AreaNameSchema(Schema):
    """An area in a chain or an answer of the lookup."""

    id = fields.Integer()
    level = fields.Integer()
    division = fields.String()
    parent_id = fields.Integer(allow_none=True)
    name = fields.String()
    names = fields.Dict(keys=fields.String(), values=fields.String())


class ShapeTimeSchema(Schema):
    """When a shape held."""

    import_id = fields.UUID()
    valid_from = fields.AwareDateTime()
    valid_to = fields.AwareDateTime(allow_none=True)


class AreaDetailSchema(AreaSchema):
    """An area with its place in the tree, its shape and the times of all its shapes."""

    properties = fields.Dict()
    chain = fields.List(fields.Nested(AreaNameSchema), metadata={"description": "from the top to itself"})
    geometry = fields.Dict(allow_none=True, metadata={"description": "GeoJSON; the last one of a retired area"})
    shapes = fields.List(fields.Nested(ShapeTimeSchema))


class LocationSchema(Schema):
    """The areas of a point: one of each level, and every one that contains or touches it."""

    outside = fields.Boolean()
    smallest = fields.Integer(allow_none=True)
    primary = fields.List(fields.Nested(AreaNameSchema))
    covers = fields.List(fields.Nested(AreaNameSchema))


class ImportFileSchema(Schema):
    """The file of an import."""

    file = fields.Raw(required=True, metadata={"type": "string", "format": "binary"})


class ImportOptionsSchema(Schema):
    """What to do with the file."""

    source = PlainText(most=100, least=1, required=True, metadata={"description": "whose areas the file replaces"})
    repair = fields.Boolean(load_default=False, metadata={"description": "mend invalid polygons, naming each"})
    dry_run = fields.Boolean(load_default=False, metadata={"description": "only say what would change"})
    preview = PlainText(most=64, metadata={"description": "digest of the preview; refused when it holds no more"})


class AreaPreviewOptionsSchema(Schema):
    """How the file is to be read."""

    source = PlainText(most=100, least=1, required=True, metadata={"description": "whose areas the file replaces"})
    repair = fields.Boolean(load_default=False, metadata={"description": "mend invalid polygons, naming each"})


class ChangeSchema(Schema):
    """What an import does to one area."""

    kind = fields.String()
    id = fields.Integer(allow_none=True)
    source_id = fields.String()
    name = fields.String()
    level = fields.Integer()


class RepairSchema(Schema):
    """A polygon that was mended, and what was wrong with it."""

    row = fields.Integer()
    id = fields.String()
    name = fields.String()
    code = fields.String()
    message = fields.Dict(keys=fields.String(), values=fields.String())


class ImportSchema(Schema):
    """What an import changed, or would. The list of changes is cut at 1,000; the counts are whole."""

    id = fields.UUID(allow_none=True)
    source = fields.String()
    digest = fields.String(metadata={"description": "SHA-256 of the file"})
    dry_run = fields.Boolean()
    counts = fields.Dict(keys=fields.String(), values=fields.Integer())
    changes = fields.List(fields.Nested(ChangeSchema))
    repaired = fields.List(fields.Nested(RepairSchema))


class ProblemSchema(RepairSchema):
    """Something that is wrong with one row, or with the file as a whole (no row)."""

    row = fields.Integer(allow_none=True)
    id = fields.String(allow_none=True)
    name = fields.String(allow_none=True)


class OverlapSchema(Schema):
    """Two areas of one level and division that cover the same ground; ``share`` is of the smaller one."""

    first = fields.String()
    second = fields.String()
    level = fields.Integer()
    division = fields.String()
    share = fields.Float()


class OutsideSchema(Schema):
    """An area that reaches out of its parent; ``share`` of its ground lies outside."""

    id = fields.String()
    name = fields.String()
    parent_id = fields.String()
    share = fields.Float()


class SketchShapeSchema(Schema):
    """An outline as an SVG path in the sketch's box."""

    id = fields.Integer(allow_none=True)
    source_id = fields.String()
    name = fields.String()
    names = fields.Dict(keys=fields.String(), values=fields.String())
    kind = fields.String(
        metadata={"description": "what an import does to it; parent and child in the sketch of an area"}
    )
    path = fields.String()
    at = fields.List(fields.Integer(), metadata={"description": "x and y of a point inside, for a label"})


class SketchSchema(Schema):
    """Outlines in one box of ``width`` by ``height``, north above; ``metres`` is how far ``width`` reaches."""

    width = fields.Integer()
    height = fields.Integer()
    metres = fields.Float()
    shapes = fields.List(fields.Nested(SketchShapeSchema))
    left_out = fields.Integer()


class SketchQuerySchema(Schema):
    """Which area is sketched with those right below it; none: the widest ones."""

    area = WholeNumber()


class AreaPreviewSchema(Schema):
    """What importing a file would do, and everything that is wrong with it. Lists are cut, the counts are whole."""

    digest = fields.String(metadata={"description": "to be sent as ``preview`` with the import"})
    source = fields.String()
    can_import = fields.Boolean()
    counts = fields.Dict(keys=fields.String(), values=fields.Integer())
    changes = fields.List(fields.Nested(ChangeSchema))
    repaired = fields.List(fields.Nested(RepairSchema))
    problems = fields.List(fields.Nested(ProblemSchema))
    problem_count = fields.Integer()
    overlaps = fields.List(fields.Nested(OverlapSchema))
    overlap_count = fields.Integer()
    outside = fields.List(fields.Nested(OutsideSchema))
    outside_count = fields.Integer()
    sketch = fields.Nested(SketchSchema)
