"""Which mutants there are: cosmic-ray's operators, one of our own, and of each file a sample.

What no test of behaviour can or should see is left alone: strings (so messages and docstrings too),
annotations, and the arguments on which a primitive is to be tested (`examples`, and what draws them
for several primitives).
"""

import ast
import random
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import parso
from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.operators.operator import Operator
from cosmic_ray.plugins import get_operator, operator_names

ROOT = Path(__file__).resolve().parent.parent.parent
SEED = 3
AT_MOST = 40
FILES = [
    "autodiff/graph.py",
    *(
        path.relative_to(ROOT).as_posix()
        for folder in ("structures", "transforms", "primitives")
        for path in sorted((ROOT / "autodiff" / folder).glob("*.py"))
    ),
    "autodiff/ordering.py",
    "autodiff/recording.py",
    "autodiff/evaluation.py",
]

# A sign is replaced by one that its operands may have too. Otherwise any test would notice the
# TypeError, or, with `is` for `==`, none could.
KIN = [
    {"Add", "Sub", "Mul", "Div", "FloorDiv", "Mod", "Pow"},
    {"BitOr", "BitAnd"},
    {"Eq", "NotEq", "Lt", "LtE", "Gt", "GtE"},
    {"Is", "IsNot"},
    {"UAdd", "USub"},
    {"Delete", "USub", "Invert", "Not"},
]
BLOCKS = {"if_stmt", "while_stmt", "for_stmt", "with_stmt", "try_stmt", "assert_stmt"}
SKIPPED_LEAVES = {"newline", "string", "endmarker", "name"}
# What cannot be missing, or does nothing: an assertion is there for the type checker.
STAYS = {"string", "strings", "import_name", "import_from", "nonlocal_stmt", "assert_stmt"}
PUNCTUATION = set("()[]{},.:;=@") | {"->", ":="}


@dataclass(frozen=True)
class Mutant:
    """One change of one place.

    `lines` are the first and the last one of the statement that it is part of, `block` those of the
    function or class.
    """

    file: str
    operator: str
    occurrence: int
    scope: str
    line: int
    lines: tuple[int, int]
    block: tuple[int, int]
    before: str
    after: str


def unchanged(file):
    """No change at all, put in place like one: a test that fails now would fail for any mutant."""
    text = (ROOT / file).read_text(encoding="utf-8")
    lines = 1, text.count("\n")
    return Mutant(file, "unchanged", 0, "", 1, lines, lines, "", ""), text


def is_declaration(node):
    """Whether it is ``name: type``, without a value."""
    annotations = [child for child in getattr(node, "children", ()) if child.type == "annassign"]
    return any(len(annotation.children) == 2 for annotation in annotations)


class DeleteStatement(Operator):
    """Put `pass` in the place of a statement. What stands at the top of a module stays.

    To delete that would only make the import fail, which any test notices.
    """

    def mutation_positions(self, node):
        is_statement = node.type == "simple_stmt" and node.parent.type == "suite"
        if is_statement and node.children[0].type not in STAYS:
            if is_declaration(node.children[0]):
                return
            yield node.start_pos, node.end_pos

    def mutate(self, node, index):
        first = node.get_first_leaf()
        word = parso.python.tree.Keyword("pass", first.start_pos, first.prefix)
        node.children = [word, node.children[-1]]
        return node

    @classmethod
    def examples(cls):
        return ()


def all_operators():
    """Name to operator."""
    found = {"own/DeleteStatement": DeleteStatement()}
    for name in operator_names():
        _, _, change = name.partition("_")
        old, _, new = change.partition("_")
        if change and not any(old in kin and new in kin for kin in KIN):
            continue
        if "Variable" not in name:  # two operators that want to be told the variable
            found[name] = get_operator(name)()
    return found


def family(operator):
    """What the operators that act on the same kind of place have in common."""
    return operator.partition("_")[0]


def draws_examples(function):
    """Whether it is a method `examples`, or a private function of a generator for such methods."""
    name, parameters = function.name.value, [one.name.value for one in function.get_params()]
    return name == "examples" or (name.startswith("_") and parameters[:1] == ["rng"])


def is_left_alone(node):
    """Whether `node` is part of a string, an annotation, or what draws examples."""
    child, parent = node, node.parent
    while parent is not None:
        if parent.type.startswith("fstring"):
            return True
        if parent.type == "annassign" and child is parent.children[1]:
            return True
        if parent.type == "tfpdef" and child is not parent.children[0]:
            return True
        if parent.type == "funcdef" and (child is parent.annotation or draws_examples(parent)):
            return True
        child, parent = parent, parent.parent
    return False


