"""What is written wrongly is named: which key, which value, what is allowed."""

from __future__ import annotations

from pathlib import Path

import pytest

from exporter.errors import ConfigError
from tests.unit.test_settings import settings_of

FLAGS = [
    ("--libvirt.uri=qemu", "--libvirt.uri", "qemu", "a libvirt URI such as qemu:///system"),
    ("--libvirt.uri=http://x/", "--libvirt.uri", "http://x/", "DRIVER"),
    ("--libvirt.uri=qmeu:///system", "--libvirt.uri", "qmeu:///system", "did you mean qemu?"),
    ("--libvirt.uri=qemu+shs://h/system", "--libvirt.uri", "qemu+shs://h/system", "did you mean ssh?"),
    ("--libvirt.uri=qemu:/system", "--libvirt.uri", "qemu:/system", "followed by //"),
    ("--libvirt.uri=qemu://system", "--libvirt.uri", "qemu://system", "three slashes"),
    ("--libvirt.uri=qemu+ssh://h:port/system", "--libvirt.uri", "qemu+ssh://h:port/system", "a libvirt URI"),
    ("--libvirt.uri=", "--libvirt.uri", "nothing", "a libvirt URI"),
    ("--libvirt.workers=0", "--libvirt.workers", "0", "a whole number from 1"),
    ("--libvirt.workers=many", "--libvirt.workers", "many", "a whole number from 1"),
    ("--libvirt.workers=" + "9" * 5000, "--libvirt.workers", "999", "a whole number from 1"),
    ("--collector.event.interval=0", "--collector.event.interval", "0", "a duration such as 15s"),
    ("--collector.event.interval=0s", "--collector.event.interval", "0s", "above 0"),
    ("--collector.event.interval=soon", "--collector.event.interval", "soon", "a duration such as 15s"),
    ("--collector.event.interval=30", "--collector.event.interval", "30", "a duration such as 15s"),
    ("--collector.event.interval=1ms", "--collector.event.interval", "1ms", "at least 100ms"),
    ("--collector.event.interval=1s1m", "--collector.event.interval", "1s1m", "the largest first"),
    ("--stale.after=1x", "--stale.after", "1x", "2x or more"),
    ("--stale.after=x", "--stale.after", "x", "3x"),
    ("--domain.include=web-(", "--domain.include", "web-(", "missing ), unterminated subpattern"),
    ("--storage-pool.exclude=*", "--storage-pool.exclude", "*", "nothing to repeat"),
    ("--web.listen-address=9177", "--web.listen-address", "9177", ":9177"),
    ("--web.listen-address=:65536", "--web.listen-address", ":65536", ":9177"),
    ("--web.listen-address=::1:9177", "--web.listen-address", "::1:9177", "[::1]:9177"),
    ("--web.listen-address=unix:x", "--web.listen-address", "unix:x", "unix:/run"),
    ("--web.telemetry-path=metrics", "--web.telemetry-path", "metrics", "starts with /"),
    ("--web.telemetry-path=/probe", "--web.telemetry-path", "/probe", "not taken"),
    ("--web.external-url=ftp://x", "--web.external-url", "ftp://x", "https://"),
    ("--web.max-requests=-1", "--web.max-requests", "-1", "a whole number from 0"),
    ("--log.level=loud", "--log.level", "loud", "debug, info, warning, error"),
    ("--log.format=xml", "--log.format", "xml", "logfmt, json, console"),
    ("--no-collector.connection", "--collector.connection", "false", "cannot be switched off"),
    ("--no-collector.exporter", "--collector.exporter", "false", "cannot be switched off"),
    ("--collector.domain_agent", "--collector.domain_agent", "true", "needs libvirt.agent-uri"),
    ("--libvirt.password-file=x", "--libvirt.password-file", "x", "needs libvirt.username"),
    ("--collector.blok", "--collector.blok", "given", "domain_block, domain_info, event"),
    ("--no-collector.evnt", "--no-collector.evnt", "given", "did you mean event?"),
    ("--libvirt.ur=x", "--libvirt.ur", "x", "did you mean --libvirt.uri?"),
    ("--log.level", "--log.level", "nothing", "a value is needed"),
    ("--demo=yes", "--demo", "yes", "takes no value"),
    ("qemu:///system", "flags", "qemu:///system", "no argument without a flag"),
    ("--config.file=/nonexistent/x.yml", "--config.file", "/nonexistent/x.yml", "No such file"),
]


