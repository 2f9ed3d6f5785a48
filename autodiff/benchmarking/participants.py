"""Who takes part in a comparison: each library, in each way of using it that may be its best."""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass, field
from typing import Any

import autodiff as ad


@dataclass(frozen=True)
class Participant:
    """A library, and how it is used.

    Attributes
    ----------
    name, label : str
        Short and long name.
    library : str
        What it is a way of using; the fastest way of each library is its best.
    package, distribution : str
        Module that must be installed, and where its version is read.
    module, factory : str
        File of `peers`, and the class in it.
    needs : tuple of str
        What the class is given: of "model", "threads", "image", "batch".
    options : dict
        Further arguments for the class.
    threads : int, optional
        Another number of threads than the others'.
    share : float
        Share of the epoch that is measured, for one so slow that it takes part for scale only; its
        time is scaled up.
    """

    name: str
    label: str
    library: str
    package: str
    distribution: str
    module: str
    factory: str
    needs: tuple[str, ...]
    options: dict[str, Any] = field(default_factory=dict)
    threads: int | None = None
    share: float = 1.0

    @property
    def ordinary(self) -> bool:
        """Whether it has the threads and the steps that all have."""
        return self.threads is None and self.share == 1

    def missing(self) -> str | None:
        """Why it cannot take part; None where it can."""
        if importlib.util.find_spec(self.package) is None:
            return f"{self.package} is not installed"
        if self.factory == "Compiled" and not hasattr(ad, "compile"):
            return "this version of autodiff has no ad.compile"
        return None


def _ours(name: str, label: str, factory: str, **options: Any) -> Participant:
    needs = ("model", "threads", "image", "batch")
    return Participant(
        name, label, "autodiff", "autodiff", "numpy", "ours", factory, needs, **options
    )


def _torch(name: str, label: str, **options: Any) -> Participant:
    needs = ("model", "threads")
    return Participant(
        name, label, "PyTorch", "torch", "torch", "pytorch", "PyTorch", needs, options
    )


def _tensorflow(name: str, label: str, **options: Any) -> Participant:
    module, needs = "tensorflow", ("model", "threads", "image")
    return Participant(
        name, label, "TensorFlow", module, module, module, "TensorFlow", needs, options
    )


_EVERYONE = [
    _torch("pytorch", "PyTorch"),
    _torch("pytorch_channels_last", "PyTorch, channels last", channels_last=True),
    _torch("pytorch_compile", "PyTorch, torch.compile", compiled=True),
    _torch(
        "pytorch_compile_channels_last",
        "PyTorch, torch.compile, channels last",
        compiled=True,
        channels_last=True,
    ),
    Participant(
        "jax", "JAX, jit", "JAX", "jax", "jax", "jax", "JAX", ("model", "threads", "image")
    ),
    _tensorflow("tensorflow", "TensorFlow, tf.function"),
    _tensorflow("tensorflow_xla", "TensorFlow, XLA", xla=True),
    Participant(
        "keras",
        "Keras, fit",
        "Keras",
        "keras",
        "keras",
        "keras",
        "Keras",
        ("model", "threads", "image"),
    ),
    Participant(
        "hips",
        "HIPS autograd",
        "HIPS autograd",
        "autograd",
        "autograd",
        "hips",
        "HIPS",
        ("model", "threads"),
        share=0.05,
    ),
    _ours("autodiff_interpreter", "autodiff, interpreter on NumPy", "Autodiff"),
    _ours("autodiff", "autodiff, compiled", "Compiled"),
    _ours("autodiff_1_thread", "autodiff, compiled, 1 thread", "Compiled", threads=1),
    Participant("sgemm", "sgemm of NumPy's BLAS", "peak", "numpy", "numpy", "sgemm", "Sgemm", ()),
]
PARTICIPANTS = {one.name: one for one in _EVERYONE}
