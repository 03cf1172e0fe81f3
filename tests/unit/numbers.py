"""Pages compared in all but the spelling of numbers."""

import re

_SAMPLE = re.compile(r"(?P<series>[^ {]+(?:\{.*\})?) (?P<value>\S+)")


def spelled_alike(page: str) -> list[str]:
    """The lines of a page with every value spelled as Python spells that float."""
    lines = []
    for line in page.split("\n"):
        found = None if line.startswith("#") else _SAMPLE.fullmatch(line)
        lines.append(f"{found['series']} {float(found['value'])!r}" if found else line)
    return lines
