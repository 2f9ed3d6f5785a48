"""The map of the book, drawn from its table of contents.

    ```{map}
    ```

draws the chapters in their order, part by part, with an arrow to each chapter from those that its
opening box names as prerequisites, and below them the appendices. Lines and letters have the colour
of the text around them, so that the picture suits a light page, a dark one and a printer.
"""

import html
from dataclasses import dataclass

from book_generated import chapters
from docutils import nodes
from sphinx.util.docutils import SphinxDirective

WIDTH, BOX, ROW, SMALL = 460, 300, 34, 28  # in pixels; SMALL is the row of an appendix
TOP = 26  # of the caption of a part


@dataclass(frozen=True)
class Box:
    """A chapter or an appendix on the map."""

    name: str
    title: str
    number: str = ""
    link: str = ""


class unresolved(nodes.General, nodes.Element):
    """Stands for the map until the numbers and titles of all pages are known."""


def draw(parts, needs):
    """The map as SVG.

    `parts` are pairs of a caption and boxes; `needs` maps the name of a chapter to those of its
    prerequisites.
    """
    shapes, centre, title, y = [], {}, {}, 4
    for caption, boxes in parts:
        y += TOP
        shapes.append(f'<text x="4" y="{y - 8}" font-weight="bold">{html.escape(caption)}</text>')
        if all(box.number for box in boxes):
            for box in boxes:
                shapes.append(_box(box, 4, y, BOX, ROW - 6))
                centre[box.name], title[box.name] = y + (ROW - 6) / 2, box.title
                y += ROW
        else:
            half = (WIDTH - 8) / 2
            for place, box in enumerate(boxes):
                x = 4 + place % 2 * half
                shapes.append(_box(box, x, y + place // 2 * SMALL, half - 6, SMALL - 5))
            y += (len(boxes) + 1) // 2 * SMALL
    arrows = [
        (below, name) for name, wanted in needs.items() for below in wanted if below in centre
    ]
    rows = list(centre)
    for below, name in arrows:
        start, end = centre[below] + 4, centre[name] - 4
        bulge = BOX + 22 + 15 * (rows.index(name) - rows.index(below))
        shapes.append(
            f'<path d="M{BOX + 4} {start} C{bulge} {start} {bulge} {end} {BOX + 12} {end}" '
            'fill="none" stroke="currentColor" stroke-width="1.3"/>'
            f'<path d="M{BOX + 5} {end} l8 -4 v8 z" fill="currentColor"/>'
        )
    said = "; ".join(
        f"{title[name]} builds on {' and '.join(title[below] for below in wanted)}"
        for name, wanted in needs.items()
        if wanted
    )
    captions = ", ".join(f"{caption} ({len(boxes)})" for caption, boxes in parts)
    label = f"Map of the book. Its parts, with the number of chapters: {captions}. {said}."
    return (
        f'<svg role="group" aria-label="{html.escape(label)}" xmlns="http://www.w3.org/2000/svg" '
        f'viewBox="0 0 {WIDTH} {y + 4}" width="{WIDTH}" height="{y + 4}" class="book-map" '
        'fill="currentColor" font-size="14">' + "\n".join(shapes) + "</svg>"
    )


def _box(box, x, y, width, height):
    """A rectangle with a number and a title, which leads to the page."""
    middle = y + height / 2 + 5
    number = f'<text x="{x + 8}" y="{middle}">{box.number}</text>' if box.number else ""
    return (
        f'<a href="{html.escape(box.link)}">'
        f'<rect x="{x}" y="{y}" width="{width}" height="{height}" rx="4" fill="currentColor" '
        'fill-opacity="0.06" stroke="currentColor"/>'
        f'{number}<text x="{x + (34 if box.number else 8)}" y="{middle}">'
        f"{html.escape(box.title)}</text></a>"
    )


def prerequisites():
    known = chapters()
    return {path.stem: known.needs(known.read(path)) for path in known.notebooks()}


class Map(SphinxDirective):
    def run(self):
        known = chapters()
        for path in [known.ROOT / "_toc.yml", *known.notebooks()]:
            self.env.note_dependency(str(path))
        return [unresolved()]


def resolve(app, doctree, docname):
    for node in list(doctree.findall(unresolved)):
        parts = [
            (caption, [_entry(app, docname, file) for file in files])
            for caption, _, files in chapters().contents()
        ]
        picture = f'<div class="book-map">{draw(parts, prerequisites())}</div>'
        node.replace_self(nodes.raw("", picture, format="html"))


def _entry(app, docname, file):
    number = app.env.toc_secnumbers.get(file, {}).get("", ())
    return Box(
        file.rpartition("/")[2],
        app.env.titles[file].astext(),
        ".".join(map(str, number)),
        app.builder.get_relative_uri(docname, file),
    )


def setup(app):
    app.add_directive("map", Map)
    app.connect("doctree-resolved", resolve)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