@pytest.mark.parametrize(("flag", "key", "value", "allowed"), FLAGS)
def test_bad_flag_names_key_value_and_what_is_allowed(flag: str, key: str, value: str, allowed: str) -> None:
    with pytest.raises(ConfigError) as caught:
        settings_of(flag)
    assert caught.value.key == key
    assert str(caught.value.value).startswith(value)
    assert allowed in caught.value.allowed
    assert "\n" not in str(caught.value)


FILES = [
    ("libvirt: [", "--config.file", "", "well-formed YAML"),
    ("a: b: c", "--config.file", "", "well-formed YAML"),
    ("\x00", "--config.file", "", "well-formed YAML"),
    ("when: 2026-99-99", "--config.file", "", "well-formed YAML"),
    ("log: !!python/object:os.system {}", "--config.file", "", "well-formed YAML"),
    ("[" * 3000, "--config.file", "", "well-formed YAML"),
    ("log: {level: info, level: debug}", "--config.file", "", "key 'level' stands twice"),
    ("- a", "--config.file", "", "a mapping of keys"),
    ("log: {levle: info}", "log.levle", "info", "did you mean log.level?"),
    ("log.level: info", "log.level", "info", "nested at the dots, as log: {level: ...}"),
    ("lbvirt: {uri: x}", "lbvirt", "{'uri': 'x'}", "did you mean libvirt?"),
    ("log: loud", "log", "loud", "a section with addresses, format, level"),
    ("log: {level: 5}", "log.level", "5", "one of debug"),
    ("log: {level: }", "log.level", "nothing", "one of debug"),
    ("1: 2", "1", "2", "unknown key"),
    ("collector: {evnt: {enabled: true}}", "collector.evnt", "{'enabled': True}", "domain_info, event"),
    ("collector: {event: {interval: 30}}", "collector.event.interval", "30", "a duration such as 15s"),
    ("collector: {event: {enabled: maybe}}", "collector.event.enabled", "maybe", "true or false"),
    ("collector: {connection: false}", "collector.connection.enabled", "false", "cannot be switched off"),
    ("config: {file: x}", "config", "{'file': 'x'}", "unknown key"),
    ("web: {listen-address: {a: b}}", "web.listen-address", "{'a': 'b'}", ":9177"),
    ("web: {listen-address: [1]}", "web.listen-address", "1", ":9177"),
    ("web: {config: {file: 1}}", "web.config.file", "1", "the path of a file"),
    ("domain: {include: [a]}", "domain.include", "['a']", "a regular expression"),
    ("metadata: {labels: {a-b: title}}", "metadata.labels", "a-b", "a label name"),
    ("metadata: {labels: {domain: title}}", "metadata.labels.domain", "title", "there already"),
    ("metadata: {labels: {a: 'b['}}", "metadata.labels.a", "b[", "an XPath"),
    ("metadata: {labels: {a: 'domain/title'}}", "metadata.labels.a", "domain/title", "begin with /domain/"),
    (
        "metadata: {labels: {a: 'q:b'}}",
        "metadata.labels.a",
        "q:b",
        "prefix 'q' is not in metadata.namespaces",
    ),
    ("metadata: {labels: [a]}", "metadata.labels", "['a']", "a mapping of LABEL: XPATH"),
    ("domain: {metadata: {include: {title: '('}}}", "domain.metadata.include.title", "(", "unterminated"),
    ("domain: {metadata: {include: {'x[': a}}}", "domain.metadata.include", "x[", "an XPath"),
    ("hosts: []", "hosts", "[]", "a list of hosts"),
    ("hosts:", "hosts", "nothing", "a list of hosts"),
    ("hosts: [a]", "hosts[0]", "a", "a mapping with name and uri"),
    ("hosts: [{uri: 'qemu:///system'}]", "hosts[0].name", "nothing", "a name of letters"),
    ("hosts: [{name: no, uri: 'qemu:///system'}]", "hosts[0].name", "False", "a name of letters"),
    ("hosts: [{name: a}]", "hosts[0].uri", "nothing", "the libvirt URI of this host"),
    ("hosts: [{name: a, uri: 'x'}]", "hosts[0].uri", "x", "a libvirt URI"),
    ("hosts: [{name: a, uri: 'x:///', ulr: b}]", "hosts[0].ulr", "b", "did you mean uri?"),
    ("hosts: [{name: a, uri: 'x:///', web: {}}]", "hosts[0].web", "{}", "unknown key"),
    ("hosts: [{name: a, uri: 'x:///', password: p}]", "hosts[0].password", "(not shown)", "password-file"),
    ("hosts: [{name: a, uri: 'x:///', labels: {__a: b}}]", "hosts[0].labels", "__a", "a label name"),
    ("hosts: [{name: a, uri: 'x:///', labels: [b]}]", "hosts[0].labels", "['b']", "a mapping of LABEL: TEXT"),
    ("hosts: [{name: a, uri: 'x:///', libvirt: {workers: 0}}]", "hosts[0].libvirt.workers", "0", "a whole"),
    (
        "hosts: [{name: a, uri: 'x:///'}, {name: a, uri: 'y:///'}]",
        "hosts[1].name",
        "a",
        "each host needs a name of its own",
    ),
    (
        "{libvirt: {uri: 'qemu:///system'}, hosts: [{name: a, uri: 'x:///'}]}",
        "libvirt.uri",
        "qemu:///system",
        "not together with hosts",
    ),
    ("{demo: true, hosts: [{name: a, uri: 'x:///'}]}", "demo", "true", "not together with"),
]


