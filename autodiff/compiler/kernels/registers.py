"""The registers of the processor, as a type of Numba, and how its instructions are written.

What jitted code calls is in `vectors.py` and `tiles.py`. Here is what those are written with:
functions that run while Numba compiles, and write instructions in LLVM's language.

References
----------
LLVM Language Reference, https://llvm.org/docs/LangRef.html
"""

from __future__ import annotations

import platform
from typing import Any

from llvmlite import binding, ir
from numba import config, types
from numba.core import cgutils
from numba.core.errors import TypingError
from numba.extending import models, register_model


def _features() -> set[str]:
    """The instruction sets that Numba compiles for: this processor's, or what the user chose."""
    chosen: Any = config
    if chosen.CPU_FEATURES is not None:
        return {name[1:] for name in chosen.CPU_FEATURES.split(",") if name.startswith("+")}
    if chosen.CPU_NAME is not None and chosen.CPU_NAME != "host":
        return set()
    return {name for name, present in binding.get_host_cpu_features().items() if present}


FEATURES = _features()

VECTOR_BITS = 512 if "avx512f" in FEATURES else 256 if "avx2" in FEATURES else 128
"""Width of a register, the widest that the processor has instructions for."""

REGISTERS = 32 if VECTOR_BITS == 512 or platform.machine() in ("arm64", "aarch64") else 16
"""How many such registers there are: what a block of a matrix product has to fit into."""


class Vector(types.Type):
    """A register of numbers of one dtype, or a part of one."""

    def __init__(self, dtype: Any, bits: int = VECTOR_BITS) -> None:
        self.dtype, self.lanes = dtype, bits // dtype.bitwidth
        super().__init__(f"Vector({dtype}, {self.lanes})")


class Mask(types.Type):
    """One bit for each lane of a vector: what a comparison gives and `select` takes."""

    def __init__(self, lanes: int) -> None:
        self.lanes = lanes
        super().__init__(f"Mask({lanes})")


_BIT, _INT32 = ir.IntType(1), ir.IntType(32)
_FLOATS = {types.float32: ir.FloatType(), types.float64: ir.DoubleType()}


def llvm_type(vector: Vector | Mask) -> ir.VectorType:
    """LLVM's type for a vector or mask."""
    return ir.VectorType(_BIT if isinstance(vector, Mask) else _FLOATS[vector.dtype], vector.lanes)


@register_model(Vector)
@register_model(Mask)
class _Model(models.PrimitiveModel):
    def __init__(self, manager: Any, vector: Vector | Mask) -> None:
        super().__init__(manager, vector, llvm_type(vector))


def vector_like(like: Any) -> Vector:
    """The vector for an array, or a vector itself.

    Raises
    ------
    TypingError
        If it is anything but a vector or a flat, contiguous array of float32 or float64.
    """
    if isinstance(like, Vector):
        return like
    suits = isinstance(like, types.Array) and like.dtype in _FLOATS
    if suits and like.ndim == 1 and like.layout == "C":
        return Vector(like.dtype)
    raise TypingError(
        f"vectors are loaded from flat contiguous arrays of float32 or float64, not from {like}"
    )


def check_vectors(name: str, *operands: Any) -> None:
    """Refuse operands that are not vectors of one dtype.

    Raises
    ------
    TypingError
        Naming the types.
    """
    if not isinstance(operands[0], Vector) or any(other != operands[0] for other in operands):
        found = ", ".join(map(str, operands))
        raise TypingError(f"{name} needs vectors of one dtype, not {found}")


def pointer(context: Any, builder: Any, array_type: Any, array: Any, index: Any) -> Any:
    """The address of array[index]."""
    data = context.make_array(array_type)(context, builder, array).data
    return builder.gep(data, [index])


def repeat(builder: Any, number: Any, lanes: int) -> Any:
    """A vector with `number` in each lane."""
    undefined = ir.Constant(ir.VectorType(number.type, lanes), ir.Undefined)
    first = builder.insert_element(undefined, number, _INT32(0))
    pattern = ir.Constant(ir.VectorType(_INT32, lanes), [0] * lanes)
    return builder.shuffle_vector(first, undefined, pattern)


def call(builder: Any, name: str, result: Any, arguments: list[Any], **options: Any) -> Any:
    """Write the call of a function that LLVM knows."""
    function = ir.FunctionType(result, [argument.type for argument in arguments])
    declared = cgutils.get_or_insert_function(builder.module, function, name)
    return builder.call(declared, arguments, **options)


def suffix(vector: Vector) -> str:
    """How the names of LLVM's functions end for this type, as in "llvm.sqrt.v16f32"."""
    return f"v{vector.lanes}f{vector.dtype.bitwidth}"


def first_lanes(builder: Any, count: Any, lanes: int) -> Any:
    """The mask of the first `count` lanes: none if it is negative, all if there are fewer lanes."""
    for sign, bound in (("<", 0), (">", lanes)):
        limit = count.type(bound)
        count = builder.select(builder.icmp_signed(sign, count, limit), limit, count)
    numbers = ir.Constant(ir.VectorType(_INT32, lanes), list(range(lanes)))
    return builder.icmp_signed("<", numbers, repeat(builder, builder.trunc(count, _INT32), lanes))


def load_at(builder: Any, vector: Vector, address: Any, count: Any = None) -> Any:
    """Write the instruction that loads a vector, or its first `count` lanes and zeros."""
    kind = llvm_type(vector)
    address, bytes_ = builder.bitcast(address, kind.as_pointer()), vector.dtype.bitwidth // 8
    if count is None:
        return builder.load(address, align=bytes_)
    mask, zeros = first_lanes(builder, count, vector.lanes), ir.Constant(kind, None)
    name = f"llvm.masked.load.{suffix(vector)}.p0"
    return call(builder, name, kind, [address, _INT32(bytes_), mask, zeros])


def store_at(builder: Any, vector: Vector, address: Any, value: Any, count: Any = None) -> None:
    """Write the instruction that stores a vector, or its first `count` lanes."""
    kind = llvm_type(vector)
    address, bytes_ = builder.bitcast(address, kind.as_pointer()), vector.dtype.bitwidth // 8
    if count is None:
        builder.store(value, address, align=bytes_)
        return
    with whole_or_part(builder, count, vector.lanes) as (whole, part):
        with whole:
            builder.store(value, address, align=bytes_)
        with part:
            mask = first_lanes(builder, count, vector.lanes)
            name = f"llvm.masked.store.{suffix(vector)}.p0"
            call(builder, name, ir.VoidType(), [value, address, _INT32(bytes_), mask])


def whole_or_part(builder: Any, count: Any, lanes: int) -> Any:
    """Write a branch for whole vectors and one for parts of them.

    With AVX-512 a store under a mask costs what a store costs, and the first branch is never taken.
    Older processors take many steps for it, so there it is left to the ends of loops.
    """
    if VECTOR_BITS == 512:
        return builder.if_else(_BIT(0))
    return builder.if_else(builder.icmp_signed(">=", count, count.type(lanes)), likely=True)
