"""The index of exercises and solutions, generated: none can be forgotten.

    ```{solutions}
    ```

is a table for each chapter, with links to each exercise and to its solution.
"""

from book_generated import Generated, chapters
from docutils import nodes
from sphinx.util.docutils import SphinxRole


class unresolved(nodes.inline):
    """Stands for the link to the solution of the exercise `label` until all pages are read."""


def index():
    """The page in Markdown: a heading and a table for each chapter."""
    known, lines = chapters(), []
    for path in known.notebooks():
        lines += ["", f"## {known.title(path)}", ""]
        lines += ["| exercise | what it asks for | difficulty | |", "|---|---|---|---|"]
        for task in known.exercises(known.read(path)):
            lines.append(
                f"| {{ref}}`{task.label}` | {task.title} | {task.difficulty} "
                f"| {{solution-to}}`{task.label}` |"
            )
    return lines


class Solutions(Generated):
    def lines(self):
        return index()


class SolutionTo(SphinxRole):
    def run(self):
        return [unresolved("", "", label=self.text)], []


def resolve(app, doctree, docname):
    """Point each link at the solution, which is known by what it solves."""
    registry = getattr(app.env, "sphinx_exercise_registry", {})
    solutions = {
        entry["node"]["target_label"]: entry
        for entry in registry.values()
        if entry["type"] == "solution"
    }
    for node in list(doctree.findall(unresolved)):
        entry = solutions[node["label"]]
        uri = app.builder.get_relative_uri(docname, entry["docname"])
        link = nodes.reference(
            "", "solution", internal=True, refuri=f"{uri}#{entry['node']['label']}"
        )
        node.replace_self(link)


def setup(app):
    app.add_directive("solutions", Solutions)
    app.add_role("solution-to", SolutionTo())
    app.connect("doctree-resolved", resolve)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
