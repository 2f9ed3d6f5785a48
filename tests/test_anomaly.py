"""The first value or gradient that is not finite is found, and the line that built it is named."""

import numpy as np
import pytest

import autodiff as ad


def test_a_value_that_is_not_finite_names_the_operator_the_operands_and_the_line():
    x = ad.Variable([1.0, 0.0], name="x")
    with ad.detect_anomaly(), pytest.raises(ad.NotFiniteError) as caught, np.errstate(all="ignore"):
        ad.log(x)
    message = str(caught.value)
    assert "log: the value is not finite: -inf at index (1,)" in message
    assert "Variable 'x' of shape (2,)" in message
    assert f"built at {__file__}" in message


def test_a_gradient_that_is_not_finite_names_the_line_that_built_the_node():
    x = ad.Variable([4.0, 0.0], name="x")
    with ad.detect_anomaly(), np.errstate(all="ignore"):
        order = ad.topological_sort(ad.sqrt(x).sum())
        with pytest.raises(
            ad.NotFiniteError, match="sqrt: the gradient of operand 0 is not finite"
        ):
            ad.backward(order)


def test_a_replay_names_the_line_that_built_the_node():
    x = ad.Constant([1.0], name="x")
    with ad.detect_anomaly(), np.errstate(all="ignore"):
        order = ad.topological_sort(ad.log(x))
        x.output = np.array([-1.0])
        with pytest.raises(
            FloatingPointError, match=r"nan at index \(0,\); built at .*test_anomaly"
        ):
            ad.forward(order)


def test_a_node_built_before_is_said_to_be_older():
    x = ad.Constant([1.0])
    order = ad.topological_sort(ad.log(x))
    x.output = np.array([0.0])
    older = pytest.raises(ad.NotFiniteError, match="a line that ran before detect_anomaly")
    with ad.detect_anomaly(), np.errstate(all="ignore"), older:
        ad.forward(order)


def test_outside_of_the_context_nothing_is_checked():
    with ad.detect_anomaly():
        pass
    with np.errstate(all="ignore"):
        assert ad.log(ad.Variable(0.0)).output == -np.inf
