"""The tests of the book use what the book's own scripts know about it."""

import sys
from pathlib import Path

BOOK = Path(__file__).resolve().parents[2] / "book"
sys.path += [str(BOOK), str(BOOK / "_ext")]
