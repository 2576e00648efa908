"""The paper itself, as a PDF: words come in as JSON, the file goes out.

Runs as a process of its own (``python -m backend.dispatch.printed.paper``), because a font that holds Chinese takes tens
of megabytes which a worker would keep for ever.
"""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

FONT_SETTING = "LINLI_FONT"
# Where systems keep a font with Chinese: Debian and Ubuntu, Fedora, Alpine, Arch, macOS, Windows. With its number inside
# a collection; in Noto's the third is Simplified Chinese.
FONTS = (
    ("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc", 2),
    ("/usr/share/fonts/google-noto-cjk/NotoSansCJK-Regular.ttc", 2),
    ("/usr/share/fonts/google-noto-sans-cjk-fonts/NotoSansCJK-Regular.ttc", 2),
    ("/usr/share/fonts/noto/NotoSansCJK-Regular.ttc", 2),
    ("/usr/share/fonts/noto-cjk/NotoSansCJK-Regular.ttc", 2),
    ("/usr/share/fonts/truetype/wqy/wqy-microhei.ttc", 0),
    ("/usr/share/fonts/truetype/wqy/wqy-zenhei.ttc", 0),
    ("/System/Library/Fonts/STHeiti Light.ttc", 1),
    ("C:/Windows/Fonts/msyh.ttc", 0),
)
WITHIN_S = 120.0


class PaperFailed(Exception):
    """The file could not be made."""


def find_font(chosen: str = "") -> tuple[str, int] | None:
    """The font to set the paper in, with its number inside a collection; None where no font with Chinese is known."""
    if chosen:
        known = dict(FONTS)
        return (chosen, known.get(chosen, 0)) if Path(chosen).is_file() else None
    return next(((path, number) for path, number in FONTS if Path(path).is_file()), None)


def make_pdf(paper: Mapping[str, Any], *, font: str = "") -> bytes:
    """The PDF of a paper, made in a process of its own. Raises PaperFailed."""
    environment = {**os.environ, FONT_SETTING: font}
    made = subprocess.run(
        [sys.executable, "-m", "backend.dispatch.printed.paper"], input=json.dumps(paper).encode(),
        capture_output=True, timeout=WITHIN_S, check=False, env=environment,
    )  # fmt: skip
    if made.returncode or not made.stdout.startswith(b"%PDF"):
        raise PaperFailed(f"exit status {made.returncode}")
    return made.stdout


def draw(paper: Mapping[str, Any], font: tuple[str, int] | None) -> bytes:
    """Set the paper: A4, black on white, desks one after the other, a table each, the present turn marked by a sign."""
    from fpdf import FPDF

    class Sheet(FPDF):
        def footer(self) -> None:
            self.set_y(-12)
            self.set_font(family, size=8)
            self.cell(w=0, text=f"{paper['lost']}    {paper['page']} {self.page_no()}", align="C")

    family = "paper" if font else "helvetica"
    sheet = Sheet(format="A4")
    sheet.set_auto_page_break(True, margin=16)
    sheet.set_lang(paper["language"])
    sheet.set_title(paper["title"])
    if font:
        sheet.add_font(family, "", font[0], collection_font_number=font[1])
    sheet.add_page()
    _head(sheet, family, paper)
    for desk in paper["desks"]:
        _desk(sheet, family, desk, paper["heads"])
    sheet.ln(4)
    sheet.set_font(family, size=12)
    sheet.multi_cell(w=0, text=paper["ladder_title"], new_x="LMARGIN", new_y="NEXT")
    sheet.set_font(family, size=10)
    for line in (*paper["ladder"], paper["end"]):
        sheet.multi_cell(w=0, text=line, new_x="LMARGIN", new_y="NEXT")
    return bytes(sheet.output())


def _head(sheet: Any, family: str, paper: Mapping[str, Any]) -> None:
    sheet.set_font(family, size=18)
    sheet.multi_cell(w=0, text=paper["title"], new_x="LMARGIN", new_y="NEXT")
    sheet.set_font(family, size=10)
    sheet.multi_cell(w=0, text=paper["intro"], new_x="LMARGIN", new_y="NEXT")


def _desk(sheet: Any, family: str, desk: Mapping[str, Any], heads: list[str]) -> None:
    sheet.ln(4)
    if sheet.will_page_break(30):
        sheet.add_page()  # a desk's name is not left alone at the foot of a page
    sheet.set_font(family, size=12)
    sheet.multi_cell(w=0, text=f"{desk['name']} · {desk['place']}", new_x="LMARGIN", new_y="NEXT")
    sheet.set_font(family, size=9)
    about = " · ".join(part for part in (desk["kind"], desk["body"], desk["email"]) if part)
    sheet.multi_cell(w=0, text=about, new_x="LMARGIN", new_y="NEXT")
    if desk["empty"]:
        sheet.multi_cell(w=0, text=desk["empty"], new_x="LMARGIN", new_y="NEXT")
        return
    from fpdf.fonts import FontFace

    with sheet.table(col_widths=(30, 13, 22, 20, 30), headings_style=FontFace(emphasis=""), text_align="LEFT") as table:
        table.row(heads)
        for line in desk["rows"]:
            first, *others = line["cells"]
            table.row([f"> {first}" if line["now"] else first, *others])


def _plain(value: Any) -> Any:
    """Without a font of ours only Latin letters can be set; the rest is marked rather than left out."""
    if isinstance(value, str):
        return value.replace("–", "-").encode("latin-1", "replace").decode("latin-1")
    if isinstance(value, list):
        return [_plain(one) for one in value]
    return {name: _plain(one) for name, one in value.items()} if isinstance(value, dict) else value


def main() -> None:
    """Read a paper from standard input, write its PDF to standard output."""
    font = find_font(os.environ.get(FONT_SETTING, ""))
    paper = json.load(sys.stdin)
    sys.stdout.buffer.write(draw(paper if font else _plain(paper), font))


if __name__ == "__main__":
    main()
