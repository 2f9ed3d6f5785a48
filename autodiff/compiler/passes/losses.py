"""Recognise the gradient of the cross-entropy, and compute it in one step.

The rule of the loss writes it in operators: maxima, differences, exponentials, sums, quotients, a
one-hot encoding. They are few numbers, and many steps.
"""

from __future__ import annotations

from ...primitives.arithmetic import Divide, Multiply, Subtract
from ...primitives.elementary import Exp
from ...primitives.extrema import Max
from ...primitives.losses import CrossEntropy, OneHotLike
from ...primitives.reductions import Sum
from ..fused import cross_entropy_gradient, cross_entropy_pair
from ..instructions import Graph, Instruction, Value, is_computed, is_number

Makers = dict[Value, Instruction]


def recognise_cross_entropy(graph: Graph) -> Graph:
    """Replace ``(softmax(logits) - one_hot(labels)) * number`` by one step, the loss included."""
    makers = graph.makers()
    matches = {step: found for step in graph.instructions if (found := _match(step, makers))}
    losses = {
        step.inputs: step for step in graph.instructions if isinstance(step.primitive, CrossEntropy)
    }
    new: dict[Instruction, tuple[Instruction, ...]] = {}
    for step, found in matches.items():
        loss = losses.pop(found.inputs[:2], None)
        new[step] = (found,)
        if loss is not None:
            outputs = (loss.output, found.output)
            new[loss] = (Instruction(cross_entropy_pair, found.inputs, outputs),)
            new[step] = ()
    steps = [part for step in graph.instructions for part in new.get(step, (step,))]
    return Graph(tuple(steps), graph.results)


def _match(step: Instruction, makers: Makers) -> Instruction | None:
    if not isinstance(step.primitive, Multiply) or not is_number(step.inputs[1]):
        return None
    difference = _made(makers, step.inputs[0], Subtract)
    if difference is None:
        return None
    shares = _made(makers, difference.inputs[0], Divide)
    one_hot = _made(makers, difference.inputs[1], OneHotLike)
    if shares is None or one_hot is None:
        return None
    logits = _softmax_of(shares, makers)
    if logits is None or len(logits.shape) < 2 or not is_computed(logits):
        return None
    inputs = (logits, one_hot.inputs[0], step.inputs[1])
    return Instruction(cross_entropy_gradient, inputs, step.outputs)


def _softmax_of(quotient: Instruction, makers: Makers) -> Value | None:
    """The logits, if a quotient is their softmax over axis 1."""
    exponentials = _made(makers, quotient.inputs[0], Exp)
    total = _made(makers, quotient.inputs[1], Sum)
    if exponentials is None or total is None or total.inputs != exponentials.outputs:
        return None
    shifted = _made(makers, exponentials.inputs[0], Subtract)
    if shifted is None:
        return None
    largest = _made(makers, shifted.inputs[1], Max)
    along = {"axis": (1,), "keepdims": True}
    if largest is None or largest.inputs != shifted.inputs[:1]:
        return None
    return shifted.inputs[0] if largest.params == total.params == along else None


def _made(makers: Makers, value: Value, kind: type) -> Instruction | None:
    """The step that makes a value, if it is of this kind."""
    step = makers.get(value)
    return step if step is not None and isinstance(step.primitive, kind) else None
