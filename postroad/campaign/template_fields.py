"""Which fields a template names, and which of them must exist."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from jinja2 import nodes
from jinja2.meta import find_undeclared_variables

from postroad.campaign.template_language import FALLBACKS, OWNERS, UNSUBSCRIBE_URL

Reference = tuple[str, str]
"""Owner and field."""


@dataclass(frozen=True, slots=True)
class UnknownField:
    """A field that the text names and the audience does not have."""

    part: str
    line: int
    field: str

    def __str__(self) -> str:
        return f"{self.part}, line {self.line}: unknown field {self.field}"


def unknown_in(
    part: str, tree: nodes.Template, known: Mapping[str, frozenset[str]]
) -> Iterator[UnknownField]:
    """Yield every field that the tree needs and its owner does not have, and every other name.

    A field with a default need not exist, nor one that stands where `is defined` was tested.
    """
    for line, owner, field in _needed(tree, frozenset()):
        if field not in known[owner]:
            yield UnknownField(part, line, f"{owner}.{field}")
    undeclared = find_undeclared_variables(tree) - OWNERS - {UNSUBSCRIBE_URL}
    for name in tree.find_all(nodes.Name):
        if name.name in undeclared and name.ctx == "load":
            yield UnknownField(part, name.lineno, name.name)


def names_unsubscribe_url(tree: nodes.Template) -> bool:
    """Whether the tree names the page on which its reader unsubscribes."""
    return UNSUBSCRIBE_URL in find_undeclared_variables(tree)


def field_put_out(expression: nodes.Expr) -> str | None:
    """Return the person's field from which filters and methods make what is written out.

    None where a default is among them, or where the expression is anything else.
    """
    if isinstance(expression, nodes.TemplateData):
        return None
    reference = reference_of(innermost(expression, until=FALLBACKS))
    return reference[1] if reference is not None and reference[0] == "person" else None


def reference_of(node: nodes.Node | None) -> Reference | None:
    """Return what `owner.field` or `owner['field']` names, and None for anything else."""
    if not isinstance(node, (nodes.Getattr, nodes.Getitem)) or not isinstance(
        node.node, nodes.Name
    ):
        return None
    if isinstance(node, nodes.Getattr):
        return node.node.name, node.attr
    return (node.node.name, node.arg.value) if isinstance(node.arg, nodes.Const) else None


def _needed(node: nodes.Node, tested: frozenset[Reference]) -> Iterator[tuple[int, str, str]]:
    reference = reference_of(node)
    if reference is not None and reference[0] in OWNERS:
        if reference not in tested:
            yield node.lineno, *reference
        return
    spared: nodes.Node | None = None
    if isinstance(node, nodes.Test) and node.name in ("defined", "undefined"):
        spared = node.node
    elif isinstance(node, nodes.Filter) and node.name in FALLBACKS:
        spared = innermost(node)
    if spared is not None and (reference := reference_of(spared)) is not None:
        tested |= {reference}
    for child in node.iter_child_nodes():
        yield from _needed(child, tested | _tested_for(node, child))


def _tested_for(node: nodes.Node, child: nodes.Node) -> frozenset[Reference]:
    """Return the fields that are known to be defined where a child is evaluated."""
    if isinstance(node, nodes.If):
        return _defined(node.test) if any(child is one for one in node.body) else frozenset()
    if isinstance(node, nodes.CondExpr):
        return _defined(node.test) if child is node.expr1 else frozenset()
    if isinstance(node, nodes.And):
        return _defined(node.left) if child is node.right else frozenset()
    return frozenset()


def _defined(test: nodes.Node) -> frozenset[Reference]:
    """Return the fields that are defined where a condition holds."""
    if isinstance(test, nodes.And):
        return _defined(test.left) | _defined(test.right)
    if isinstance(test, nodes.Test) and test.name == "defined":
        reference = reference_of(test.node)
        return frozenset() if reference is None else frozenset({reference})
    return frozenset()


def innermost(expression: nodes.Node, until: frozenset[str] = frozenset()) -> nodes.Node:
    """Return what a chain of filters and methods starts from, or the first of some filters."""
    while True:
        match expression:
            case nodes.Filter(node=nodes.Node() as inner, name=name) if name not in until:
                expression = inner
            case nodes.Call(node=inner):
                expression = inner
            case nodes.Getattr(node=inner) | nodes.Getitem(node=inner) if not isinstance(
                inner, nodes.Name
            ):
                expression = inner
            case _:
                return expression
