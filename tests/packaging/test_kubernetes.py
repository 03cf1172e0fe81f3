"""The Kubernetes manifests fit the schemas of the releases in use, and run an agent that may do little."""

from pathlib import Path
from typing import Any

import kubernetes_validate  # type: ignore[import-untyped]  # ships no types
import pytest
import yaml

MANIFESTS = Path(__file__).parents[2] / "packaging" / "kubernetes"


def documents(name: str) -> list[dict[str, Any]]:
    """The documents of one manifest."""
    return list(yaml.safe_load_all((MANIFESTS / name).read_text()))


@pytest.mark.parametrize("release", ["1.29", "1.37"])
def test_manifests_fit_the_schema(release: str) -> None:
    """Strictly: a key that the schema does not know is an error."""
    for document in documents("libvirt-exporter.yaml"):
        kubernetes_validate.validate(document, release, strict=True)


def test_the_pod_monitor_asks_the_port_of_the_pods() -> None:
    """Its schema belongs to the Prometheus operator and is not at hand: shape and references are checked instead."""
    (monitor,) = documents("podmonitor.yaml")
    _, daemons, _ = documents("libvirt-exporter.yaml")
    assert (monitor["apiVersion"], monitor["kind"]) == ("monitoring.coreos.com/v1", "PodMonitor")
    assert set(monitor["spec"]) == {"selector", "podMetricsEndpoints"}
    pod = daemons["spec"]["template"]
    assert monitor["spec"]["selector"]["matchLabels"].items() <= pod["metadata"]["labels"].items()
    ports = {port["name"] for container in pod["spec"]["containers"] for port in container["ports"]}
    known = {"port", "interval", "scrapeTimeout", "relabelings"}
    for endpoint in monitor["spec"]["podMetricsEndpoints"]:
        assert set(endpoint) <= known
        assert endpoint["port"] in ports


def test_the_directory_of_the_socket_is_mounted_and_cannot_be_written() -> None:
    """A mounted socket file would go stale when the daemon restarts."""
    _, daemons, _ = documents("libvirt-exporter.yaml")
    pod = daemons["spec"]["template"]["spec"]
    (volume,) = pod["volumes"]
    (mount,) = pod["containers"][0]["volumeMounts"]
    assert volume["hostPath"] == {"path": "/run/libvirt", "type": "Directory"}
    assert mount["readOnly"] is True


def test_the_agent_has_no_privileges() -> None:
    """Own user, no capability, no token, nothing to write to."""
    _, daemons, _ = documents("libvirt-exporter.yaml")
    pod = daemons["spec"]["template"]["spec"]
    context = pod["containers"][0]["securityContext"]
    assert pod["automountServiceAccountToken"] is False
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert context["capabilities"] == {"drop": ["ALL"]}
    assert context["readOnlyRootFilesystem"] is True
    assert context["allowPrivilegeEscalation"] is False
