"""Tables of text: as lines for a terminal, and as HTML for a notebook."""

from __future__ import annotations

import html
import textwrap
from collections.abc import Sequence
from typing import Any, NamedTuple

GAP = "  "


class Column(NamedTuple):
    """The head of a column, whether its entries are flush right, and where long ones are broken."""

    head: str
    right: bool = False
    width: int = 0


class Table(NamedTuple):
    """Columns, and rows with an entry for each."""

    columns: Sequence[Column]
    rows: Sequence[Sequence[Any]]

    def __str__(self) -> str:
        cells = [
            [
                textwrap.wrap(entry(value), column.width, break_on_hyphens=False) or [""]
                if column.width
                else [entry(value)]
                for column, value in zip(self.columns, row, strict=True)
            ]
            for row in [[column.head for column in self.columns], *self.rows]
        ]
        widths = [
            max(len(line) for row in cells for line in row[number])
            for number in range(len(self.columns))
        ]
        lines = []
        for row in cells:
            for number in range(max(map(len, row))):
                parts = [
                    (cell[number] if number < len(cell) else "").rjust(width)
                    if column.right
                    else (cell[number] if number < len(cell) else "").ljust(width)
                    for column, cell, width in zip(self.columns, row, widths, strict=True)
                ]
                lines.append(GAP.join(parts).rstrip())
        return "\n".join(lines)

    def to_html(self) -> str:
        """The table as HTML."""
        head = "".join(f"<th{_side(column)}>{html.escape(column.head)}</th>" for column in self[0])
        body = [
            "<tr>"
            + "".join(
                f"<td{_side(column)}>{html.escape(entry(value))}</td>"
                for column, value in zip(self.columns, row, strict=True)
            )
            + "</tr>"
            for row in self.rows
        ]
        return "\n".join([f"<table>\n<tr>{head}</tr>", *body, "</table>"])


def entry(value: Any) -> str:
    """What stands in a cell: whole numbers with commas, nothing for None."""
    if value is None:
        return ""
    return f"{value:,}" if isinstance(value, int) else str(value)


def _side(column: Column) -> str:
    return f' style="text-align:{"right" if column.right else "left"}"'
