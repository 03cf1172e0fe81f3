"""One guest: what it did, what it uses, what it waits for."""

from dashboards.build.dashboard import Dashboard, Row
from dashboards.build.panel import Panel
from dashboards.build.states import DOMAIN, YES

_RATE = "[$__rate_interval]"
_NAME = "{{domain}} on {{instance}}"
_VCPU = "vCPU {{vcpu}} of {{domain}} on {{instance}}"
_DEVICE = "{{target_device}} of {{domain}} on {{instance}}"
_MEMORY = "libvirt_domain_memory_stats"
_DISK = "libvirt_domain_block_stats"
_NET = "libvirt_domain_interface_stats"
_JOB = "libvirt_domain_job_info"


def _both(metric: str, first: str, second: str, end: str) -> tuple[tuple[str, str], ...]:
    """The rates of a pair of counters, such as reads and writes."""
    return tuple(
        (f"rate({metric}_{direction}_{end}_total{{%}}{_RATE})", f"{direction} {_DEVICE}")
        for direction in (first, second)
    )


_NOW = Row(
    "State",
    (
        Panel(
            "State",
            "What the guest did; events are marked in all panels.",
            "short",
            (("libvirt_domain_info_state{%}", _NAME),),
            "state-timeline",
            16,
            7,
            names=DOMAIN,
        ),
        Panel(
            "Age of the figures",
            "Time since the statistics of an active guest were asked for; it grows while the guest hangs.",
            "s",
            (
                (
                    "time() - libvirt_domain_stats_timestamp_seconds{%}"
                    " and on (job, instance, domain) libvirt_domain_active{%} == 1",
                    _NAME,
                ),
            ),
            height=7,
        ),
        Panel(
            "Why",
            "Why the guest is in its state, and since when if that was seen.",
            "dateTimeFromNow",
            (
                ("libvirt_domain_state_reason_info{%}", ""),
                ("libvirt_domain_state_change_timestamp_seconds{%} * 1000", ""),
            ),
            "table",
            12,
            5,
            columns={
                "domain": "Guest",
                "instance": "Instance",
                "state": "State",
                "reason": "Reason",
                "Value #B": "Since",
            },
        ),
        Panel(
            "What it is",
            "Identity and machine of the guest.",
            "string",
            (("libvirt_domain_info{%}", ""),),
            "table",
            12,
            5,
            columns={
                "domain": "Guest",
                "uuid": "UUID",
                "os_type": "Type",
                "os_type_arch": "Architecture",
                "os_type_machine": "Machine",
            },
        ),
    ),
)

_CPU = Row(
    "CPU",
    (
        Panel(
            "CPU in use",
            "Share of its vCPUs' time that the guest used; emulator threads can take it above 100 %.",
            "percentunit",
            (
                (
                    f"rate(libvirt_domain_info_cpu_time_seconds_total{{%}}{_RATE})"
                    " / (libvirt_domain_info_virtual_cpus{%} > 0)",
                    _NAME,
                ),
            ),
        ),
        Panel(
            "CPU by vCPU",
            "Share of the time that each vCPU ran.",
            "percentunit",
            ((f"rate(libvirt_domain_vcpu_time_seconds_total{{%}}{_RATE})", _VCPU),),
        ),
        Panel(
            "Steal by vCPU",
            "Share of the time that each vCPU waited for a CPU of the host.",
            "percentunit",
            ((f"rate(libvirt_domain_vcpu_delay_seconds_total{{%}}{_RATE})", _VCPU),),
        ),
    ),
)

_RAM = Row(
    "Memory",
    (
        Panel(
            "Memory and balloon",
            "What the guest was given, may have, sees, could give away, and holds of the host.",
            "bytes",
            tuple(
                (f"{_MEMORY}_{name}_bytes{{%}}", f"{text} {_NAME}")
                for name, text in (
                    ("maximum", "at most"),
                    ("current_balloon", "given"),
                    ("available", "seen by"),
                    ("usable", "free in"),
                    ("rss", "held by"),
                )
            ),
        ),
        Panel(
            "Swap",
            "Bytes a second that the guest reads from and writes to its swap space.",
            "Bps",
            (
                (f"rate({_MEMORY}_swap_in_bytes_total{{%}}{_RATE})", f"in {_NAME}"),
                (f"rate({_MEMORY}_swap_out_bytes_total{{%}}{_RATE})", f"out {_NAME}"),
            ),
            read_every="1m",
        ),
        Panel(
            "Page faults",
            "Page faults a second in the guest: major ones need its disk.",
            "short",
            (
                (f"rate({_MEMORY}_major_fault_total{{%}}{_RATE})", f"major {_NAME}"),
                (f"rate({_MEMORY}_minor_fault_total{{%}}{_RATE})", f"minor {_NAME}"),
            ),
            read_every="1m",
        ),
    ),
)

