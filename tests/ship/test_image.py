"""The image's own steps, each carried out in a fresh root, make an agent that serves the demo host."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lab.process import Process, fetch, free_port

from .dockerfile import Image, Stage

pytestmark = [pytest.mark.ship, pytest.mark.timeout(1800)]


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """The last stage of the Dockerfile."""
    made = Image(tmp_path_factory.mktemp("image"))
    yield made.stage
    made.close()


def run(image: Stage, *flags: str) -> str:
    """What the entry point says to flags."""
    argv = [*image.entrypoint, *flags]
    return image.root.run(*argv, user=image.user, environment=image.environment, read_only=True)


def test_the_image_serves_the_demo_host(image: Stage, tmp_path: Path) -> None:
    """As its own user, with a read-only root, /metrics answers and the health check agrees."""
    address = f"127.0.0.1:{free_port()}"
    environment = {**image.environment, "LIBVIRT_EXPORTER_WEB_LISTEN_ADDRESS": address}
    agent: Process = image.root.start(
        tmp_path / "log", *image.entrypoint, "--demo", user=image.user, environment=environment, read_only=True
    )
    try:
        agent.wait_for_page(f"http://{address}/-/ready")
        status, page = fetch(f"http://{address}/metrics")
        assert status == 200
        assert "libvirt_up 1" in page
        image.root.run(*image.healthcheck, user=image.user, environment=environment, within=20)
    finally:
        agent.stop()


def test_the_image_runs_as_a_user_of_no_other_group(image: Stage) -> None:
    """Neither root nor a member of the group that may write to libvirt."""
    who = image.root.run("id", user=image.user)
    assert "uid=9177(libvirt-exporter) gid=9177 groups=9177" in who.replace("(libvirt-exporter) groups", " groups")


def test_no_compiler_and_no_index_stay_in_the_image(image: Stage) -> None:
    """What only the build needed is left behind in its stage."""
    root = image.root.path
    left = [path for path in ("usr/bin/gcc", "usr/bin/pip", "opt/build", "src") if (root / path).exists()]
    assert not left
    assert not list((root / "var/lib/apt/lists").glob("*"))


def test_assets_come_with_the_image(image: Stage) -> None:
    """The image can write out its rules, dashboards and units."""
    assert "systemd/libvirt-exporter.service" in run(image, "--install-assets=/tmp/assets")


def test_every_label_that_an_image_should_have_is_there(image: Stage) -> None:
    """Title, description, source, licence, version and revision follow the OCI names."""
    wanted = {"title", "description", "url", "documentation", "source", "licenses", "version", "revision"}
    assert {name.removeprefix("org.opencontainers.image.") for name in image.labels} == wanted
