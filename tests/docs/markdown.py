"""What the pages of the documentation hold for machines: their code blocks, commands and headings."""

import re
from pathlib import Path

CHECKOUT = Path(__file__).parents[2]
DOCS = CHECKOUT / "docs"

_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_COMMAND = re.compile(r"^\$ ((?:.*\\\n)*.*)", re.MULTILINE)


def blocks(text: str, language: str) -> list[str]:
    """The fenced blocks of one language, in order."""
    return [body.strip() for name, body in _BLOCK.findall(text) if name == language]


def commands(text: str) -> list[str]:
    """What stands behind the prompts of the console blocks, with the lines that go on."""
    return [command for block in blocks(text, "console") for command in _COMMAND.findall(block)]


def section(text: str, heading: str) -> str:
    """What stands below a heading of the second level, up to the next."""
    outside = _BLOCK.sub(lambda block: re.sub(r"^#", " ", block.group(), flags=re.MULTILINE), text)
    start = outside.index(f"\n## {heading}\n")
    end = outside.find("\n## ", start + 1)
    return text[start : end if end > 0 else None]
