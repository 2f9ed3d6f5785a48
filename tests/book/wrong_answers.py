"""Mistakes that a reader may well make: for each exercise, changes to its solution's code.

Each is a pair: a piece of the solution, and what the mistaken reader wrote instead. Where an
exercise asks to find by hand what the library knows, an answer that asks the library is one.
"""


def instead(first, *lines):
    """An answer of other lines, put before the line of the solution that begins with `first`."""
    return first, "\n".join([*(f"    {line}" for line in lines), first])


WRONG = {
    "introduction-exercise-count": [("(n + 1)", "n"), ("5 * steps", "5 * n * steps")],
    "introduction-exercise-central": [
        ("(2 * h)", "h"),
        ("f(x - h)", "f(x)"),
        ("(f(x + h) - f(x - h)) / (2 * h)", "ad.grad(f)(x)"),
    ],
    "introduction-exercise-decay": [
        ("+ penalty * w", "+ 2 * penalty * w"),
        ("+ penalty * w", ""),
        ("gradient_by_hand(w, b, x, t)[0]", "ad.grad(loss)(w, b, x, t)"),
    ],
    "introduction-exercise-complex": [
        ("1e-30", "1e-3"),
        ("np.imag", "np.real"),
        ("np.imag(f(x + 1j * h)) / h", "ad.grad(f)(x)"),
    ],
    "introduction-exercise-size": [
        ("2 * size + 5", "2 * size + 4"),
        ("range(k - 1)", "range(k)"),
        ("size = 1", "size = 1.0"),
    ],
    "introduction-exercise-direction": [
        ("(2 * h)", "h"),
        ("rng.standard_normal(w.shape)", "np.eye(w.size)[0]"),
        ("gradient @ v", "slope"),
    ],
    "introduction-exercise-descent": [
        ("        while f(w - rate * gradient) > values[-1]:\n            rate = rate / 2\n", ""),
        ("w = w - rate * gradient", "w -= rate * gradient"),
        ("rate = rate / 2", "break"),
    ],
    "literature_review-exercise-sine": [(" * x.tangent", ""), ("math.cos", "-math.cos")],
    "literature_review-exercise-tape": [("[(x, value)]", "[(x, 1.0)]"), ("[(x, value)]", "[]")],
    "literature_review-exercise-parameters": [
        ("(6, 16, 3)", "(16, 6, 3)"),
        ("(6, 16, 3)", "(6, 15, 3)"),
        ("dense_parameters(84, 10)", "840"),
        ("first + second + dense, first + second", "first + second, first + second + dense"),
        ("first + second + dense, first + second", "dense, first + second"),
        ("first + second + dense, first + second", "first + second + dense"),
    ],
    "literature_review-exercise-lenet": [(" + 1 ", " "), ("count * kernel**2", "kernel**2")],
    "literature_review-exercise-division": [("-{r}", "{r}"), ('"{r} / {b}"', '"1.0 / {b}"')],
    "literature_review-exercise-chunks": [
        ("range(0, len(x), chunk)", "range(len(x))"),
        ("directions[:, start : start + chunk]", "directions"),
    ],
    "literature_review-exercise-product": [
        ("after * before[i]", "before[i]"),
        ("number * before[-1]", "number"),
        ("after = x[i] * after", "after = product([1.0, *x[i:]])"),
    ],
    "literature_review-exercise-prune": [
        ("needed.discard(target)", "pass"),
        ("        needed.update(name.id for name in read)\n", ""),
        ("if target not in needed", "if not target"),
    ],
    "state_of_the_art-exercise-mode": [("n < m", "n > m"), ('("forward", n)', '("forward", m)')],
    "state_of_the_art-exercise-recording": [("x * 0.5", "ad.tanh(x)"), ("range(k)", "range(1)")],
    "state_of_the_art-exercise-order": [("ends * sizes[k]", "ends"), ("min(", "max(")],
    "state_of_the_art-exercise-forget": [
        ("float(step_loss().output)", "step_loss()"),
        (
            "for _ in range(steps):\n        loss = float(step_loss().output)",
            "for loss in [step_loss() for _ in range(steps)]:\n        loss = float(loss.output)",
        ),
        ("total / steps, least", "total, least"),
    ],
    "state_of_the_art-exercise-buckets": [
        ("sorted(lengths)", "list(lengths)"),
        ("max(part)", "min(part)"),
        ("len(part) * ", "batch * "),
    ],
    "state_of_the_art-exercise-compensated": [
        ("term - lost", "term"),
        ("(new - total) - wanted", "wanted - (new - total)"),
        ("return total", "return np.float16(terms.astype(float).sum())"),
        ("return total", "return np.float16(sum(map(float, terms)))"),
        ("return total", "return np.sum(terms, dtype=np.float32).astype(np.float16)"),
    ],
    "state_of_the_art-exercise-stochastic": [
        ("< share", "< 0.5"),
        ("rng.random(x.shape) < share", "share > 1"),
    ],
    "state_of_the_art-exercise-guards": [
        ("            ad.backward(order)\n            return", "            return"),
        ("        recordings.append((a, order))\n", ""),
    ],
    "state_of_the_art-exercise-scale": [("np.isfinite", "~np.isnan"), ("2000", "2001")],
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
    "baseline-exercise-breakdown": [("(n - 1) // 2", "n // 2 + 1"), ("(n - 1) // 2", "1")],
    "baseline-exercise-paired": [
        ("np.median(ratios)", "np.mean(ratios)"),
        ("np.divide(ours, theirs)", "np.divide(theirs, ours)"),
    ],
    "baseline-exercise-stopwatch": [
        ("    step(machine)\n    machine.wait()\n    start", "    start"),
        ("    machine.wait()\n    return", "    return"),
    ],
    "baseline-exercise-work": [("tolerance * middle", "tolerance"), ("np.isfinite(loss)", "True")],
    "baseline-exercise-turns": [("names[k:] + names[:k]", "names")],
    "baseline-exercise-threads": [
        ("threads * whole_team", "whole_team"),
        ("range(1, cores + 1)", "range(1, cores)"),
        ("threads * whole_team(threads, others, cores)", "threads"),
    ],
    "baseline-exercise-plausible": [("np.ceil", "np.floor")],
    "optimization-exercise-edge": [
        ("from_memory < peak", "from_memory <= peak"),
        ("operations / moved", "moved / operations"),
    ],
    "optimization-exercise-windows": [(" + 1", " + 2"), (" + 1", "")],
    "optimization-exercise-tile": [
        ("(registers - 1) // (rows + 1)", "registers // (rows + 1)"),
        ("if quotient >", "if quotient <"),
    ],
    "optimization-exercise-pass": [
        ("inner.inputs[0]", "step.inputs[0]"),
        ("return instructions.substitute(graph, other)", "return graph"),
    ],
    "optimization-exercise-float64": [
        ("if any(i.dtype == np.float32 for i in flows)", "if True"),
        ("return node", "return node.inputs[0]"),
    ],
    "optimization-exercise-backend": [
        ("np.float16", "np.float32"),
        (".astype(np.float16)", ""),
    ],
    "optimization-exercise-plan": [
        ("min(fitting)", "fitting[0]"),
        ("dies[j] >= born[i]", "dies[j] > born[i]"),
        ("min(fitting)[1] if fitting else end", "sum(sizes[:i])"),
        ("max(alive)", "sum(sizes)"),
        ("if dies[j] >= born[i]", "if dies[j] >= born[-1]"),
    ],
    "results-exercise-better": [("2 * error", "error"), ("abs(p - q)", "(p - q)")],
    "results-exercise-confusion": [
        ("truth * classes + answers", "answers * classes + truth"),
        (
            "    pairs = np.bincount(truth * classes + answers, minlength=classes**2)\n"
            "    return pairs.reshape(classes, classes)",
            "    matrix = np.zeros((classes, classes), int)\n"
            "    for i, j in zip(truth, answers):\n"
            "        matrix[i, j] += 1\n"
            "    return matrix",
        ),
        (
            "np.bincount(truth * classes + answers, minlength=classes**2)",
            "np.array([sum(pair == (i, j) for pair in zip(truth, answers)) "
            "for i in range(classes) for j in range(classes)])",
        ),
    ],
    "results-exercise-amdahl": [
        ("1 - share + share", "share"),
        ("share / factor", "share * factor"),
    ],
    "results-exercise-rounds": [
        ("min(\n", "max(\n"),
        ("return name, wins[name]", "return name, len(wins)"),
        (' / one[name]["share"]', ""),
    ],
    "results-exercise-geometric": [
        ("np.exp(np.mean(np.log(np.divide(ours, theirs))))", "np.mean(np.divide(ours, theirs))"),
        ("np.divide(ours, theirs)", "np.divide(theirs, ours)"),
        (
            "np.exp(np.mean(np.log(np.divide(ours, theirs))))",
            "np.divide(np.sum(ours), np.sum(theirs))",
        ),
    ],
    "results-exercise-exponent": [
        ("np.log(sizes)", "np.asarray(sizes)"),
        ("1)[0]", "1)[1]"),
        (
            "np.polyfit(np.log(sizes), np.log(times), 1)[0]",
            "np.diff(np.log(times))[-1] / np.diff(np.log(sizes))[-1]",
        ),
    ],
    "results-exercise-bootstrap": [
        ("[0.025, 0.975]", "[0.25, 0.75]"),
        ("np.median(ratios[chosen], axis=1)", "ratios[chosen[:, 0]]"),
        (
            "ratios[chosen]",
            "np.asarray(ours)[chosen] / np.asarray(theirs)[rng.permutation(chosen.T).T]",
        ),
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
}
