"""Small XML documents, built element by element."""

from xml.etree import ElementTree


def element(tag: str, parent: ElementTree.Element | None = None, /, **attributes: str) -> ElementTree.Element:
    """A new element, inside its parent if there is one."""
    if parent is None:
        return ElementTree.Element(tag, attributes)
    return ElementTree.SubElement(parent, tag, attributes)


def text(parent: ElementTree.Element, tag: str, content: str, /, **attributes: str) -> None:
    """A new element that holds text."""
    element(tag, parent, **attributes).text = content
