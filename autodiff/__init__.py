"""Automatic differentiation for convolutional neural networks, small enough to read whole.

Build a graph of nodes, sort it, run it forward and backward::

    import autodiff as ad

    w = ad.Variable([1.0, 2.0], name="w")
    loss = (w * w).sum()
    order = ad.topological_sort(loss)
    ad.backward(order)
    w.gradient                       # array([2., 4.])

or transform a function: ``ad.grad(lambda w: (w * w).sum())(w0)``.
"""

from . import data, fft, linalg, nn, optim, precision, training
from .anomaly import detect_anomaly
from .check import check_grads
from .compiler import Program, compile
from .compiler.settings import get_num_threads, set_num_threads
from .draw import draw
from .errors import (
    ArgumentError,
    AutodiffError,
    BenchmarkError,
    BranchError,
    DataError,
    DataNotFoundError,
    DifferentiationError,
    DispatchError,
    DivergenceError,
    DtypeError,
    GradientError,
    GraphError,
    IndexingError,
    MissingDependencyError,
    NotFiniteError,
    ProgramError,
    ShapeError,
    StaleError,
)
from .graph import backward, forward, gradients
from .ordering import topological_sort
from .primitives.activations import gelu, leaky_relu, log_softmax, relu, sigmoid, softmax
from .primitives.arithmetic import add, conj, divide, multiply, negative, power, subtract
from .primitives.broadcasting import (
    astype,
    broadcast_to,
    ones_like,
    where,
    zeros_like,
)
from .primitives.choosing import compress, extract, select
from .primitives.comparisons import (
    equal,
    greater,
    greater_equal,
    isclose,
    less,
    less_equal,
    logical_and,
    logical_not,
    logical_or,
    logical_xor,
    not_equal,
)
from .primitives.complex_parts import angle, imag, real, real_if_close
from .primitives.convolution import conv2d
from .primitives.convolutions import convolve, correlate
from .primitives.covariance import corrcoef, cov
from .primitives.cumulative import cumprod, cumsum, prod
from .primitives.diagonals import diag, diagflat, diagonal, tril, triu
from .primitives.differences import (
    diff,
    ediff1d,
    geomspace,
    gradient,
    linspace,
    logspace,
    trapezoid,
)
from .primitives.einsum import einsum
from .primitives.elementary import (
    cos,
    erf,
    exp,
    expm1,
    log,
    log1p,
    reciprocal,
    sin,
    sqrt,
    square,
    tanh,
)
from .primitives.extrema import argmax, argmin, max, min
from .primitives.flattening import flatten
from .primitives.indexing import getitem, take_along_axis
from .primitives.interpolation import interp
from .primitives.joining import concatenate, pad, stack
from .primitives.kinks import abs, clip, copysign, maximum, minimum, sign
from .primitives.linear_algebra import matmul
from .primitives.logarithms import cbrt, exp2, log2, log10, logaddexp, logaddexp2
from .primitives.logsumexp import logsumexp
from .primitives.losses import cross_entropy, mse_loss
from .primitives.matrix_functions import matrix_transpose, matvec, vecdot, vecmat
from .primitives.missing import (
    fmax,
    fmin,
    isfinite,
    isinf,
    isnan,
    nan_to_num,
    nancumprod,
    nancumsum,
    nanmax,
    nanmean,
    nanmin,
    nanprod,
    nanstd,
    nansum,
    nanvar,
)
from .primitives.polynomials import polyval, vander
from .primitives.pooling import avg_pool2d, max_pool2d
from .primitives.products import cross, dot, inner, kron, outer, tensordot, trace, vdot
from .primitives.quantiles import (
    nanmedian,
    nanpercentile,
    nanquantile,
    percentile,
    quantile,
)
from .primitives.questions import all, allclose, any, average, count_nonzero, ptp
from .primitives.random import dropout, manual_seed
from .primitives.reductions import mean, sum
from .primitives.reversing import flip, fliplr, flipud, roll, rot90
from .primitives.rounding import (
    ceil,
    divmod,
    floor,
    floor_divide,
    fmod,
    heaviside,
    modf,
    remainder,
    rint,
    round,
    signbit,
    trunc,
)
from .primitives.shaping import expand_dims, moveaxis, reshape, squeeze, swapaxes, transpose
from .primitives.sinc import sinc
from .primitives.sorting import argpartition, argsort, median, partition, sort, take
from .primitives.splitting import array_split, dsplit, hsplit, split, unstack, vsplit
from .primitives.stacking import (
    append,
    atleast_1d,
    atleast_2d,
    atleast_3d,
    block,
    column_stack,
    dstack,
    full,
    full_like,
    hstack,
    ravel,
    rollaxis,
    vstack,
)
from .primitives.tiling import repeat, tile
from .primitives.transposed_convolution import conv_transpose2d
from .primitives.trigonometry import (
    arccos,
    arccosh,
    arcsin,
    arcsinh,
    arctan,
    arctan2,
    arctanh,
    cosh,
    deg2rad,
    hypot,
    rad2deg,
    sinh,
    tan,
)
from .primitives.unwrapping import unwrap
from .primitives.variance import std, var
from .serialize import load, save
from .source import source
from .structures import (
    BroadcastedOperator,
    Constant,
    GraphNode,
    Operator,
    ScalarOperator,
    Variable,
)
from .transforms import (
    checkpoint,
    custom_gradient,
    ggnvp,
    grad,
    hessian,
    hvp,
    jacobian,
    jvp,
    stop_gradient,
    value_and_grad,
    vjp,
)

__version__ = "0.1.0"
