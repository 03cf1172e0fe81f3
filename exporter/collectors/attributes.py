"""Attributes of XML elements that need not be there."""

from xml.etree.ElementTree import Element


def attribute_of(element: Element, path: str, name: str) -> str:
    """An attribute of the first element at a path below this one; empty without either."""
    found = element.find(path)
    return "" if found is None else found.get(name, "")
