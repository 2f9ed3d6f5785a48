"""Put a mutant in the place of the library: in a process that has imported it, or before it does.

Most mutants change the body of a function. Then nothing needs to be imported again: the code of the
live function is exchanged. A mutant of what runs when a module is imported, a constant, a default
or a decorator, needs the library imported anew.
"""

import gc
import importlib.abc
import importlib.util
import inspect
import sys
import types
from collections import defaultdict


class NeedsImport(Exception):
    """The mutant changes more than the bodies of functions."""


def live_functions():
    """File -> (name, place) of a function's code -> the functions alive that have it."""
    found = defaultdict(lambda: defaultdict(list))
    for one in gc.get_objects():
        if type(one) is types.FunctionType:
            found[one.__code__.co_filename][identity(one.__code__)].append(one)
    return found


def identity(code):
    return code.co_qualname, code.co_firstlineno, code.co_linetable


def nested(code):
    return [constant for constant in code.co_consts if isinstance(constant, types.CodeType)]


def plain(code):
    """What a code object does, apart from what its own functions do, and where it stands."""
    constants = [
        "code" if isinstance(constant, types.CodeType) else (type(constant), repr(constant))
        for constant in code.co_consts
    ]
    return code.co_code, code.co_names, code.co_varnames, code.co_freevars, constants


def pairs(old, new):
    """Each function's code in the old module beside the one in the new.

    Raises
    ------
    NeedsImport
        If what differs runs when the module is imported, or the functions are others.
    """
    is_function = old.co_flags & inspect.CO_OPTIMIZED
    if not is_function and plain(old) != plain(new):
        raise NeedsImport("it runs at import")
    if len(nested(old)) != len(nested(new)):
        raise NeedsImport("there are more functions, or fewer")
    if is_function:
        yield old, new
    for one, other in zip(nested(old), nested(new), strict=True):
        yield from pairs(one, other)


def swap(file, source, text, live):
    """Make the live functions of a file behave as in `text`.

    Returns
    -------
    int
        How many were changed: none may be alive, where others make them as they run.
    """
    old, new = compile(source, file, "exec"), compile(text, file, "exec")
    found = list(pairs(old, new))
    functions = [(f, code) for before, code in found for f in live[file].get(identity(before), ())]
    if any(len(f.__code__.co_freevars) != len(code.co_freevars) for f, code in functions):
        raise NeedsImport("a closure has other variables")
    for function, code in functions:
        function.__code__ = code
    return len(functions)


class Substitute(importlib.abc.MetaPathFinder, importlib.abc.InspectLoader):
    """Imports one module from another text."""

    def __init__(self, name, file, text):
        self.name, self.file, self.text = name, file, text

    def find_spec(self, name, path, target=None):
        if name != self.name:
            return None
        is_package = self.file.endswith("__init__.py")
        return importlib.util.spec_from_file_location(
            name,
            self.file,
            loader=self,
            submodule_search_locations=[self.file.rpartition("/")[0]] if is_package else None,
        )

    def get_source(self, name):
        return self.text

    def get_code(self, name):
        return compile(self.text, self.file, "exec")


def forget(folders, keep):
    """Forget every module that was imported from one of `folders`, except those from `keep`."""
    for name, module in list(sys.modules.items()):
        file = getattr(module, "__file__", None) or ""
        if file.startswith(folders) and not file.startswith(keep):
            del sys.modules[name]


def module_name(file):
    """``autodiff/structures/__init__.py`` is the module ``autodiff.structures``."""
    return file.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
