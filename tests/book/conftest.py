"""The tests of the book use what the book's own scripts know about it."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[2] / "book"))
