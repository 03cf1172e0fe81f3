"""Values out of a guest's XML that the configuration asks for, by XPath."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING
from xml.etree import ElementTree

from attrs import field, frozen

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

# Prefixes that need no declaration, because most clouds write them.
NAMESPACES: Mapping[str, str] = {
    "nova": "http://openstack.org/xmlns/libvirt/nova/1.1",
    "ovirt-vm": "http://ovirt.org/vm/1.0",
    "kubevirt": "http://kubevirt.io",
    "libosinfo": "http://libosinfo.org/xmlns/libvirt/domain/1.0",
}

XPATH = "an XPath below the domain element, such as metadata/nova:instance/nova:flavor/@name"


@frozen
class XPath:
    """One value of a guest's XML: the text of the first element found, or an attribute of it."""

    elements: str
    attribute: str | None
    namespaces: Mapping[str, str]

    @classmethod
    def parse(cls, text: object, namespaces: Mapping[str, str]) -> XPath:
        """Reads an XPath relative to the domain element; ValueError says what is allowed."""
        if not isinstance(text, str) or not text.strip():
            raise ValueError(XPATH)
        path = text.strip().removesuffix("/text()").removeprefix("/domain/").removeprefix("./")
        if path.startswith("domain/"):
            raise ValueError(f"{XPATH} (begin with /domain/, or with what stands below it)")
        path = f".{path}" if path.startswith("//") else f"./{path}"
        with_attribute = re.fullmatch(r"(.+)/@([^/\]]+)", path)
        elements, attribute = with_attribute.groups() if with_attribute else (path, "")
        if elements.endswith("/"):
            raise ValueError(XPATH)
        try:
            # iterfind compiles the whole path before it looks at anything.
            found = ElementTree.Element("domain").iterfind(elements, dict(namespaces))
        except (SyntaxError, KeyError, TypeError) as error:
            raise ValueError(f"{XPATH} ({_reason(error)})") from error
        if found is None:
            raise ValueError(XPATH)
        return cls(elements, _expand(attribute, namespaces) if attribute else None, namespaces)

    def text(self, domain: Element) -> str | None:
        """The value in this guest's XML, None when it has none."""
        element = domain.find(self.elements, dict(self.namespaces))
        if element is None:
            return None
        value = element.get(self.attribute) if self.attribute else element.text
        return value.strip() if value is not None else None


def _expand(attribute: str, namespaces: Mapping[str, str]) -> str:
    prefix, colon, name = attribute.partition(":")
    if not colon:
        return attribute
    if prefix not in namespaces:
        raise ValueError(f"{XPATH} (prefix {prefix!r} is not in metadata.namespaces)")
    return f"{{{namespaces[prefix]}}}{name}"


def _reason(error: Exception) -> str:
    unknown = re.fullmatch(r"prefix ('.*') not found in prefix map", str(error))
    if unknown:
        return f"prefix {unknown[1]} is not in metadata.namespaces"
    return str(error) if isinstance(error, SyntaxError) else "not understood"


@frozen
class MetadataMatch:
    """A value of the guest's XML that must match a whole expression."""

    path: XPath
    pattern: re.Pattern[str]

    def matches(self, domain: Element) -> bool:
        """Whether this guest has the value and it matches."""
        value = self.path.text(domain)
        return value is not None and self.pattern.fullmatch(value) is not None


@frozen
class MetadataSettings:
    """Labels of `libvirt_domain_metadata_info`, and the choice of guests by their metadata."""

    namespaces: Mapping[str, str] = field(factory=lambda: dict(NAMESPACES))
    labels: Mapping[str, XPath] = field(factory=dict)
    include: tuple[MetadataMatch, ...] = ()
    exclude: tuple[MetadataMatch, ...] = ()

    @property
    def chooses(self) -> bool:
        """Whether any guest could be left out, so that its XML has to be asked."""
        return bool(self.include or self.exclude)

    def allows(self, domain: Element) -> bool:
        """Whether a guest with this XML is shown: every include matches, and no exclude."""
        if any(match.matches(domain) for match in self.exclude):
            return False
        return all(match.matches(domain) for match in self.include)
