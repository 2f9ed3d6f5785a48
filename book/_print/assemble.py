"""All pages of the built book as one document, ready to be printed.

What is folded on a page is printed open; solutions and answers stand at the end. A place whose page
number is wanted is marked ``<span class="page-of" data-target="...">``, and filled in later.
"""

import html
import posixpath
import re
from copy import copy
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

import yaml
from bs4 import BeautifulSoup

SHORT = 22  # lines of code that are kept on one page
SOLUTIONS, ANSWERS = "appendix-solutions", "appendix-answers"


@dataclass
class Chapter:
    """A page of the book: its `key` is the name of its file, `part` the part that it opens."""

    key: str
    article: object
    part: str | None = None

    @property
    def title(self):
        return self.article.h1.get_text().strip()


def listed(root):
    """(file, part that it opens or None), in the order of the table of contents."""
    toc = yaml.safe_load((root / "_toc.yml").read_text(encoding="utf-8"))
    yield toc["root"], None
    for part in toc["parts"]:
        for place, chapter in enumerate(part["chapters"]):
            yield chapter["file"], None if place else part["caption"]


def read(site, file, part):
    """The text of one built page, without what is only for a screen."""
    page = BeautifulSoup((site / f"{file}.html").read_text(encoding="utf-8"), "html.parser")
    article = page.select_one("article.bd-article")
    for useless in article.select(
        ".headerlink, .toctree-wrapper, script, .d-print-none, .sd-summary-state-marker, [hidden]"
    ):
        useless.decompose()
    return Chapter(posixpath.basename(file), article, part)


def address(file, folder):
    """The address of a file for a document that lies in `folder`."""
    return quote(posixpath.relpath(file.resolve().as_posix(), folder.resolve().as_posix()))


def target(chapter, reference):
    """Where a link of a chapter leads in the one document, or None if it leads out of it."""
    parts = urlsplit(reference)
    if parts.scheme or parts.netloc:
        return None
    path, fragment = unquote(parts.path), unquote(parts.fragment)
    key = posixpath.basename(path).removesuffix(".html") if path else chapter.key
    return f"{key}--{fragment}" if fragment else key


def join_up(chapter, site, folder):
    """Make ids, links and addresses of pictures hold in the one document, written to `folder`."""
    for marked in chapter.article.select("[id]"):
        if not marked.find_parent("svg"):
            marked["id"] = f"{chapter.key}--{marked['id']}"
    for link in chapter.article.select("a[href]"):
        place = target(chapter, link["href"])
        if place is not None:
            link["href"] = f"#{place}"
    for picture in chapter.article.select("img[src]"):
        picture["src"] = address(site / "book" / unquote(picture["src"]), folder)
        picture.attrs.pop("loading", None)
    chapter.article["id"] = chapter.key


def open_up(article, soup):
    """Print open what is folded on the page."""
    for steps in article.select(".autodiff-steps"):
        for frame in steps.find_all("details"):
            frame.name = "figure"
            frame.attrs = {"class": "step"}
            frame.summary.name = "figcaption"
    for output in article.select("details.hide"):
        output.summary.decompose()
        output.unwrap()
    for box in article.find_all("details"):
        box.name = "div"
        box.attrs = {"class": "opened"}
        if summary := box.summary:
            summary.name = "p"
            summary["class"] = "opened-title"
    for box in article.select(".admonition.dropdown"):
        box["class"] = [name for name in box["class"] if name != "dropdown"]
    for table in article.select("table"):
        table.wrap(soup.new_tag("div", attrs={"class": "table"}))
    for code in article.find_all("pre"):
        if code.get_text().count("\n") <= SHORT:
            code["class"] = "short"


def fragment(text):
    """Elements from their HTML."""
    return list(BeautifulSoup(text, "html.parser").contents)


def page_of(identity):
    return f'<span class="page-of" data-target="{identity}">000</span>'


def appendix(identity, title, about):
    [section] = fragment(
        f'<article id="{identity}" class="appendix"><h1>{title}</h1><p>{about}</p></article>',
    )
    return section


def move_solutions(chapter, soup, into):
    """Gather the solutions of a chapter; in the place of each stands where it has gone."""
    solutions = chapter.article.select("div.solution")
    if solutions:
        into.append(soup.new_tag("h2", string=chapter.title))
    for solution in solutions:
        identity = solution["id"]
        solution.replace_with(
            *fragment(
                f'<p class="gone"><a href="#{identity}">Solution</a> on page '
                f"{page_of(identity)}.</p>",
            )
        )
        exercise = solution.select_one(".admonition-title a")["href"].removeprefix("#")
        solution.select_one(".admonition-title").append(
            *fragment(f'<span class="back">page {page_of(exercise)}</span>')
        )
        into.append(solution)


