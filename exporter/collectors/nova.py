"""What OpenStack's Nova writes into the definition of the guests it makes."""

from dataclasses import dataclass
from xml.etree.ElementTree import Element

from exporter.collectors.attributes import attribute_of

_VERSIONS = ("{http://openstack.org/xmlns/libvirt/nova/1.1}", "{http://openstack.org/xmlns/libvirt/nova/1.0}")


@dataclass(frozen=True)
class Instance:
    """The element `instance`, whose children are in its namespace too."""

    element: Element
    namespace: str

    @staticmethod
    def of(root: Element) -> "Instance | None":
        """The newest version of it, None for guests that Nova did not make."""
        for namespace in _VERSIONS:
            element = root.find(f"metadata/{namespace}instance")
            if element is not None:
                return Instance(element, namespace)
        return None

    def text(self, path: str) -> str:
        """The text of an element, empty without it."""
        return (self.element.findtext(self._path(path)) or "").strip()

    def attribute(self, path: str, name: str) -> str:
        """An attribute of an element, empty without it."""
        return attribute_of(self.element, self._path(path), name)

    def each(self, path: str) -> list[Element]:
        """All elements of that path."""
        return self.element.findall(self._path(path))

    def has(self, path: str) -> bool:
        """Whether there is such an element."""
        return self.element.find(self._path(path)) is not None

    def _path(self, path: str) -> str:
        return "/".join(self.namespace + step for step in path.split("/"))
