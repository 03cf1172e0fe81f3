"""Which of a guest's memory is on huge pages."""

from xml.etree.ElementTree import Element

from exporter.collectors.nodeset import members
from exporter.collectors.units import scaled


def hugepages(root: Element) -> dict[str, int]:
    """Bytes of memory by the size of its pages in bytes; a page size without cells of its own takes those left."""
    backing = root.find("memoryBacking/hugepages")
    if backing is None:
        return {}
    cells = {int(cell.get("id", "0")): _size(cell, cell.get("memory", "0")) for cell in root.findall("cpu/numa/cell")}
    memory = root.find("memory")
    whole = 0 if memory is None else _size(memory, memory.text or "0")
    held: dict[str, int] = {}
    rest = sum(cells.values()) or whole
    others = []
    for page in backing.findall("page"):
        size = str(_size(page, page.get("size", "0")))
        nodes = page.get("nodeset")
        if nodes is None or not cells:
            others.append(size)
            continue
        placed = sum(cells.get(cell, 0) for cell in members(nodes))
        held[size] = held.get(size, 0) + placed
        rest -= placed
    if others or not held:
        size = others[0] if others else "default"
        held[size] = held.get(size, 0) + rest
    return held


def _size(element: Element, number: str) -> int:
    return scaled(number, element.get("unit", "KiB"))
