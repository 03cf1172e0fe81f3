"""Checks alerts and dashboards; exit code 1 and one line for each thing that is not there.

`python -m scripts.monitoring links` writes the links of rules to their runbooks anew instead.
"""

import sys
from collections.abc import Sequence

from scripts.monitoring.expressions import Unknown, result_labels
from scripts.monitoring.queries import of_dashboards, of_pages
from scripts.monitoring.rules import ALERTS, known_series, rules
from scripts.monitoring.runbooks import base_address, linked, problems


def check() -> list[str]:
    """What rules, dashboards and runbooks ask for and nobody gives, and links that lead nowhere."""
    found = rules()
    series, lacking = known_series(found)
    for query in (*of_dashboards(), *of_pages()):
        try:
            labels = result_labels(query.expression, series) or frozenset()
        except (Unknown, ValueError) as error:
            lacking.append(f"{query.where}: {error}")
        else:
            lacking += [f"{query.where}: it shows a missing label {name}" for name in sorted(query.shown - labels)]
    return lacking + problems(found)


def main(arguments: Sequence[str]) -> int:
    """Do what the arguments say and give the exit code."""
    if list(arguments) == ["links"]:
        base = base_address()
        for file in (*ALERTS.glob("*.rules.yml"), *ALERTS.glob("tests/*.yml")):
            file.write_text(linked(file.read_text(), base))
        return 0
    lacking = check()
    sys.stdout.writelines(f"{line}\n" for line in lacking)
    return 1 if lacking else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
