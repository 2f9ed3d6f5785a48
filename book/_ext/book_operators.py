"""The table of operators, generated from the catalogue: a new primitive is on the page by itself.

    ```{operators}
    ```

prints every primitive, a table for each kind, and then the functions that are built of them. The
order of its derivatives is found by differentiating its first example, and a compiled kernel by
asking the dispatcher.
"""

import importlib
import inspect
import re
from types import SimpleNamespace

import numpy as np
from book_generated import Generated

TRIED = 3  # derivatives of higher order are the same rules again

KINDS = {
    "Elementwise": "On each element alone; the partial derivatives are stated.",
    "Linear": "Linear in the first operand; the transpose is stated.",
    "Bilinear": "Linear in each of two operands; two transposes are stated.",
    "General": "Anything else; both modes are stated.",
    "Nondifferentiable": "The derivative is zero wherever it exists, so that no gradient flows.",
}
# Rewritten before the kernel is asked for (autodiff/compiler/passes): into what.
REWRITTEN = {
    "max_pool2d": "MaxPoolCode",
    "max_pool2d_scatter": "MaxUnpool",
    "broadcast_like": "Chain",
    "broadcast_to": "Chain",
}


def parts():
    """The parts of the library that the table asks, imported when a page needs them."""
    return SimpleNamespace(
        ad=importlib.import_module("autodiff"),
        catalogue=importlib.import_module("autodiff.catalogue"),
        dispatch=importlib.import_module("autodiff.dispatch"),
        backend=importlib.import_module("autodiff.compiler.backend"),
        fused=importlib.import_module("autodiff.compiler.fused"),
        lowerings=importlib.import_module("autodiff.compiler.lowerings"),
        chains=importlib.import_module("autodiff.compiler.kernels.elementwise"),
        trees=importlib.import_module("autodiff.trees"),
    )


def formula(thing):
    """What the docstring says first, with its first displayed formula if it has none in line."""
    doc = inspect.getdoc(thing) or ""
    text = " ".join(doc.split("\n\n")[0].split())
    if ":math:" not in text and (shown := re.search(r"\.\. math:: (.*?)(?:\n\n|\Z)", doc, re.S)):
        text += f" :math:`{' '.join(shown[1].split())}`"
    text = re.sub(r":math:`([^`]*)`", lambda found: f"${found[1]}$", text)
    text = re.sub(r"\s*\\qquad\s*", "$ $", text)  # two formulas in place of one that is wide
    return text.replace("``", "`").replace(r"\|", r"\Vert ").replace("|", r"\vert ")


def reference(name, function):
    """A link into the API where the name is public, else the name alone."""
    ad = parts().ad
    for place in (ad, ad.linalg, ad.fft):
        if vars(place).get(name) is function:
            return f"{{py:obj}}`{name} <{place.__name__}.{name}>`"
    return f"`{name}`"


def numpy_names(function):
    """What NumPy calls it."""
    names = []
    for place, prefix in ((np, "np"), (np.linalg, "np.linalg"), (np.fft, "np.fft")):
        for theirs, ours in parts().catalogue.numpy_functions.items():
            name = getattr(theirs, "__name__", "")
            if ours is function and vars(place).get(name) is theirs:
                names.append(f"`{prefix}.{name}`")
    return ", ".join(dict.fromkeys(names))


def order(primitive):
    """How often the first example could be differentiated in reverse mode, up to TRIED times."""
    library = parts()
    ad, trees = library.ad, library.trees
    args, options = next(iter(primitive.examples(np.random.default_rng(0))))
    leaves = [np.asarray(leaf) if isinstance(leaf, np.generic) else leaf
              for leaf in trees.flatten(args)]  # fmt: skip
    smooth = [isinstance(leaf, np.ndarray) and leaf.dtype.kind == "f" for leaf in leaves]
    reals = [leaf for leaf, is_smooth in zip(leaves, smooth, strict=True) if is_smooth]
    if not primitive.differentiable or not reals:
        return 0

    def value(*given):
        rest = iter(given)
        filled = iter([next(rest) if s else leaf for leaf, s in zip(leaves, smooth, strict=True)])
        return ad.sum(ad.real(primitive(*trees.tree_map(lambda _: next(filled), args), **options)))

    function, positions = value, tuple(range(len(reals)))
    for reached in range(TRIED):
        try:
            gradients = ad.grad(function, argnums=positions)(*reals)
        except ad.AutodiffError:
            return reached
        if not all(np.all(np.isfinite(gradient)) for gradient in gradients):
            return reached
        function = _next(ad, function, positions)
    return TRIED


def _next(ad, function, positions):
    """The sum of the elements of a gradient, as a function that can be differentiated again."""
    slope = ad.grad(function, argnums=positions)
    return lambda *given: sum(ad.sum(part) for part in slope(*given))


def compiled(primitive):
    """Whether `ad.compile` has a kernel for it, or for what a pass makes of it."""
    library = parts()
    if primitive.name in library.chains.SUPPORTED:
        return True
    asked = type(primitive)
    if primitive.name in REWRITTEN:
        asked = getattr(library.fused, REWRITTEN[primitive.name])
    numba, general = library.backend.Numba, library.backend.Primitive
    return library.dispatch.dispatcher._most_specific(numba, asked) != (numba, general)


def rows(wanted):
    """The table of one kind."""
    lines = ["| name | what it is | orders | compiled | in NumPy |", "|---|---|---|---|---|"]
    for name, primitive in sorted(parts().catalogue.primitives.items()):
        if primitive.kind == wanted:
            reached = order(primitive)
            cells = [
                reference(name, primitive),
                formula(primitive),
                {0: "none", TRIED: "all"}.get(reached, f"to {reached}"),
                "yes" if compiled(primitive) else "",
                numpy_names(primitive),
            ]
            lines.append(f"| {' | '.join(cells)} |")
    return lines


def composed():
    """The table of functions that are built of primitives, and so need no rules of their own."""
    catalogue = parts().catalogue
    lines = ["| name | what it is | in NumPy |", "|---|---|---|"]
    for name, function in sorted(catalogue.functions.items()):
        if name not in catalogue.primitives and inspect.getdoc(function):
            cells = [reference(name, function), formula(function), numpy_names(function)]
            lines.append(f"| {' | '.join(cells)} |")
    return lines


class Operators(Generated):
    def lines(self):
        text = []
        for name, said in KINDS.items():
            text += ["", f"## {name}", "", said, "", *rows(name)]
        text += ["", "## Functions made of these", ""]
        text += ["They have every derivative that their parts have.", "", *composed()]
        return text

    def depends_on(self):
        folder = parts().ad.__path__[0]
        return [f"{folder}/catalogue.py", f"{folder}/primitives/primitive.py"]


def setup(app):
    app.add_directive("operators", Operators)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
