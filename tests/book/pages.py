"""What a built page makes a browser load without being asked to."""

import re
from html.parser import HTMLParser

# Attributes that are fetched when the page opens. <a href> is not among them: a reader may follow a
# link or not.
LOADS = {
    "audio": ["src"],
    "embed": ["src"],
    "iframe": ["src"],
    "image": ["href", "xlink:href"],
    "img": ["src", "srcset"],
    "input": ["src"],
    "object": ["data"],
    "script": ["src"],
    "source": ["src", "srcset"],
    "track": ["src"],
    "use": ["href", "xlink:href"],
    "video": ["poster", "src"],
}
LOADING_LINKS = {
    "apple-touch-icon",
    "dns-prefetch",
    "icon",
    "manifest",
    "modulepreload",
    "preconnect",
    "prefetch",
}
LOADING_LINKS |= {"preload", "stylesheet"}

CSS_LOAD = re.compile(r"""@import\s+["']([^"']+)|url\(\s*["']?([^"')]+)""")
SCRIPT_LOAD = re.compile(
    r"""(?:\bimport\b[^;\n]*|\bfetch\(\s*|\.src\s*=\s*|importScripts\(\s*)["'](https?:)?(//[^"']+)"""
)


def outside(address):
    return bool(re.match(r"\s*(https?:)?//", address))


def css_loads(text):
    return [first or second for first, second in CSS_LOAD.findall(text)]


class Page(HTMLParser):
    """What there is to know about a page.

    `loads`: addresses fetched on opening; `labels`: every class name; `images`: (src, alt);
    `links`: where its links lead; `ids`: where links to it can lead.
    """

    def __init__(self, html):
        super().__init__()
        self.loads, self.labels, self.images = [], [], []
        self.links, self.ids = [], set()
        self._inside = None
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attributes):
        values = {name: value or "" for name, value in attributes}
        self._inside = tag if tag in ("style", "script") else None
        for attribute in LOADS.get(tag, []):
            if attribute in values:
                self.loads.append(values[attribute])
        if tag == "link" and LOADING_LINKS & set(values.get("rel", "").split()):
            self.loads.append(values.get("href", ""))
        if tag == "a" and "href" in values:
            self.links.append(values["href"])
        self.ids |= {values[name] for name in ("id", "name") if name in values}
        if tag == "img":
            self.images.append((values.get("src", ""), values.get("alt", "")))
        self.loads += css_loads(values.get("style", ""))
        self.labels += values.get("class", "").split()

    handle_startendtag = handle_starttag

    def handle_endtag(self, tag):
        self._inside = None

    def handle_data(self, data):
        if self._inside == "style":
            self.loads += css_loads(data)
        elif self._inside == "script":
            self.loads += [f"https:{address}" for _, address in SCRIPT_LOAD.findall(data)]
