"""The page docs/configuration.md, made from the declarations."""

from __future__ import annotations

from collections.abc import Sequence
from typing import get_origin

from exporter.configuration.durations import format_duration
from exporter.configuration.options import GROUPS, MODES, PINNED, CollectorInfo, Option, options

EXAMPLE = """\
libvirt:
  uri: qemu:///system
  workers: 4
stale:
  after: 3x
collector:
  domain_block:
    interval: 30s
  event:
    enabled: false
domain:
  exclude: test-.*
  metadata:
    include:
      metadata/nova:instance/nova:owner/nova:project: production
metadata:
  namespaces:
    shop: https://shop.example.org/1.0
  labels:
    team: metadata/shop:owner/@team
web:
  listen-address: [":9177", "unix:/run/libvirt-exporter/web.sock"]
  config:
    file: web.yml
"""

HOSTS_EXAMPLE = """\
collector:
  domain_block:
    interval: 30s
hosts:
  - name: kvm-1
    uri: qemu+ssh://monitor@kvm-1.example.org/system
    labels: {rack: a1}
  - name: kvm-2
    uri: qemu+tcp://kvm-2.example.org/system
    username: monitor
    password-file: kvm-2.password
    collector:
      event: {enabled: false}
    domain:
      include: web-.*
"""

_PAGE = """\
# Configuration

Nothing needs to be configured. What can be is a flag, an environment variable and a key of the YAML file that
`--config.file` names; a flag wins over the environment, that over the file, that over the default.

- Environment: the flag in upper case behind `LIBVIRT_EXPORTER_`, dots and dashes as `_`, lists by comma.
  An empty variable counts as not set, an unknown one is an error.
- File: the flag's words nested at the dots; `enabled` switches a collector. Paths in it are relative
  to it. An unknown key, and one that stands twice, is an error.
- Switches are `--NAME` and `--no-NAME` on the command line, `true` and `false` elsewhere.
- Durations are `500ms`, `15s`, `1m30s`, `2h`, `1d`.
- Regular expressions are Python's and must match the whole name; exclude wins over include. An
  include that matches nothing a host has is named in the log.
- What is written wrongly ends the command with exit code 2 and one line that names the key, the value and
  what is allowed. SIGHUP reads the file again; a wrong one is logged and the old values stay.

## Example

```yaml
{example}```

## Several hosts

`hosts:` makes one agent watch many: `/metrics` then holds the agent itself, and each host is at
`/probe?target=NAME`. It does not go together with `--libvirt.uri`. An entry has a `name`, the `uri`, and if
wanted `labels` (shown in service discovery only), `username`, `password-file`, `agent-uri`, and each key
below that is marked *per host*, nested as at the top. What an entry does not say it takes from the rest of
the file; flags and environment win over both.

```yaml
{hosts}```

A password never stands in a URI, where processes and logs would show it: put it into a file that only the
agent can read, and name that with `password-file`.

## Instead of serving

| flag | does |
| --- | --- |
{modes}
"""


def configuration_page(collectors: Sequence[CollectorInfo]) -> str:
    """The whole page in Markdown."""
    modes = "\n".join(f"| `--{mode.name}{'=' if mode.metavar else ''}{mode.metavar}` | {mode.help} |" for mode in MODES)
    parts = [_PAGE.format(example=EXAMPLE, hosts=HOSTS_EXAMPLE, modes=modes)]
    table = options(()).values()
    for group, title in GROUPS.items():
        rows = [_row(option) for option in table if option.group == group]
        parts.append(
            f"## {title}\n\n| flag, variable, key | default | what for |\n| --- | --- | --- |\n"
            + "\n".join(rows)
            + "\n"
        )
        if group == "collectors":
            parts.append(_collectors(collectors))
    return "\n".join(parts)


def _row(option: Option) -> str:
    names = []
    if not option.file_only:
        value = f"={option.metavar}" if option.metavar else ""
        names += [f"`{option.flag}{value}`", f"`{option.variable}`"]
    if option.name != "config.file":
        names.append(f"`{option.key.replace('.', ': ')}:`")
    default = "" if option.default is None else f"`{str(option.default).lower()}`"
    notes = " *Per host.*" if option.per_host else ""
    many = " *A list.*" if get_origin(option.type) is tuple else ""
    return f"| {'<br>'.join(names)} | {default} | {option.help}{notes}{many} |"


def _collectors(collectors: Sequence[CollectorInfo]) -> str:
    head = """\
Each collector is switched by `--collector.NAME` or `--no-collector.NAME`,
`LIBVIRT_EXPORTER_COLLECTOR_NAME` or `collector: NAME: enabled:`, and reads every `--collector.NAME.interval`,
`LIBVIRT_EXPORTER_COLLECTOR_NAME_INTERVAL` or `collector: NAME: interval:` (all *per host*).
{pinned} cannot be switched off.

| collector | by default | interval | gives |
| --- | --- | --- | --- |
"""
    rows = [
        f"| `{info.name}` | {('off', 'on')[info.default]} | {format_duration(info.interval)} | {info.help} |"
        for info in collectors
    ]
    return head.format(pinned=" and ".join(f"`{name}`" for name in PINNED)) + "\n".join(rows) + "\n"
