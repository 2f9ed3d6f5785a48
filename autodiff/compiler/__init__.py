"""From a sorted graph to a program that is compiled for this processor."""

from . import drawing as drawing  # registers how graphs of passes are drawn
from .explaining import Explained
from .listing import Listing
from .options import Options
from .profile import Profile
from .program import Program, compile

__all__ = ["Explained", "Listing", "Options", "Profile", "Program", "compile"]
