"""What orders and filters the rows of a table, as HTML that works without a script: links in its heads, and a form."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from markupsafe import Markup

from exporter.overview.choice import Choice

_HEAD = Markup(
    '<th role="columnheader" scope="col" class="{name}" aria-sort="{order}"{hint}>'
    '<a id="sort-{name}" href="{link}" data-quick>{title}</a></th>'
)
_HINT = Markup(' title="{}"')
_OPTION = Markup('<option value="{value}"{selected}>{text}</option>')
_FORM = Markup("""<form id="choice" method="get" action="" role="search" data-usual="{usual}">
{host}<label>Find <input type="search" name="q" value="{search}" placeholder="{parts}" autocomplete="off"
 maxlength="200"></label>
<label>State <select name="state">{states}</select></label>
<label>Sort by <select name="sort">{sorts}</select></label>
<button>Show</button>
</form>""")


@dataclass(frozen=True)
class Column:
    """A column to sort by: its title, what it says in more words, and which order a reader means at first."""

    title: str
    hint: str = ""
    largest_first: bool = True

    def order(self, name: str) -> str:
        """The first order: names begin with a, figures with the largest."""
        return f"-{name}" if self.largest_first else name


def heads(columns: Mapping[str, Column], host: str | None, choice: Choice) -> Markup:
    """The heads of a table; a second click turns the order."""
    return Markup("").join(_head(name, column, host, choice) for name, column in columns.items())


def choice_form(
    columns: Mapping[str, Column], host: str | None, choice: Choice, states: Iterable[str], parts: str
) -> Markup:
    """What to show, and in which order; `parts` is what can be searched for."""
    hidden = Markup('<input type="hidden" name="host" value="{}">\n').format(host) if host else ""
    sorts = {column.order(name): column.title.lower() for name, column in columns.items()}
    sorts.setdefault(choice.sort, f"{columns[choice.column].title.lower()}, turned")
    offered = sorted({*states, choice.state} - {""})
    return _FORM.format(
        usual=choice.usual,
        host=hidden,
        search=choice.search,
        parts=parts,
        states=_options({"": "any"} | {state: state for state in offered}, choice.state),
        sorts=_options(sorts, choice.sort),
    )


def _head(name: str, column: Column, host: str | None, choice: Choice) -> Markup:
    order, wanted = "none", column.order(name)
    if choice.column == name:
        order = "descending" if choice.turned else "ascending"
        wanted = name if choice.turned else f"-{name}"
    return _HEAD.format(
        name=name,
        order=order,
        hint=_HINT.format(column.hint) if column.hint else "",
        link=choice.sorted_by(wanted).link(host),
        title=column.title,
    )


def _options(options: Mapping[str, str], chosen: str) -> Markup:
    return Markup("").join(
        _OPTION.format(value=value, text=text, selected=Markup(" selected") if value == chosen else "")
        for value, text in options.items()
    )
