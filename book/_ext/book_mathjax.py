"""Equations without a network: the pages load MathJax from the book itself, not from elsewhere.

The files come from the package ``sphinx-mathjax-offline``. Its own set-up is not used: it would
copy 24 MB, and only after the pages have been written.
"""

import importlib.util
import shutil
from pathlib import Path

ENTRY = "mathjax/tex-svg.js"  # one file, its glyphs are paths: no fonts to load
# What the formulas' context menu and rarer TeX commands load when they are first used.
PARTS = ["a11y", "input", "output", "sre", "ui"]


def installed_mathjax():
    package = importlib.util.find_spec("sphinx-mathjax-offline")
    if package is None:
        raise RuntimeError("MathJax is missing: pip install -r requirements.txt")
    return Path(package.origin).parent / "static" / "mathjax"


def copy_mathjax(app):
    if app.builder.format != "html":
        return
    source = installed_mathjax()
    target = Path(app.outdir, "_static", ENTRY).parent
    if (target / "tex-svg.js").exists():
        return
    for part in PARTS:
        shutil.copytree(source / part, target / part, dirs_exist_ok=True)
    # Last, since its presence says that the copy is complete.
    shutil.copy(source / "tex-svg.js", target)


def setup(app):
    app.connect("config-inited", lambda app, config: setattr(config, "mathjax_path", ENTRY))
    app.connect("builder-inited", copy_mathjax)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
