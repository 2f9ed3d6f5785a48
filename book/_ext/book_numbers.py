"""What the chapters consist of, counted when the book is built.

    ```{chapter-table}
    ```

is a table with a row for each chapter: what it holds, and how long it takes to read and to run.
The role ``{reading}`hours` `` is the reading time of all chapters, in whole hours; ``{reading}`NAME
NAME` `` that of the named ones, as in "2 h 15 min".
"""

from book_generated import Generated, chapters
from docutils import nodes
from sphinx.util.docutils import SphinxRole

HEADS = {"minutes": "minutes to read", "seconds": "seconds to run"}


def table():
    """The table in Markdown, and below it where the seconds were measured."""
    known = chapters()
    rows = known.table()
    columns = list(next(iter(rows.values())))
    lines = [
        "| chapter | " + " | ".join(HEADS.get(column, column) for column in columns) + " |",
        "|---|" + "---:|" * len(columns),
    ]
    for chapter, row in [*rows.items(), (None, known.total(rows))]:
        shown = ["" if row[column] is None else f"{row[column]:,}" for column in columns]
        name = f"{{doc}}`{chapter}`" if chapter else "*all*"
        lines.append(f"| {name} | " + " | ".join(shown) + " |")
    report = known.recorded()
    if report["seconds"]:
        machine, versions, loads = report["machine"], report["versions"], report["load"].values()
        lines += [
            "",
            f"Seconds: all cells of a chapter in a fresh kernel, run once on {machine['processor']}"
            f" with {machine['cores']} cores on {report['date']}, while on average "
            f"{min(loads)} to {max(loads)} other processes wanted a core; "
            + ", ".join(f"{name} {version}" for name, version in versions.items())
            + ".",
        ]
    return lines


def reading(names):
    """The stated reading time of the named chapters, or of all, in minutes."""
    known = chapters()
    times = {path.stem: known.minutes(known.read(path)) for path in known.notebooks()}
    return sum(times[name] for name in names or times)


def spoken(minutes):
    """Minutes as hours and minutes."""
    hours, rest = divmod(minutes, 60)
    return " ".join([*([f"{hours} h"] if hours else []), *([f"{rest} min"] if rest else [])])


class ChapterTable(Generated):
    def lines(self):
        return table()


class Reading(SphinxRole):
    def run(self):
        if self.text == "hours":
            text = str(round(reading([]) / 60))
        else:
            text = spoken(reading(self.text.split()))
        for path in chapters().notebooks():
            self.env.note_dependency(str(path))
        return [nodes.Text(text)], []


def setup(app):
    app.add_directive("chapter-table", ChapterTable)
    app.add_role("reading", Reading())
    return {"parallel_read_safe": True, "parallel_write_safe": True}
