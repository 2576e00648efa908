"""One answer in two formats: JSON, and XML of which the JSON is a plain mapping (GeoReport v2, Format Support).

A list in JSON is in XML an element around one element for each item (the Spark convention).
"""

import json
import re
from typing import Any
from xml.etree import ElementTree as Xml  # it only writes here; nothing that is sent is read as XML

JSON, XML = "json", "xml"
CONTENT_TYPES = {JSON: "application/json; charset=utf-8", XML: "text/xml; charset=utf-8"}
# What an item of each list is called in XML.
ITEMS = {
    "services": "service", "attributes": "attribute", "values": "value", "service_requests": "request",
    "errors": "error", "endpoints": "endpoint", "formats": "format",
}  # fmt: skip
# Characters that XML 1.0 cannot hold, however they are written.
_NOT_IN_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def written(name: str, value: Any, suffix: str) -> str:
    """A value as a document in JSON or XML; ``name`` is the root element of the latter."""
    if suffix == JSON:
        return json.dumps(value, ensure_ascii=False)
    document: bytes = Xml.tostring(_element(name, value), encoding="utf-8", xml_declaration=True)
    return document.decode()


def _element(name: str, value: Any) -> Xml.Element:
    element = Xml.Element(name)
    if isinstance(value, dict):
        element.extend([_element(inner, held) for inner, held in value.items()])
    elif isinstance(value, list):
        element.extend([_element(ITEMS[name], one) for one in value])
    elif isinstance(value, bool):
        element.text = "true" if value else "false"
    elif value is not None:
        element.text = _NOT_IN_XML.sub("\ufffd", str(value))
    return element