def statement(node, start, end):
    """The first and the last line of the statement, or the head of a block, that holds `node`."""
    if node.type in BLOCKS:
        return start[0], end[0]
    while node.parent is not None:
        if node.type == "simple_stmt":
            return node.start_pos[0], node.get_last_leaf().start_pos[0]
        if node.parent.type in BLOCKS | {"funcdef", "classdef", "decorated"}:
            break
        node = node.parent
    return node.start_pos[0], node.end_pos[0]


def block(node):
    """The first and the last line of the innermost function or class around `node`, or the file."""
    while node.parent is not None and node.type not in ("funcdef", "classdef", "decorated"):
        node = node.parent
    return node.start_pos[0], node.end_pos[0]


def scope(node):
    """The qualified name of the function or class that holds `node`."""
    names = []
    while node.parent is not None:
        node = node.parent
        if node.type in ("funcdef", "classdef"):
            names.append(node.name.value)
    return ".".join(reversed(names))


def places(tree, operators):
    """Place -> what may change it: (operator, occurrence, node, index, start, end).

    An occurrence counts the positions of one operator in a file, as cosmic-ray does.
    """
    nodes = [
        node
        for node in ast_nodes(tree)
        if node.type not in SKIPPED_LEAVES
        and not (node.type == "operator" and node.value in PUNCTUATION)
    ]
    found = defaultdict(list)
    for name, operator in operators.items():
        occurrence = 0
        for node in nodes:
            for index, (start, end) in enumerate(operator.mutation_positions(node)):
                if not is_left_alone(node):
                    found[family(name), start].append((name, occurrence, node, index, start, end))
                occurrence += 1
    return dict(sorted(found.items()))


def mutated(tree, operator, node, index):
    """The source with one node changed; the tree is as before afterwards."""
    parent, siblings = node.parent, node.parent.children
    children = getattr(node, "children", [])
    values = [(leaf, leaf.value) for leaf in ast_nodes(node) if hasattr(leaf, "value")]
    if children:
        node.children = list(children)
    new = operator.mutate(node, index)
    replaced = [new if sibling is node else sibling for sibling in siblings]
    parent.children = [sibling for sibling in replaced if sibling is not None]
    text = tree.get_code()
    parent.children = siblings
    if children:
        node.children = children
    for leaf, value in values:
        leaf.value = value
    return text


def changed_lines(old, new):
    """(number of the first changed line, these lines before, after)."""
    old, new = old.splitlines(), new.splitlines()
    start = 0
    while start < min(len(old), len(new)) and old[start] == new[start]:
        start += 1
    stop = 0
    while stop < min(len(old), len(new)) - start and old[-1 - stop] == new[-1 - stop]:
        stop += 1

    def text(lines):
        return " ".join(line.strip() for line in lines[start : len(lines) - stop])

    return start + 1, text(old), text(new)


def means_the_same(old, new):
    """Whether two sources are the same program, or the new one is none at all."""
    try:
        return ast.dump(ast.parse(old)) == ast.dump(ast.parse(new))
    except SyntaxError:
        return True


def sample(file, operators, seed=SEED, at_most=AT_MOST):
    """Of every place one change, in a random order; then a second one, until there are enough.

    Returns
    -------
    list of (Mutant, str)
        Each with the source of the whole file.
    int
        How many there could have been.
    """
    source = (ROOT / file).read_text(encoding="utf-8")
    tree = get_ast(source)
    rng = random.Random(f"{seed} {file}")
    groups = list(places(tree, operators).values())
    rng.shuffle(groups)
    for group in groups:
        rng.shuffle(group)
    longest = max(map(len, groups), default=0)
    turns = [group[turn] for turn in range(longest) for group in groups if turn < len(group)]
    chosen = []
    for name, occurrence, node, index, start, end in turns:
        if len(chosen) == at_most:
            break
        text = mutated(tree, operators[name], node, index)
        if means_the_same(source, text):
            continue
        line, before, after = changed_lines(source, text)
        lines = statement(node, start, end)
        mutant = Mutant(
            file, name, occurrence, scope(node), line, lines, block(node), before, after
        )
        chosen.append((mutant, text))
    assert tree.get_code() == source, f"{file} is not as it was"
    return chosen, len(turns) if len(chosen) == at_most else len(chosen)
