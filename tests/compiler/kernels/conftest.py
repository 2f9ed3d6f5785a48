import numpy as np
import pytest

GUARD = 70


@pytest.fixture
def guarded():
    """Make flat arrays between guard zones, which must be as they were when the test ends."""
    made = []

    def make(values, dtype=None, filled=None):
        values = np.ascontiguousarray(values, dtype).ravel()
        memory = np.full(values.size + 2 * GUARD, 113, values.dtype)
        inner = memory[GUARD : GUARD + values.size]
        inner[:] = values if filled is None else filled
        made.append(memory)
        return inner

    yield make
    for memory in made:
        mark = np.array(113).astype(memory.dtype)  # True among truths
        assert (memory[:GUARD] == mark).all() and (memory[-GUARD:] == mark).all()
