"""The API reference, generated: every public name is on the page as soon as the library has it.

    ```{public} autodiff
    :from: structures graph
    ```

documents the names of the module ``autodiff`` that are defined in ``autodiff/structures.py`` and
``autodiff/graph.py`` (or in a folder of that name), in the order in which they stand there.
"""

import importlib
import inspect

from docutils import nodes
from docutils.parsers.rst import directives
from docutils.statemachine import StringList
from sphinx.util.docutils import SphinxDirective


def home(thing):
    """The module that defines `thing`; a primitive is the one instance of a class of its own."""
    return getattr(thing, "__module__", None) or type(thing).__module__


def line(thing):
    defined = thing if inspect.isclass(thing) or inspect.isroutine(thing) else type(thing)
    return inspect.getsourcelines(defined)[1]


def public_names(namespace):
    """Name and thing for all that `namespace` offers and autodiff defines."""
    return {
        name: thing
        for name, thing in vars(importlib.import_module(namespace)).items()
        if not name.startswith("_") and callable(thing) and home(thing).startswith("autodiff.")
    }


def directive_for(thing):
    if not inspect.isclass(thing):
        return "autofunction"
    return "autoexception" if issubclass(thing, BaseException) else "autoclass"


class Public(SphinxDirective):
    required_arguments = 1
    option_spec = {"from": directives.unchanged_required}

    def run(self):
        namespace = self.arguments[0]
        wanted = [f"autodiff.{part}" for part in self.options["from"].split()]
        rows = []
        for name, thing in public_names(namespace).items():
            for place, prefix in enumerate(wanted):
                if home(thing) == prefix or home(thing).startswith(f"{prefix}."):
                    rows.append((place, home(thing), line(thing), name, directive_for(thing)))
        if not rows:
            raise self.error(f"{namespace} offers nothing from {', '.join(wanted)}")
        # A new name stands in the module's __init__, which no documented thing depends on.
        self.env.note_dependency(importlib.import_module(namespace).__file__)
        text = ["```{eval-rst}"]
        text += [f".. {kind}:: {namespace}.{name}" for *_, name, kind in sorted(rows)]
        text += ["```"]
        container = nodes.container()
        self.state.nested_parse(StringList(text, self.get_source_info()[0]), 0, container)
        return container.children


def setup(app):
    app.add_directive("public", Public)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