def move_answers(chapter, soup, into):
    """Gather the answers to the review questions of a chapter, with the questions."""
    review = chapter.article.select_one(f'[id="{chapter.key}--review-questions"]')
    if review is None:
        return
    identity = f"{ANSWERS}--{chapter.key}"
    into.append(soup.new_tag("h2", id=identity, string=chapter.title))
    asked = review.find("ol")
    answered = copy(asked)
    for question in asked.find_all("details"):
        question.decompose()
    for answer in answered.find_all("details"):
        answer.summary.decompose()
        answer.name = "div"
        answer.attrs = {"class": "answer"}
    for marked in answered.select("[id]"):
        del marked["id"]
    into.append(answered)
    review.append(
        *fragment(
            f'<p class="gone"><a href="#{identity}">Answers</a> on page {page_of(identity)}.</p>',
        )
    )


def dead_links(text):
    """Links of the document to places that it does not have."""
    ids = set(re.findall(r'\bid="([^"]+)"', text))
    return sorted(set(re.findall(r'\bhref="#([^"]+)"', text)) - ids)


def contents(chapters, extra):
    """The table of contents, with a place for every page number."""

    def line(identity, title, level):
        return (
            f'<li class="{level}"><a href="#{identity}">{title}</a><i></i>{page_of(identity)}</li>'
        )

    lines = []
    for chapter in chapters:
        if chapter.part:
            lines.append(f'<li class="part">{chapter.part}</li>')
        lines.append(line(chapter.key, chapter.title, "chapter"))
        for section in chapter.article.select("section section > h2"):
            lines.append(line(section.parent["id"], section.decode_contents(), "section"))
    lines.append('<li class="part">Solutions</li>')
    lines += [line(one["id"], one.h1.get_text(), "chapter") for one in extra]
    return f'<nav id="contents"><h1>Contents</h1><ul>{"".join(lines)}</ul></nav>'


def running_titles(chapters, extra):
    """A style sheet that prints the title of a chapter above its pages."""
    titles = {chapter.key: chapter.title for chapter in chapters}
    titles |= {one["id"]: one.h1.get_text() for one in extra}
    rules = []
    for identity, title in titles.items():
        name = re.sub(r"\W", "-", identity)
        quoted = title.replace("\\", "").replace('"', "'")
        rules.append(f"#{identity} {{ page: {name}; }}")
        rules.append(f'@page {name} {{ @top-center {{ content: "{quoted}"; }} }}')
    return "\n".join(rules)


def assemble(root, site, folder, fonts):
    """The whole book as the text of one HTML file in `folder`.

    Parameters
    ----------
    root, site : Path
        The book's source, and its built pages.
    folder : Path
        Where the file will lie: pictures are addressed from there.
    fonts : Path
        The folder that ``print.css`` calls ``FONTS``.
    """
    config = yaml.safe_load((root / "_config.yml").read_text(encoding="utf-8"))
    title, author = html.escape(config["title"]), html.escape(config["author"])
    soup = BeautifulSoup("", "html.parser")
    chapters = [read(site, file, part) for file, part in listed(root)]
    solutions = appendix(
        SOLUTIONS,
        "Solutions to the exercises",
        "Each has passed the checking cell of its exercise. Try first.",
    )
    answers = appendix(
        ANSWERS,
        "Answers to the review questions",
        "The questions are repeated, so that you can ask yourself once more.",
    )
    for chapter in chapters:
        join_up(chapter, site, folder)
        move_solutions(chapter, soup, solutions)
        move_answers(chapter, soup, answers)
        open_up(chapter.article, soup)
        if chapter.part:
            chapter.article.insert(0, soup.new_tag("p", attrs={"class": "part"}))
            chapter.article.p.string = chapter.part
    # The front page repeats the title of the book, which has a page of its own.
    chapters[0].article.h1.string = "About this book"
    extra = [solutions, answers]
    for section in extra:
        open_up(section, soup)
    style = (Path(__file__).parent / "print.css").read_text(encoding="utf-8")
    static = address(site / "_static", folder)
    body = "\n".join([*(str(one.article) for one in chapters), *map(str, extra)])
    return f"""<!DOCTYPE html>
<html lang="en" data-theme="light">
<head>
<meta charset="utf-8">
<title>{title}</title>
<link rel="stylesheet" href="{static}/pygments.css">
<style>
{style.replace("FONTS", fonts.as_uri())}
{running_titles(chapters, extra)}
</style>
<script>window.MathJax = {{options: {{processHtmlClass: "math", ignoreHtmlClass: "document",
enableMenu: false, enableAssistiveMml: false}}, svg: {{fontCache: "global"}}}};</script>
<script defer src="{static}/mathjax/tex-svg.js"></script>
</head>
<body class="document">
<header id="cover">
<p class="title">{title}</p>
<p class="author">{author}</p>
<img src="{address(root / "book" / "images" / "logo.svg", folder)}" alt="">
<p class="edition">Printed from the pages of the book. {config["copyright"]}. MIT licence.</p>
</header>
{contents(chapters, extra)}
{body}
</body>
</html>
"""
