"""Mistakes in exercises of the chapters that build the library, as wrong_answers.py has them."""


def instead(first, *lines):
    """An answer of other lines, put before the line of the solution that begins with `first`."""
    return first, "\n".join([*(f"    {line}" for line in lines), first])


WRONG = {
    "structures-count": [("type(node).__name__", "node.name")],
    "structures-dtype": [("x.mean()", "x.output.mean()"), ("0.5", "np.float64(0.5)")],
    "structures-find": [
        ("raise KeyError(name)", "return order"),
        ("return node", "return node.output"),
    ],
    "structures-parameters": [("if isinstance(node, ad.Variable)", ""), ("node.size", "1")],
    "structures-mend": [("bright.reshape", "bright.output.reshape"), (".mean()", ".sum()")],
    "structures-follow": [
        ("node.value", "node.output"),
        instead("    nodes = tuple(", "return primitive(*operands)"),
        (
            "    return structures.make_operator(primitive, nodes, {}, value)",
            "    return ad.Constant(value)",
        ),
    ],
    "structures-dispatch": [("np.float64", "np.float32"), ("*doubles", "*values")],
    "structures-project": [
        ("(other.value, self.value)", "(self.value, other.value)"),
        ("(-1.0,)", "(1.0,)"),
        ("    __radd__, __rmul__ = __add__, __mul__\n", ""),
        ("Toy) else Toy(other)\n        return Toy(\n", "Toy) else other\n        return Toy(\n"),
        ("(1.0, 1.0)", "()"),
    ],
    "building_the_graph-sorted": [("node in seen or ", ""), ("any(", "all(")],
    "building_the_graph-uses": [("dict.fromkeys(order, 0)", "dict.fromkeys(order, 1)")],
    "building_the_graph-kahn": [
        ("order[::-1]", "order"),
        ("== 0", ">= 0"),
        instead("    remaining, found, waiting =", "return ad.topological_sort(root)"),
        (" if len(order) == len(found) else None", ""),
    ],
    "building_the_graph-backward": [
        ("gradient[operand] + share", "share"),
        instead(
            "    gradient = {order[-1]:",
            "ad.backward(order)",
            "return {node: node.gradient for node in order if node.requires_grad}",
        ),
        instead(
            "    gradient = {order[-1]:",
            "leaves = [node for node in order if isinstance(node, ad.Variable)]",
            "found = ad.gradients(order[-1], leaves)",
            "return {leaf: node.output for leaf, node in zip(leaves, found)}",
        ),
    ],
    "building_the_graph-last": [
        ("last[-1] = len(order) - 1", "last = [k + 1 for k in last]"),
        ("max(", "min("),
    ],
    "building_the_graph-branch": [(".mean()", ".sum()"), ("ad.relu(1.0 - t * z)", "(1.0 - t * z)")],
    "building_the_graph-newton": [
        (" / curvature.output", ""),
        ("        ad.forward(order)\n", ""),
        instead(
            "        b.output = b.output",
            "    slope = ad.gradients(loss, b)",
            "    curvature = ad.gradients(slope, b)",
            "    order = ad.topological_sort([slope, curvature])",
        ),
    ],
    "operators-exercise-softsign": [
        ("** 2", ""),
        ("ad.abs(x)", "x"),
        ("ad.abs", ""),
        instead("    return 1.0", "return ad.grad(lambda x: ad.sum(x / (1.0 + ad.abs(x))))(x)"),
    ],
    "operators-exercise-axes": [("surplus + i", "i"), ("*range(surplus)", "0")],
    "operators-exercise-cumsum": [
        ("[::-1])[::-1]", ")"),
        ("np.cumsum(y_bar[::-1])[::-1]", "y_bar"),
        instead(
            "    return np.cumsum",
            "return ad.vjp(np.cumsum, np.zeros(len(y_bar)))[1](y_bar)[0]",
        ),
        instead("    return np.cumsum", "return np.tri(len(y_bar)).T @ y_bar"),
    ],
    "operators-exercise-checker": [("h = 1e-5", "h = 1e-12"), ("rtol=1e-6", "rtol=1e-1")],
    "operators-exercise-tanh": [
        ("2.0 * x", "x"),
        (
            "2.0 * ad.sigmoid(2.0 * x) - 1.0",
            "(ad.exp(x) - ad.exp(-x)) / (ad.exp(x) + ad.exp(-x))",
        ),
        ("2.0 * ad.sigmoid(2.0 * x) - 1.0", "ad.tanh(x)"),
        (
            "2.0 * ad.sigmoid(2.0 * x) - 1.0",
            "ad.sign(x) * (2.0 / (1.0 + ad.exp(-2.0 * ad.abs(x))) - 1.0)",
        ),
    ],
    "operators-exercise-norm": [
        ("np.where(positive, squares, 1.0)", "squares"),
        ("1.0)), 0.0", "1.0)), 1.0"),
        instead("    squares =", "return np.linalg.norm(x)"),
    ],
    "operators-exercise-cross": [
        ("cross(b, gradient)", "cross(gradient, b)"),
        ("cross(gradient, a)", "cross(a, gradient)"),
    ],
    "forward_mode-exercise-divide": [
        ("a.tangent - value", "a.tangent + value"),
        ("(a.tangent - value * b.tangent) / b.value", "a.tangent / b.tangent"),
    ],
    "forward_mode-exercise-diagonal": [
        ("ad.jvp(f, (x,), (np.ones_like(x),))[1]", "np.diag(ad.jacobian(f)(x))"),
        ("np.ones_like(x)", "x"),
    ],
    "forward_mode-exercise-band": [
        ("max(j - 1, 0), j + 2", "j, j + 2"),
        ("range(3)", "range(2)"),
        ("np.arange(n) % 3 == colour", "np.arange(n) == colour"),
    ],
    "forward_mode-exercise-step": [
        ("-slope", "slope"),
        ("v @ ad.hvp(f, x, v)", "v @ v"),
        instead("    slope =", "return -(ad.grad(f)(x) @ v) / (v @ ad.hessian(f)(x) @ v)"),
    ],
    "forward_mode-exercise-transpose": [
        ("ad.vjp(pullback, np.zeros_like(f(x)))[1](v)[0]", "ad.jvp(f, (x,), (v,))[1]"),
        ("ad.vjp(pullback, np.zeros_like(f(x)))[1](v)[0]", "pullback(f(x))"),
        instead("    def pullback", 'return ad.jacobian(f, mode="reverse")(x) @ v'),
    ],
    "forward_mode-exercise-trace": [
        ("v @ ad.hvp", "ad.hvp"),
        ("np.mean", "np.sum"),
        instead("    return np.mean", "return np.trace(ad.hessian(f)(x))"),
    ],
    "forward_mode-exercise-tags": [
        (" and number.tag == tag", ""),
        ("    return number, 0.0", "    return number.value, 0.0"),
    ],
    "forward_mode-exercise-taylor": [
        (" / factorial", ""),
        ("along = derivative(along)", "along = derivative(lambda s: f(x + s * v))"),
    ],
    "convolution-exercise-same": [("dilation * ", ""), ("// 2", "")],
    "convolution-exercise-edge": [
        ("[1.0, 1.0, 1.0]", "[0.0, 1.0, 0.0]"),
        ("-1.0", "1.0"),
        (
            "[[-1.0, -1.0, -1.0], [0.0, 0.0, 0.0], [1.0, 1.0, 1.0]]",
            "[[0.0, -3.0, 0.0], [1.0, -2.0, 1.0], [2.0, -1.0, 2.0]]",
        ),
        (
            "[[-1.0, -1.0, -1.0], [0.0, 0.0, 0.0], [1.0, 1.0, 1.0]]",
            "[[1.0, 1.0, 1.0], [-4.0, -4.0, -4.0], [3.0, 3.0, 3.0]]",
        ),
    ],
    "convolution-exercise-filter": [
        ("i : i + rows, j : j + columns", ":rows, :columns"),
        instead(
            "    rows, columns = g.shape",
            "f = lambda w: ad.conv2d(x[None, None], w[None, None])[0, 0]",
            "return ad.vjp(f, np.zeros(size))[1](g)[0]",
        ),
        instead(
            "    rows, columns = g.shape",
            "w = np.zeros((1, 1, *size))",
            "return ad.vjp(ad.conv2d, x[None, None], w)[1](g[None, None])[1][0, 0]",
        ),
    ],
    "convolution-exercise-input": [
        ("[:, :, ::-1, ::-1]", ""),
        ("w.shape[2] - 1", "0"),
        instead(
            "    flipped =",
            "return ad.vjp(lambda x: ad.conv2d(x, w), np.zeros((2, 3, 6, 7)))[1](g)[0]",
        ),
        ("ad.conv2d(g, flipped, padding=w.shape[2] - 1)", "ad.conv_transpose2d(g, w)"),
    ],
    "convolution-exercise-average": [
        (', "groups": channels', ""),
        ("0.25", "0.5"),
        ('"stride": 2', '"stride": 1'),
    ],
    "convolution-exercise-field": [
        ("step *= stride", "step += stride"),
        ("(kernel - 1)", "kernel"),
    ],
    "convolution-exercise-conv1d": [("(1, stride)", "(1, 1)"), ("ad.squeeze(y, 2)", "y")],
    "training-exercise-residual": [
        (" / len(logits)", ""),
        ("logits - logits.max(axis=1, keepdims=True)", "logits"),
        instead("    e = np.exp", "return ad.grad(lambda z: ad.cross_entropy(z, labels))(logits)"),
    ],
    "training-exercise-logistic": [
        ("np.zeros_like(z), z", "z, np.zeros_like(z)"),
        ("np.zeros_like(z)", "-z"),
    ],
    "training-exercise-clip": [
        ("if norm > limit", "if True"),
        ("norm = np.sqrt(sum(np.sum(p.gradient**2) for p in parameters))", "norm = limit"),
    ],
    "training-exercise-sign": [
        ('state["mean"] = ', 'state["mean"] = 0.0 * '),
        ('0.9 * state.get("mean", 0.0)', "0.0"),
    ],
    "training-exercise-leaky": [("(1 + slope**2)", "(1 + slope)"), ("6 /", "3 /")],
    "training-exercise-warmup": [
        ("(epoch + 1) / w", "epoch / w"),
        ("np.cos(np.pi * (epoch - w) / (T - w))", "1 - 2 * (epoch - w) / (T - w)"),
    ],
    "training-exercise-stopping": [("return best", "return epoch"), (">= patience", "> patience")],
    "training-exercise-mistakes": [
        ("    model.load_state_dict(ad.load(path))\n", ""),
        ("-certainty", "certainty"),
        ("!= labels", "== labels"),
        ("[:count]", ""),
    ],
    "training-exercise-pieces": [
        ("gradient=share, ", ""),
        (", accumulate=True", ""),
        instead("    total = 0.0", "size = len(labels)"),
    ],
}