@pytest.mark.parametrize(("text", "key", "value", "allowed"), FILES)
def test_bad_file_names_key_value_and_what_is_allowed(
    tmp_path: Path, text: str, key: str, value: str, allowed: str
) -> None:
    path = tmp_path / "bad.yml"
    path.write_text(text)
    with pytest.raises(ConfigError) as caught:
        settings_of(f"--config.file={path}")
    assert caught.value.key == key
    assert str(caught.value.value).startswith(value or str(path))
    assert allowed in caught.value.allowed
    assert "\n" not in str(caught.value)


def test_a_file_that_is_not_text_is_named(tmp_path: Path) -> None:
    path = tmp_path / "bad.yml"
    path.write_bytes(b"\xff\xfe\xfd")
    with pytest.raises(ConfigError, match="well-formed YAML"):
        settings_of(f"--config.file={path}")


def test_bad_variable_is_named_as_the_environment_spells_it() -> None:
    with pytest.raises(ConfigError) as caught:
        settings_of(environment={"LIBVIRT_EXPORTER_STALE_AFTER": "soon"})
    assert (caught.value.key, caught.value.value) == ("LIBVIRT_EXPORTER_STALE_AFTER", "soon")


def test_unknown_variable_is_an_error_with_the_nearest_known() -> None:
    with pytest.raises(ConfigError, match="did you mean LIBVIRT_EXPORTER_LOG_LEVEL"):
        settings_of(environment={"LIBVIRT_EXPORTER_LOGLEVEL": "info"})


def test_a_password_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"libvirt\.password-file: .*/none: a file that can be read \(No such"):
        settings_of("--libvirt.username=monitor", f"--libvirt.password-file={tmp_path}/none")


@pytest.mark.parametrize("password", ["hunter2", "hun/ter2", "hun:ter2", "hun@ter2", "hun#ter2"])
def test_a_password_in_a_uri_is_refused_and_not_repeated(password: str) -> None:
    with pytest.raises(ConfigError) as caught:
        settings_of(f"--libvirt.uri=qemu+tcp://user:{password}@host/system")
    assert "libvirt.password-file" in caught.value.allowed
    assert "ter2" not in str(caught.value)


def test_uri_flag_does_not_go_with_hosts(tmp_path: Path) -> None:
    path = tmp_path / "hosts.yml"
    path.write_text("hosts: [{name: a, uri: 'qemu:///system'}]")
    with pytest.raises(ConfigError, match=r"--libvirt\.uri: .*: not together with hosts"):
        settings_of(f"--config.file={path}", "--libvirt.uri=qemu:///session")


def test_demo_does_not_go_with_a_uri_from_the_same_source() -> None:
    with pytest.raises(ConfigError, match=r"--demo: true: not together with libvirt\.uri"):
        settings_of("--demo", "--libvirt.uri=qemu:///session")


def test_two_modes_do_not_go_together() -> None:
    with pytest.raises(ConfigError, match="--check: given: not together with --once"):
        settings_of("--check", "--once")


def test_the_message_stays_one_line_whatever_the_value_holds() -> None:
    with pytest.raises(ConfigError) as caught:
        settings_of("--log.level=a\nb\x1b[31m")
    assert str(caught.value) == ("--log.level: a\\nb\\x1b[31m: one of debug, info, warning, error")