_DISKS = Row(
    "Disks",
    (
        Panel("Throughput", "Bytes read and written a second.", "Bps", _both(_DISK, "read", "write", "bytes"), width=6),
        Panel(
            "Requests",
            "Read, write and flush requests a second.",
            "iops",
            (
                *_both(_DISK, "read", "write", "requests"),
                (f"rate({_DISK}_flush_requests_total{{%}}{_RATE})", f"flush {_DEVICE}"),
            ),
            width=6,
        ),
        Panel(
            "Latency",
            "Mean time of a request; nothing is drawn while there are none.",
            "s",
            tuple(
                (
                    f"rate({_DISK}_{what}_time_seconds_total{{%}}{_RATE})"
                    f" / (rate({_DISK}_{what}_requests_total{{%}}{_RATE}) > 0)",
                    f"{what} {_DEVICE}",
                )
                for what in ("read", "write", "flush")
            ),
            width=6,
        ),
        Panel(
            "Queue",
            "Mean number of requests under way.",
            "short",
            _both(_DISK, "read", "write", "time_seconds"),
            width=6,
        ),
        Panel(
            "Size",
            "Size of each disk for the guest, up to where it is written, and what it takes on the host.",
            "bytes",
            (
                (f"{_DISK}_capacity_bytes{{%}}", f"size {_DEVICE}"),
                (f"{_DISK}_allocation_bytes{{%}}", f"written {_DEVICE}"),
                (f"{_DISK}_physicalsize_bytes{{%}}", f"on the host {_DEVICE}"),
            ),
            width=12,
        ),
        Panel(
            "Errors",
            "I/O errors a second.",
            "short",
            ((f"rate(libvirt_domain_io_errors_total{{%}}{_RATE})", _DEVICE),),
            width=12,
        ),
    ),
)

_INTERFACES = Row(
    "Interfaces",
    (
        Panel("Traffic", "Bytes received and sent a second.", "Bps", _both(_NET, "receive", "transmit", "bytes")),
        Panel("Packets", "Packets received and sent a second.", "pps", _both(_NET, "receive", "transmit", "packets")),
        Panel(
            "Drops and errors",
            "Packets dropped and errors a second.",
            "pps",
            tuple(
                (f"rate({_NET}_{direction}_{what}_total{{%}}{_RATE})", f"{direction} {what} {_DEVICE}")
                for what in ("drops", "errors")
                for direction in ("receive", "transmit")
            ),
        ),
    ),
)

_LIFE = Row(
    "Jobs, snapshots and the agent",
    (
        Panel(
            "Job",
            "What a migration or another job has moved and still has to move.",
            "bytes",
            (
                (f"{_JOB}_data_remaining_bytes{{%}}", f"left {_NAME}"),
                (f"{_JOB}_data_processed_bytes{{%}}", f"done {_NAME}"),
            ),
        ),
        Panel(
            "Migration speed",
            "How fast a migration moves memory, and how fast the guest dirties it.",
            "Bps",
            (
                (f"{_JOB}_memory_bytes_per_second{{%}}", f"moved {_NAME}"),
                (f"{_JOB}_memory_dirty_bytes_per_second{{%}}", f"dirtied {_NAME}"),
            ),
        ),
        Panel(
            "Snapshots",
            "Snapshots of the guest.",
            "short",
            (("libvirt_domain_snapshots{%}", _NAME),),
            width=4,
        ),
        Panel(
            "Agent",
            "Whether the guest agent is connected.",
            "short",
            (("libvirt_domain_agent_connected{%}", _NAME),),
            "state-timeline",
            4,
            names=YES,
        ),
    ),
)

GUEST = Dashboard(
    "libvirt-guest",
    "libvirt / Guest",
    "One guest: what it did, what it uses, what it waits for.",
    (_NOW, _CPU, _RAM, _DISKS, _INTERFACES, _LIFE),
    one_guest=True,
)
