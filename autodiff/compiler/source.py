"""A region as Python text: the kernels of a network, called one after the other.

The text holds no size: those come in the control block, together with the addresses of all memory.
So a batch of another size, or another network of the same layers, runs the same compiled code.

The control block holds, in units of 8 bytes, the fields of `HEADER`, then for each slot its offset
or address and its bytes for each example, and for each call where its geometry begins and where its
kernel is. So a region does not contain the kernels, but for the short ones that are written for it,
and those that return a number.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np

from .. import lazy
from .backend import FIRST, LAST, Call
from .kernels.elementwise import IMPORTS
from .regions import ARENA, INPUT, NOTHING, OUTPUT, SUM, Region, Slot

HEADER = (
    "shares",
    "batch",
    "tile",
    "arena",
    "arena_bytes",
    "sums",
    "sums_bytes",
    "tables",
    "scalars",
    "complaints",
    "times",
)


def slot_fields(position: int) -> tuple[int, int]:
    """Where the control block holds the offset or address, and the step, of a slot."""
    return len(HEADER) + 2 * position, len(HEADER) + 2 * position + 1


def call_fields(region: Region, position: int) -> tuple[int, int]:
    """Where the control block holds the offset of a call's geometry, and its kernel's address."""
    first = len(HEADER) + 2 * len(region.slots) + 2 * position
    return first, first + 1


def has_address(call: Call) -> bool:
    """Whether a kernel is called by its address."""
    return not (call.source or call.complains)


def kernel_address(call: Call, slots: Sequence[Slot]) -> int:
    """Where the machine code of a kernel begins; 0 if it is not called by its address."""
    if not has_address(call):
        return 0
    addresses = lazy.load("autodiff.compiler.kernels.addresses", "compiled programs")
    return addresses.address(_kernel(call), [slot.dtype for slot in slots], len(call.numbers))


def _kernel(call: Call) -> Any:
    module, name = call.kernel.split(".")
    return getattr(lazy.load(f"autodiff.compiler.kernels.{module}", "compiled programs"), name)


def _kernel_names(region: Region) -> list[str]:
    """What the text calls the kernel of each call: by dtype, there is one of a name or several."""
    names: dict[tuple, str] = {}
    for call, slots in region.calls:
        plain = call.kernel.replace(".", "_")
        same = sum(kernel == call.kernel for kernel, *_ in names)
        key = (call.kernel, *[slot.dtype for slot in slots])
        names.setdefault(key, f"{plain}__{same + 1}" if same else plain)
    return [names[call.kernel, *[slot.dtype for slot in slots]] for call, slots in region.calls]


def write(region: Region, title: str, timed: bool = False) -> str:
    """The text of a module with one compiled function, ``region(control, share)``.

    With `timed`, it adds the cycles that each call takes to an array.
    """
    names, kernels = slot_names(region), _kernel_names(region)
    modules = sorted({call.kernel.split(".")[0] for call, _ in region.calls if call.complains})
    sources = dict.fromkeys(call.source for call, _ in region.calls if call.source)
    lines = [
        f'"""{title}"""',
        "",
        *(IMPORTS.strip().splitlines() if sources else ["import numpy as np"]),
        "from numba import carray, cfunc",
        *[f"from autodiff.compiler.kernels import {module}" for module in modules],
        "from autodiff.compiler.kernels.addresses import call_at",
        "from autodiff.compiler.kernels.views import clear, cycles, view",
        *[f"\n\n{source.strip()}" for source in sources],
        "",
        "",
        '@cfunc("void(CPointer(int64), int64)", cache=True)',
        "def region(control_address, share):",
        f"    control = carray(control_address, {call_fields(region, len(region.calls))[0]})",
        *[f"    {field} = control[{position}]" for position, field in enumerate(HEADER)],
        "    first, last = batch * share // shares, batch * (share + 1) // shares",
        "    arena, sums = arena + share * arena_bytes, sums + share * sums_bytes",
        "    clear(sums, sums_bytes)",
        *[f"    {line}" for line in _places(region, names)],
        "    wrong = 0",
        "    for start in range(first, last, tile):",
        "        n = min(tile, last - start)",
        *[f"        {line}" for line in _tiles(region, names)],
    ]
    for position, (call, slots) in enumerate(region.calls):
        scalars = [f"number{position}_{index}" for index in range(len(call.numbers))]
        arguments = [*[names[slot] for slot in slots], *scalars, f"table{position}", "n"]
        if timed:
            lines.append("        clock = cycles()")
        complaint = "wrong += " if call.complains else ""
        kernel = call.kernel
        if has_address(call):
            # Numba would compile it anew for arguments that are left out.
            rest = map(str, _kernel(call).py_func.__defaults__ or ())
            kernel, arguments = "call_at", [kernels[position], *arguments, *rest]
        lines.append(f"        {complaint}{kernel}({', '.join(arguments)})")
        if timed:
            place = f"share * {len(region.calls)} + {position}"
            lines.append(f"        view(times, np.int64)[{place}] += cycles() - clock")
    lines.append("    view(complaints, np.int64)[share] = wrong")
    return "\n".join([*lines, ""])


def _places(region: Region, names: dict[Slot, str]) -> list[str]:
    """What stays where it is for all tiles."""
    lines = []
    for position, slot in enumerate(region.slots):
        start, _ = slot_fields(position)
        base = {ARENA: "arena + ", SUM: "sums + "}.get(slot.place, "")
        if slot.place == NOTHING:
            lines.append(f"{names[slot]} = view(0, {_dtype(slot)})[:0]")
        elif slot.place in (ARENA, SUM) or not slot.tiled:
            lines.append(f"{names[slot]} = view({base}control[{start}], {_dtype(slot)})")
    lines.append("numbers = view(scalars, np.float64)")
    scalar = 0
    called = {name: position for position, name in reversed([*enumerate(_kernel_names(region))])}
    for position, (call, _) in enumerate(region.calls):
        geometry, kernel = call_fields(region, position)
        lines.append(f"table{position} = view(tables + control[{geometry}], np.int64)")
        for name in [name for name in called if called[name] == position and has_address(call)]:
            lines.append(f"{name} = control[{kernel}]")
        for index in range(len(call.numbers)):
            lines.append(f"number{position}_{index} = numbers[{scalar}]")
            scalar += 1
    return lines


def _tiles(region: Region, names: dict[Slot, str]) -> list[str]:
    """The parts of whole arrays that belong to this tile."""
    lines = []
    for position, slot in enumerate(region.slots):
        if slot.place in (INPUT, OUTPUT) and slot.tiled:
            start, step = slot_fields(position)
            address = f"control[{start}] + start * control[{step}]"
            lines.append(f"{names[slot]} = view({address}, {_dtype(slot)})")
    return lines


def slot_names(region: Region) -> dict[Slot, str]:
    """A name for each slot: that of its value and its number, made an identifier.

    A value without a name is called after what computes it, memory without a value ``scratch``. A
    second slot of a value says how the value lies there: ``images_0`` and ``images_last_2``.
    """
    names = {}
    seen = set()
    for position, slot in enumerate(region.slots):
        value = slot.value
        called = "scratch" if slot.place != NOTHING else NOTHING
        if value is not None:
            called = value.name or region.called.get(value, slot.place)
        plain = re.sub(r"\W+", "_", called, flags=re.ASCII).strip("_") or slot.place
        if plain[0].isdigit():
            plain = f"p{plain}"
        if value is not None and value in seen:
            plain += {LAST: "_last", FIRST: "_first"}.get(slot.layout, "")
        seen.add(value)
        names[slot] = f"{plain}_{position}"
    return names


def _dtype(slot: Slot) -> str:
    return "np.bool_" if slot.dtype == bool else f"np.{slot.dtype.name}"


def tables(region: Region) -> tuple[np.ndarray, list[int]]:
    """The geometries of all calls in one array, and where each begins, in bytes."""
    parts, starts, length = [np.zeros(1, np.int64)], [], 8
    for call, _ in region.calls:
        starts.append(length)
        parts.append(np.asarray(call.geometry, np.int64))
        length += 8 * call.geometry.size
    return np.concatenate(parts), starts


def scalars(region: Region) -> np.ndarray:
    """The scalar arguments of all calls, one after the other."""
    return np.array([0.0, *[number for call, _ in region.calls for number in call.numbers]])[1:]
