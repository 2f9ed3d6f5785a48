"""Print the built book: all pages in one PDF, with solutions and answers at its end.

    python book/pdf.py [FILE]

The browser does it twice. What it has printed first says on which page everything stands; with
these numbers filled in, it prints again.
"""

import argparse
import ctypes
import json
import sys
from pathlib import Path

import matplotlib
import pypdfium2
import pypdfium2.raw as pdfium
from _print.assemble import assemble, dead_links
from _print.browser import BrowserError, opened

ROOT = Path(__file__).resolve().parents[1]
SITE = ROOT / "_build" / "html"
OUTPUT = ROOT / "_build" / "pdf" / "book.pdf"

READY = "Promise.all([MathJax.startup.promise, document.fonts.ready]).then(() => true)"

# Whatever would make a reader stop: formulas that are none, pictures that are not there.
PROBLEMS = """[
    ...[...document.querySelectorAll("mjx-merror, [data-mjx-error]")].map(
        e => "an equation that is none: " + (e.dataset.mjxError || e.textContent)),
    ...[...document.images].filter(i => !i.naturalWidth).map(i => "no picture: " + i.src),
    ...[...document.fonts].filter(f => f.status == "error").map(f => "no font: " + f.family),
]"""

FILL = """
for (const place of document.querySelectorAll(".page-of"))
    place.textContent = PAGES[place.dataset.target];
"""


def page_numbers(path):
    """The page, counted from 1, of every place that a link of the PDF leads to."""
    document = pypdfium2.PdfDocument(path)
    numbers = {}
    for index in range(pdfium.FPDF_CountNamedDests(document)):
        size = ctypes.c_long()
        pdfium.FPDF_GetNamedDest(document, index, None, size)
        name = ctypes.create_string_buffer(size.value)
        place = pdfium.FPDF_GetNamedDest(document, index, name, size)
        page = pdfium.FPDFDest_GetDestPageIndex(document, place)
        numbers[name.raw.decode("utf-16-le").rstrip("\0")] = page + 1
    document.close()
    return numbers


def numbered(tab, path):
    """Print until the numbers that are printed are those of the pages."""
    tab.print(path)
    numbers = page_numbers(path)
    for _ in range(3):
        tab.run(FILL.replace("PAGES", json.dumps(numbers)))
        tab.print(path)
        found = page_numbers(path)
        if found == numbers:
            return
        numbers = found
    raise BrowserError("the page numbers of the table of contents do not settle")


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("output", nargs="?", type=Path, default=OUTPUT)
    output = parser.parse_args(arguments).output
    if not (SITE / "book" / "index.html").exists():
        sys.exit("The book is not built: make book")
    folder = output.resolve().parent
    folder.mkdir(parents=True, exist_ok=True)
    fonts = Path(matplotlib.get_data_path(), "fonts", "ttf")
    text = assemble(ROOT, SITE, folder, fonts)
    if dead := dead_links(text):
        sys.exit(f"Links that lead nowhere: {', '.join(dead)}")
    page = output.with_suffix(".html")
    page.write_text(text, encoding="utf-8")
    try:
        with opened() as tab:
            tab.open(page)
            tab.run(READY)
            if problems := tab.run(PROBLEMS):
                sys.exit("\n".join(problems))
            numbered(tab, output)
    except BrowserError as error:
        sys.exit(str(error))
    print(f"The book on paper: {output}")


if __name__ == "__main__":
    main()
