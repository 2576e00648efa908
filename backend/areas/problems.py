"""What can be wrong with a file of areas, in words for the person who has to correct it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from backend.kernel.problems import Refusal

TEXTS: Mapping[str, tuple[str, str]] = {
    "too_large": (
        "The file has {size} bytes; at most {most} are read.",
        "文件有 {size} 字节；最多读取 {most} 字节。",
    ),
    "not_json": ("The file is not JSON: {reason}.", "文件不是有效的 JSON：{reason}。"),
    "too_deep": ("The file nests its values too deeply.", "文件的嵌套层级过深。"),
    "not_features": (
        "The file is neither a GeoJSON FeatureCollection nor a Feature.",
        "文件不是 GeoJSON 的 FeatureCollection，也不是 Feature。",
    ),
    "crs": (
        "Coordinates must be WGS84 longitude and latitude; the file says {crs}.",
        "坐标必须为 WGS84 经纬度；文件声明为 {crs}。",
    ),
    "no_areas": ("The file holds no area.", "文件中没有任何区域。"),
    "too_many_areas": (
        "The file holds {count} areas; at most {most} are read.",
        "文件含 {count} 个区域；最多读取 {most} 个。",
    ),
    "not_a_feature": ("This row is not a GeoJSON Feature.", "此行不是 GeoJSON 的 Feature。"),
    "missing": ("The property {field} is missing.", "缺少属性 {field}。"),
    "bad_field": ("The property {field} must be {wanted_en}.", "属性 {field} 必须是{wanted_zh}。"),
    "bad_properties": (
        "Further properties cannot be stored: too large, too deep, or with NaN or control characters.",
        "其余属性无法保存：过大、嵌套过深，或含有 NaN 或控制字符。",
    ),
    "duplicate_id": ("The id is used already by row {other}.", "此 id 已被第 {other} 行使用。"),
    "unknown_parent": ("The parent {parent} is not in the file.", "文件中没有上级区域 {parent}。"),
    "parent_cycle": ("Its line of parents comes back to itself: {cycle}.", "其上级关系形成循环：{cycle}。"),
    "level_not_below": (
        "Its level {level} does not lie below level {parent_level} of its parent {parent}.",
        "其级别 {level} 不低于上级区域 {parent} 的级别 {parent_level}。",
    ),
    "missing_geometry": ("It has no geometry.", "没有几何图形。"),
    "geometry_type": (
        "An area is a Polygon or a MultiPolygon, not a {kind}.",
        "区域须为 Polygon 或 MultiPolygon，而不是 {kind}。",
    ),
    "bad_coordinates": (
        "Its coordinates are not lists of positions of two or three numbers.",
        "其坐标不是由两个或三个数字组成的位置列表。",
    ),
    "not_finite": ("A coordinate is not a finite number.", "有坐标不是有限数值。"),
    "out_of_range": (
        "The position lat {lat}, lon {lon} is not on Earth. Are they swapped, or projected?",
        "位置 纬度 {lat}、经度 {lon} 不在地球上。是否颠倒了经纬度，或使用了投影坐标？",
    ),
    "ring_too_short": (
        "A ring has {count} positions; a closed ring has at least 4.",
        "有一个环只有 {count} 个位置；闭合环至少需要 4 个。",
    ),
    "ring_not_closed": (
        "A ring does not end where it begins, at lat {lat}, lon {lon}.",
        "有一个环的终点与起点（纬度 {lat}、经度 {lon}）不一致。",
    ),
    "too_many_positions": (
        "It has {count} positions; at most {most} are read. Simplify it.",
        "它有 {count} 个位置；最多读取 {most} 个。请先简化。",
    ),
    "invalid_polygon": (
        "The polygon is invalid: {reason_en}{place_en}.",
        "多边形无效：{reason_zh}{place_zh}。",
    ),
    "nothing_left": ("Nothing is left of the polygon after repair.", "修复后多边形不再有面积。"),
}

# What GEOS says of an invalid polygon, in Chinese.
VALIDITY_ZH: Mapping[str, str] = {
    "Self-intersection": "边界自相交",
    "Ring Self-intersection": "环与自身相接",
    "Hole lies outside shell": "孔洞位于外环之外",
    "Holes are nested": "孔洞相互嵌套",
    "Interior is disconnected": "内部不连通",
    "Nested shells": "外环相互嵌套",
    "Duplicate Rings": "有重复的环",
    "Too few points in geometry component": "环的点数过少",
}

PROBLEMS_SHOWN = 500  # in one answer; the refusal itself holds all


@dataclass(frozen=True, slots=True)
class RowProblem:
    """One thing wrong with one feature. ``row`` counts features from 1; None means the file as a whole."""

    code: str
    message: Mapping[str, str]
    row: int | None = None
    id: str | None = None
    name: str | None = None

    def __str__(self) -> str:
        where = " ".join(part for part in (f"row {self.row}" if self.row else "", self.name, self.id) if part)
        return f"{where}: {self.message['en']}" if where else self.message["en"]

    def as_dict(self) -> dict[str, object]:
        """For an answer or a journal: plain JSON."""
        return {
            "row": self.row,
            "id": self.id,
            "name": self.name,
            "code": self.code,
            "message": dict(self.message),
        }


def say(code: str, **fields: object) -> dict[str, str]:
    """The text of a problem in both languages."""
    english, chinese = TEXTS[code]
    return {"en": english.format(**fields), "zh": chinese.format(**fields)}


class AreaImportRefused(Refusal):
    """The file has problems; each is named and nothing of the file was stored."""

    code, status = "areas-refused", 422
    title = {"en": "The areas were not imported", "zh": "区域未导入"}
    advice = {
        "en": "Correct the named rows and import the file again, or ask for invalid polygons to be repaired.",
        "zh": "请更正所列各行后重新导入整个文件，或要求修复无效的多边形。",
    }

    def __init__(self, problems: Sequence[RowProblem]) -> None:
        self.problems = tuple(problems)
        count = len(self.problems)
        detail = {
            "en": f"Nothing was imported. Problems found: {count}. First: {self.problems[0]}",
            "zh": f"未导入任何内容。发现问题 {count} 个。",
        }
        shown = [problem.as_dict() for problem in self.problems[:PROBLEMS_SHOWN]]
        super().__init__(detail, errors=shown, error_count=count)


class PreviewStale(Refusal):
    """The file or the areas have changed since the preview that was looked at."""

    code, status = "preview-stale", 409
    title = {"en": "This is not what the preview showed", "zh": "内容与预览不符"}
    advice = {
        "en": "Nothing was imported. Look at a new preview of the file, then confirm that one.",
        "zh": "未导入任何内容。请重新预览该文件后再确认。",
    }
