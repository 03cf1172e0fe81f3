"""Names every relative link of the Markdown files that leads nowhere; exit code 1 if there is one."""

import re
import subprocess
import sys
from pathlib import Path

_LINK = re.compile(r"(?<!`)\[[^\]\n]*\]\(<?([^)>\s]+)>?(?:\s+\"[^\"]*\")?\)|^\[[^\]]+\]:\s*(\S+)", re.MULTILINE)
_FENCE = re.compile(r"^(```|~~~).*?^\1", re.MULTILINE | re.DOTALL)
_HEADING = re.compile(r"^#+\s+(.*?)\s*#*$", re.MULTILINE)


def anchors(text: str) -> set[str]:
    """The anchors that the headings of a Markdown text get."""
    slugs = (re.sub(r"[^\w\- ]", "", heading.lower()).strip() for heading in _HEADING.findall(text))
    explicit = re.findall(r"""(?:id|name)=["']([^"']+)["']|\{#([^}\s]+)""", text)
    return {slug.replace(" ", "-") for slug in slugs} | {name for pair in explicit for name in pair if name}


def dead_links(document: Path) -> list[str]:
    """One line for each relative link of `document` whose file or heading does not exist."""
    found = []
    for match in _LINK.finditer(_FENCE.sub("", document.read_text())):
        link = match.group(1) or match.group(2)
        if re.match(r"[a-z][a-z0-9+.-]*:", link):
            continue
        name, _, anchor = link.partition("#")
        target = document.parent / name if name else document
        if not target.exists():
            found.append(f"{document}: {link}: no such file")
        elif anchor and target.suffix == ".md" and anchor not in anchors(target.read_text()):
            found.append(f"{document}: {link}: no such heading")
    return found


def main() -> int:
    """Check the Markdown files that git knows or would add."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.md"]
    listed = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
    dead = [line for name in listed if Path(name).exists() for line in dead_links(Path(name))]
    sys.stdout.writelines(f"{line}\n" for line in dead)
    return 1 if dead else 0


if __name__ == "__main__":
    sys.exit(main())
