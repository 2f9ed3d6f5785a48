"""The machine's peak, as far as a library can reach it: a large product of matrices in BLAS."""

from __future__ import annotations

import time
from typing import Any

import numpy as np

SIDE = 2048
OPERATIONS = 2 * SIDE**3


class Sgemm:
    """Two matrices of float32, and the product in place of an epoch."""

    def __init__(self) -> None:
        rng = np.random.default_rng(0)
        self.a, self.b = rng.random((2, SIDE, SIDE), np.float32)
        self.y = np.empty_like(self.a)

    def walk(self, loader: Any, epochs: int, steps: int) -> dict[str, Any]:
        """The fastest of several products: a peak is what can be reached."""
        del loader, epochs, steps
        times = []
        for _ in range(12):
            start = time.perf_counter()
            np.matmul(self.a, self.b, out=self.y)
            times.append(time.perf_counter() - start)
        return {"seconds": min(times), "inside": None, "results": []}

    def step(self, images: np.ndarray, labels: np.ndarray) -> float:
        del images, labels
        np.matmul(self.a, self.b, out=self.y)
        return 0.0

    def reset(self) -> None:
        """Nothing is learned."""
