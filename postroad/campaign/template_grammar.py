"""What a template may hold: fields, filters, conditions and loops, and nothing else of Jinja."""

from collections.abc import Iterator
from itertools import chain

from jinja2 import TemplateSyntaxError, nodes

from postroad.campaign.template_language import (
    FILTERS,
    METHODS,
    OWNERS,
    TESTS,
    Language,
    TextError,
)

_EXAMPLES = {"person": "person.email", "sender": "sender.name", "loop": "loop.index"}
"""Names with a meaning of their own; each is used with a field."""

_ALLOWED = (
    nodes.Template, nodes.Output, nodes.TemplateData, nodes.If, nodes.For, nodes.Assign,
    nodes.Name, nodes.Const, nodes.List, nodes.Tuple, nodes.Getattr, nodes.Getitem, nodes.Slice,
    nodes.Filter, nodes.Test, nodes.Call, nodes.Compare, nodes.Operand, nodes.CondExpr,
    nodes.And, nodes.Or, nodes.Not, nodes.Concat, nodes.Add, nodes.Sub, nodes.Div,
    nodes.FloorDiv, nodes.Neg, nodes.Pos,
)  # fmt: skip


def read_template(part: str, source: str, language: Language) -> nodes.Template:
    """Parse a part of a step's text, and see that it holds nothing that a mail does not need.

    Raises:
        TextError: it is no valid template, or holds something else.
    """
    try:
        tree = language.parse(source)
        faults = list(chain(_faults(tree, in_loop=False), _faults_of_variables(tree)))
    except TemplateSyntaxError as error:
        raise TextError(f"{part}, line {error.lineno}: {error.message}") from error
    except (RecursionError, ValueError) as error:
        raise TextError(f"{part} cannot be read as a template: {error}") from error
    for line, fault in faults:
        raise TextError(f"{part}, line {line}: {fault}")
    return tree


def _faults(node: nodes.Node, *, in_loop: bool) -> Iterator[tuple[int, str]]:
    """Yield line and sentence of what has no place in a mail."""
    if not isinstance(node, _ALLOWED):
        yield node.lineno, f"{_say(node)} has no place in a mail"
    if isinstance(node, nodes.Filter) and node.name not in FILTERS:
        yield (
            node.lineno,
            f"there is no filter {node.name}; use one of {', '.join(sorted(FILTERS))}",
        )
    if isinstance(node, nodes.Test) and node.name not in TESTS:
        known = ", ".join(sorted(TESTS))
        yield node.lineno, f"there is no test {node.name}; use one of {known}"
    if isinstance(node, nodes.Name) and node.ctx != "load" and node.name in _EXAMPLES:
        yield node.lineno, f"{node.name} cannot be set"
    if isinstance(node, nodes.For):
        if in_loop or node.recursive:
            yield node.lineno, "a loop cannot stand in a loop"
        in_loop = True
    if isinstance(node, nodes.Call):
        yield from _faults_of_call(node)
    elif isinstance(node, (nodes.Getattr, nodes.Getitem)):
        yield from _faults_of_access(node)
    for child in node.iter_child_nodes():
        if isinstance(child, nodes.Name) and child.name in _EXAMPLES and not _reads(node, child):
            example = _EXAMPLES[child.name]
            yield child.lineno, f"{child.name} needs a field, for instance {example}"
        if not (isinstance(node, nodes.Call) and child is node.node):
            yield from _faults(child, in_loop=in_loop)


def _faults_of_call(call: nodes.Call) -> Iterator[tuple[int, str]]:
    method = call.node
    if not isinstance(method, nodes.Getattr) or method.attr not in METHODS:
        said = getattr(method, "attr", None) or getattr(method, "name", "this")
        yield call.lineno, f"{said}() cannot be called; use a filter"
    for child in method.iter_child_nodes():
        yield from _faults(child, in_loop=False)


def _faults_of_access(access: nodes.Getattr | nodes.Getitem) -> Iterator[tuple[int, str]]:
    owner = access.node.name if isinstance(access.node, nodes.Name) else None
    if isinstance(access, nodes.Getattr) and owner is None:
        yield access.lineno, f"a value has no .{access.attr}"
    if isinstance(access, nodes.Getitem) and owner in OWNERS and not _is_text(access.arg):
        yield access.lineno, f"write the field of {owner}[…] in quotes"


def _faults_of_variables(tree: nodes.Template) -> Iterator[tuple[int, str]]:
    """Yield where a variable that the template sets is asked for a field."""
    variables = {name.name for name in tree.find_all(nodes.Name) if name.ctx == "store"}
    called = {id(call.node) for call in tree.find_all(nodes.Call)}
    for access in tree.find_all(nodes.Getattr):
        owner = access.node.name if isinstance(access.node, nodes.Name) else None
        if owner in variables and id(access) not in called:
            yield access.lineno, f"{owner} has no .{access.attr}"


def _reads(node: nodes.Node, name: nodes.Name) -> bool:
    return isinstance(node, (nodes.Getattr, nodes.Getitem)) and node.node is name


def _is_text(node: nodes.Node) -> bool:
    return isinstance(node, nodes.Const) and isinstance(node.value, str)


def _say(node: nodes.Node) -> str:
    operator = getattr(node, "operator", None)
    return f"the operator {operator}" if operator else type(node).__name__.lower()
