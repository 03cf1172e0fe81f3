"""Which labels the result of an expression has, and where the expression asks for what does not exist.

The labels follow from those of the metrics by the rules of PromQL: what an aggregation leaves, what a match keeps.
"""

from collections.abc import Iterator

import promql_parser as promql

from scripts.monitoring.declared import Labels

_KEEP = {"topk", "bottomk", "limitk"}
_FILTERS = {"and", "or", "unless"}


class Unknown(Exception):
    """An expression uses a metric or a label that there is not; the message names it."""


def result_labels(expression: str, series: Labels) -> frozenset[str] | None:
    """Names of the labels a result may have, None for a scalar; raise Unknown, or ValueError for what is no PromQL."""
    return _labels(promql.parse(expression), series)


def metrics(expression: str) -> frozenset[str]:
    """Names of the series an expression selects."""
    return frozenset(selector.name or "" for selector in selectors(promql.parse(expression)))


def selectors(node: promql.Expr) -> Iterator[promql.VectorSelector]:
    """Every selector of series in an expression."""
    if isinstance(node, promql.VectorSelector):
        yield node
    elif isinstance(node, promql.MatrixSelector):
        yield node.vector_selector
    else:
        for child in children(node):
            yield from selectors(child)


def children(node: promql.Expr) -> list[promql.Expr]:
    """The expressions directly below one."""
    if isinstance(node, promql.BinaryExpr):
        return [node.lhs, node.rhs]
    if isinstance(node, promql.Call):
        return list(node.args)
    if isinstance(node, promql.AggregateExpr):
        return [node.expr] if node.param is None else [node.expr, node.param]
    if isinstance(node, promql.ParenExpr | promql.UnaryExpr | promql.SubqueryExpr):
        return [node.expr]
    return []


def _labels(node: promql.Expr, series: Labels) -> frozenset[str] | None:
    match node:
        case promql.VectorSelector():
            return _selected(node, series)
        case promql.MatrixSelector():
            return _selected(node.vector_selector, series)
        case promql.ParenExpr() | promql.UnaryExpr() | promql.SubqueryExpr():
            return _labels(node.expr, series)
        case promql.AggregateExpr():
            return _aggregated(node, series)
        case promql.BinaryExpr():
            return _matched(node, series)
        case promql.Call():
            return _called(node, series)
        case _:
            return None


def _selected(selector: promql.VectorSelector, series: Labels) -> frozenset[str]:
    labels = series.get(selector.name or "")
    if labels is None:
        raise Unknown(f"metric {selector.name} does not exist")
    for matcher in selector.matchers.matchers:
        if matcher.name not in labels:
            raise Unknown(f"metric {selector.name} has no label {matcher.name}")
    return labels


def _aggregated(node: promql.AggregateExpr, series: Labels) -> frozenset[str]:
    inner = _labels(node.expr, series) or frozenset()
    if node.param is not None:
        _labels(node.param, series)
    named = frozenset(node.modifier.labels) if node.modifier else frozenset()
    _demand(named, inner, f"{node.op} of an expression")
    if str(node.op) in _KEEP:
        return inner
    if node.modifier is not None and node.modifier.type == promql.AggModifierType.Without:
        return inner - named
    return named


def _matched(node: promql.BinaryExpr, series: Labels) -> frozenset[str] | None:
    left, right = _labels(node.lhs, series), _labels(node.rhs, series)
    if left is None or right is None:
        return right if left is None else left
    operator, modifier = str(node.op), node.modifier
    matching = modifier.matching if modifier else None
    if modifier is None or matching is None:
        if operator != "or" and left != right:
            raise Unknown(f"the sides of {operator} never match: only one has {_names(left ^ right)}")
        return left | right
    named = frozenset(matching.labels)
    if matching.type == promql.LabelModifierType.Include:
        _demand(named, left, f"left side of {operator}")
        _demand(named, right, f"right side of {operator}")
        kept = named
    else:
        kept = left - named
    if operator in _FILTERS:
        return left | right if operator == "or" else left
    if modifier.card == promql.VectorMatchCardinality.ManyToOne:
        return left | _group(modifier, right)
    if modifier.card == promql.VectorMatchCardinality.OneToMany:
        return right | _group(modifier, left)
    return kept


def _group(modifier: promql.BinModifier, one: frozenset[str]) -> frozenset[str]:
    copied = frozenset(modifier.group_labels or ())
    _demand(copied, one, "the side of one")
    return copied


def _called(node: promql.Call, series: Labels) -> frozenset[str] | None:
    name = node.func.name
    vectors = [labels for labels in (_labels(argument, series) for argument in node.args) if labels is not None]
    if name in {"scalar", "time", "pi"}:
        return None
    if name == "vector":
        return frozenset()
    inner = vectors[0] if vectors else frozenset()
    if name in {"label_replace", "label_join"}:
        return inner | {node.args[1].val}
    if name == "histogram_quantile":
        return inner - {"le"}
    if name in {"absent", "absent_over_time"}:
        return frozenset(matcher.name for selector in selectors(node) for matcher in selector.matchers.matchers)
    return inner


def _demand(wanted: frozenset[str], there: frozenset[str], where: str) -> None:
    if not wanted <= there:
        raise Unknown(f"{where} has no label {_names(wanted - there)}")


def _names(labels: frozenset[str]) -> str:
    return ", ".join(sorted(labels))
