"""Mistakes that a reader may well make: for each exercise, changes to its solution's code.

Each is a pair: a piece of the solution, and what the mistaken reader wrote instead. Where an
exercise asks to find by hand what the library knows, an answer that asks the library is one.
"""

import wrong_answers_while_building

WRONG = wrong_answers_while_building.WRONG | {
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
}
