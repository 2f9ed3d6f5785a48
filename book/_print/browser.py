"""A Chromium without a window, spoken to by its DevTools protocol: it shows a page and prints it.

https://chromedevtools.github.io/devtools-protocol/
"""

import base64
import contextlib
import http.client
import itertools
import json
import os
import re
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

import websocket

NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"]
MAC = "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"
OLDEST = 131  # prints page numbers and running titles that a style sheet asks for


class BrowserError(Exception):
    """The browser is missing, too old, or does not do what it was asked for."""


def find():
    """The program's path: the environment variable CHROMIUM, or what is installed."""
    named = os.environ.get("CHROMIUM")
    for name in [named] if named else [*NAMES, MAC]:
        path = shutil.which(name)
        if path:
            return path
    if named:
        raise BrowserError(f"CHROMIUM={named}: there is no such program")
    raise BrowserError(
        "The PDF is printed by Chromium or Chrome, and neither was found. On Debian or Ubuntu: "
        "apt install chromium. Elsewhere, install Chrome, or name the program: "
        "make pdf CHROMIUM=/path/to/chrome"
    )


def check_version(product):
    """Refuse a browser that would leave the pages without numbers, from its 'Chrome/156.0.1'."""
    found = re.search(r"/(\d+)", product)
    if found is None or int(found[1]) < OLDEST:
        raise BrowserError(
            f"{product} is too old to print page numbers: {OLDEST} or newer is needed"
        )


class Tab:
    """One page of the browser. `call` sends a command of the protocol and returns its result."""

    def __init__(self, port, patience):
        with contextlib.closing(http.client.HTTPConnection("127.0.0.1", port)) as connection:
            connection.request("GET", "/json/list")
            targets = json.load(connection.getresponse())
        pages = [one for one in targets if one["type"] == "page"]
        self.socket = websocket.create_connection(
            pages[0]["webSocketDebuggerUrl"], timeout=patience, suppress_origin=True
        )
        self.numbers = itertools.count(1)
        self.call("Page.enable")

    def close(self):
        self.socket.close()

    def receive(self):
        try:
            return json.loads(self.socket.recv())
        except websocket.WebSocketException as error:
            raise BrowserError(f"the browser fell silent: {error}") from error

    def call(self, method, **parameters):
        number = next(self.numbers)
        self.socket.send(json.dumps({"id": number, "method": method, "params": parameters}))
        while True:
            message = self.receive()
            if message.get("id") == number:
                if "error" in message:
                    raise BrowserError(f"{method}: {message['error']['message']}")
                return message["result"]

    def run(self, script):
        """The value of a script, which may be a promise."""
        answer = self.call(
            "Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True
        )
        if "exceptionDetails" in answer:
            details = answer["exceptionDetails"]
            raise BrowserError(details.get("exception", {}).get("description", details["text"]))
        return answer["result"].get("value")

    def open(self, path):
        """Show a file and wait until its pictures and scripts are loaded."""
        self.call("Page.navigate", url=Path(path).resolve().as_uri())
        while self.receive().get("method") != "Page.loadEventFired":
            pass

    def print(self, path):
        """Write the page as PDF, on the paper that its style sheet names."""
        stream = self.call(
            "Page.printToPDF",
            preferCSSPageSize=True,
            printBackground=True,
            generateTaggedPDF=True,
            generateDocumentOutline=True,
            transferMode="ReturnAsStream",
        )["stream"]
        with Path(path).open("wb") as file:
            while True:
                part = self.call("IO.read", handle=stream, size=1 << 20)
                data = part["data"]
                file.write(base64.b64decode(data) if part.get("base64Encoded") else data.encode())
                if part["eof"]:
                    return


def listening(process, profile, log):
    """The port at which the browser listens, as soon as it has written it down."""
    note = Path(profile, "DevToolsActivePort")
    for _ in range(600):
        if process.poll() is not None:
            said = Path(log).read_text(encoding="utf-8", errors="replace")
            raise BrowserError(f"{process.args[0]} ended at once. It said:\n{said[-2000:]}")
        if note.exists() and (lines := note.read_text().splitlines()):
            return int(lines[0])
        time.sleep(0.1)
    raise BrowserError(f"{process.args[0]} did not begin to listen within a minute")


@contextlib.contextmanager
def opened(patience=600):
    """A tab of a browser that ends with the block; no answer may take longer than `patience`."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        command = [find(), "--headless", "--remote-debugging-port=0", f"--user-data-dir={profile}"]
        command += ["--disable-gpu", "--no-first-run", "--disable-background-networking"]
        command += ["--disable-extensions", "--allow-file-access-from-files"]
        if hasattr(os, "geteuid") and os.geteuid() == 0:
            command.append("--no-sandbox")  # Chromium refuses its sandbox to root
        log = Path(profile, "log")
        with log.open("w") as said:
            process = subprocess.Popen([*command, "about:blank"], stdout=said, stderr=said)
        try:
            port = listening(process, profile, log)
            with contextlib.closing(Tab(port, patience)) as tab:
                check_version(tab.call("Browser.getVersion")["product"])
                yield tab
        finally:
            process.terminate()
            process.wait(timeout=30)
