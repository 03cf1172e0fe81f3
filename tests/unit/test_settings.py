"""What flags, environment and file become."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from xml.etree import ElementTree

import attrs
import pytest

from exporter.configuration.build import build_settings
from exporter.configuration.flags import parse_flags
from exporter.configuration.reference import EXAMPLE, HOSTS_EXAMPLE
from exporter.settings import Settings
from tests.unit.collector_infos import INFOS


def settings_of(*flags: str, environment: Mapping[str, str] | None = None) -> Settings:
    return build_settings(parse_flags(flags, INFOS).values, environment or {}, INFOS)


@pytest.fixture
def config(tmp_path: Path) -> Path:
    return tmp_path / "exporter.yml"


def test_nothing_given_watches_the_system_libvirt() -> None:
    settings = settings_of()
    (host,) = settings.hosts
    assert (host.name, host.uri, settings.multi, settings.demo) == ("local", "qemu:///system", False, False)
    assert host.collectors == {
        "connection": 15.0, "exporter": 15.0, "domain_block": 15.0, "domain_info": 300.0, "event": 60.0,
    }  # fmt: skip
    assert (host.deadline, host.workers, host.max_set_aside, host.shard_size) == (15.0, 4, 8, None)
    assert settings.web.listen_addresses == (":9177",)
    assert settings.log.format is None


def test_settings_are_frozen() -> None:
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        settings_of().demo = True  # type: ignore[misc]


def test_flag_wins_over_environment_over_file_over_default(config: Path) -> None:
    config.write_text("libvirt: {workers: 1, max-set-aside: 1, shard-size: 1}\n")
    environment = {"LIBVIRT_EXPORTER_LIBVIRT_WORKERS": "2", "LIBVIRT_EXPORTER_LIBVIRT_MAX_SET_ASIDE": "2"}
    (host,) = settings_of(f"--config.file={config}", "--libvirt.workers=3", environment=environment).hosts
    assert (host.workers, host.max_set_aside, host.shard_size) == (3, 2, 1)
    assert host.series_limit == 1_000_000


def test_environment_names_the_file_and_lists_by_comma(config: Path) -> None:
    config.write_text("log: {level: debug}\n")
    settings = settings_of(
        environment={
            "LIBVIRT_EXPORTER_CONFIG_FILE": str(config),
            "LIBVIRT_EXPORTER_WEB_LISTEN_ADDRESS": ":9177, [::1]:9178,unix:/run/x.sock",
            "LIBVIRT_EXPORTER_COLLECTOR_EVENT": "no",
            "LIBVIRT_EXPORTER_COLLECTOR_DOMAIN_INFO_INTERVAL": "1m30s",
            "LIBVIRT_EXPORTER_DOMAIN_INCLUDE": "a{1,2}",
        }
    )
    (host,) = settings.hosts
    assert settings.web.listen_addresses == (":9177", "[::1]:9178", "unix:/run/x.sock")
    assert settings.log.level == "debug"
    assert "event" not in host.collectors
    assert host.collectors["domain_info"] == 90.0
    assert host.filters.domain.allows("aa")


def test_empty_and_injected_variables_are_not_ours() -> None:
    environment = {
        "LIBVIRT_EXPORTER_LOG_LEVEL": "",
        "LIBVIRT_EXPORTER_SERVICE_HOST": "10.0.0.1",
        "LIBVIRT_EXPORTER_PORT_9177_TCP": "tcp://10.0.0.1:9177",
    }
    assert settings_of(environment=environment).log.level == "info"


def test_repeated_flag_makes_a_list() -> None:
    settings = settings_of("--web.listen-address=:1", "--web.listen-address=:2")
    assert settings.web.listen_addresses == (":1", ":2")


def test_paths_in_a_file_are_relative_to_it_and_on_the_command_line_not(config: Path) -> None:
    config.write_text("web: {config: {file: web.yml}}\n")
    assert settings_of(f"--config.file={config}").web.config_file == config.parent / "web.yml"
    assert settings_of("--web.config.file=web.yml").web.config_file == Path("web.yml")


def test_a_collector_in_the_file_is_a_section_or_just_a_switch(config: Path) -> None:
    config.write_text("collector: {event: false, storage_volume: {enabled: true, limit: 7, interval: 10m}}\n")
    (host,) = settings_of(f"--config.file={config}").hosts
    assert "event" not in host.collectors
    assert (host.collectors["storage_volume"], host.volume_limit) == (600.0, 7)


def test_disable_defaults_leaves_what_is_named_and_what_cannot_go() -> None:
    (host,) = settings_of("--collector.disable-defaults", "--collector.storage_volume").hosts
    assert list(host.collectors) == ["connection", "exporter", "storage_volume"]


def test_the_deadline_is_the_shortest_interval_until_it_is_given() -> None:
    assert settings_of("--collector.event.interval=5s").hosts[0].deadline == 5.0
    assert settings_of("--libvirt.deadline=40s").hosts[0].deadline == 40.0


@pytest.mark.parametrize(
    ("text", "interval", "seconds"), [("3x", 15, 45), ("2.5x", 10, 25), ("5m", 15, 300), ("1m", 300, 600)]
)
def test_stale_after_counts_intervals_or_time_but_two_intervals_at_least(
    text: str, interval: float, seconds: float
) -> None:
    assert settings_of(f"--stale.after={text}").hosts[0].stale_after.seconds(interval) == seconds


def test_filters_match_the_whole_name_and_exclude_wins() -> None:
    (host,) = settings_of("--domain.include=web-.*", "--domain.exclude=.*-old").hosts
    allowed = [name for name in ("web-1", "web-1-old", "my-web-1") if host.filters.domain.allows(name)]
    assert allowed == ["web-1"]
    assert host.filters.disk.allows("vda")


def test_route_prefix_follows_the_external_url_until_it_is_given() -> None:
    external = "--web.external-url=https://monitor.example.org/libvirt/"
    assert settings_of(external).web.route_prefix == "/libvirt"
    assert settings_of(external, "--web.route-prefix=/").web.route_prefix == ""


def test_remote_uri_goes_through_untouched_and_names_the_host() -> None:
    uri = "qemu+ssh://root@kvm-7:2222/system?keyfile=/k&no_tty=1"
    (host,) = settings_of(f"--libvirt.uri={uri}").hosts
    assert (host.uri, host.name) == (uri, "kvm-7")


def test_a_driver_that_libvirt_may_add_goes_through() -> None:
    assert settings_of("--libvirt.uri=quantum+warp:///x").hosts[0].uri == "quantum+warp:///x"


def test_demo_takes_the_place_of_weaker_sources(config: Path) -> None:
    config.write_text("hosts: [{name: a, uri: 'qemu:///system'}]\n")
    settings = settings_of("--demo", f"--config.file={config}")
    assert settings.demo
    assert not settings.multi
    assert [(host.name, host.uri) for host in settings.hosts] == [("demo", "test:///default")]


def test_a_stronger_uri_takes_the_place_of_the_demo() -> None:
    settings = settings_of("--libvirt.uri=qemu:///session", environment={"LIBVIRT_EXPORTER_DEMO": "true"})
    assert (settings.demo, settings.hosts[0].uri) == (False, "qemu:///session")


def test_hosts_take_what_they_do_not_say_from_the_rest_of_the_file(config: Path) -> None:
    config.write_text(HOSTS_EXAMPLE)
    (config.parent / "kvm-2.password").write_text("hunter2\nnot this line\n")
    settings = settings_of(f"--config.file={config}", "--libvirt.workers=2")
    first, second = settings.hosts
    assert settings.multi
    assert (first.name, first.labels, second.labels) == ("kvm-1", {"rack": "a1"}, {})
    assert first.collectors["domain_block"] == second.collectors["domain_block"] == 30.0
    assert "event" in first.collectors
    assert "event" not in second.collectors
    assert (second.username, second.password_file) == ("monitor", config.parent / "kvm-2.password")
    assert (first.password(), second.password()) == ("", "hunter2")
    assert second.filters.domain.allows("web-1")
    assert not second.filters.domain.allows("db-1")
    assert (first.workers, second.workers) == (2, 2)


def test_one_host_entry_is_still_many_hosts(config: Path) -> None:
    config.write_text("hosts: [{name: a, uri: 'test:///default'}]\n")
    assert settings_of(f"--config.file={config}").multi


def test_the_documented_example_is_valid(config: Path) -> None:
    config.write_text(EXAMPLE)
    (host,) = settings_of(f"--config.file={config}").hosts
    domain = ElementTree.fromstring(
        '<domain><metadata><s:owner xmlns:s="https://shop.example.org/1.0" team="blue"/>'
        '<nova:instance xmlns:nova="http://openstack.org/xmlns/libvirt/nova/1.1"><nova:owner>'
        "<nova:project>production</nova:project></nova:owner></nova:instance></metadata></domain>"
    )
    assert host.metadata.labels["team"].text(domain) == "blue"
    assert host.metadata.allows(domain)
    assert not host.metadata.allows(ElementTree.Element("domain"))


def test_an_empty_file_is_a_file_without_wishes(config: Path) -> None:
    config.write_text("# nothing yet\n")
    assert settings_of(f"--config.file={config}").hosts[0].uri == "qemu:///system"
