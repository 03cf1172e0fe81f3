"""All hosts at once: is anything wrong, is there room, and who uses it."""

from dashboards.build.dashboard import Dashboard, Row
from dashboards.build.panel import FIRING, GUEST_LINK, HOST_LINK, Panel

_BY_GUEST = "job, instance, domain"
_LEGEND = "{{domain}} on {{instance}}"
_OUT_OF_REACH = (
    "libvirt_up{%} == 0"
    " or (last_over_time(libvirt_up{%}[1h]) unless libvirt_up{%})"
    ' or on (job, instance) ALERTS{%, alertname="LibvirtExporterDown", alertstate="firing"}'
)
"""Of an exporter that died there is no `libvirt_up` any more, and after an hour the alert alone knows of it."""
_SHARE = ((None, "green"), (0.8, "orange"), (0.95, "red"))


def _top(title: str, description: str, unit: str, expression: str) -> Panel:
    query = f"topk(10, {expression})"
    return Panel(title, description, unit, ((query, _LEGEND),), link=GUEST_LINK)


_NOW = Row(
    "Now",
    (
        Panel(
            "Hosts",
            "Hosts whose libvirt answers their exporter.",
            "short",
            (("sum(libvirt_up{%})", "reachable"),),
            "stat",
            4,
            4,
        ),
        Panel(
            "Hosts out of reach",
            "Hosts whose libvirt does not answer, that were there within the last hour and are gone, or that an alert "
            "calls down.",
            "short",
            ((f"count({_OUT_OF_REACH}) or vector(0)", "out of reach"),),
            "stat",
            4,
            4,
            thresholds=((None, "green"), (1, "red")),
        ),
        Panel(
            "Guests",
            "Guests that the hosts know, running or not.",
            "short",
            (("sum(libvirt_domains{%})", "guests"),),
            "stat",
            4,
            4,
        ),
        Panel(
            "Active guests",
            "Guests that run or are paused.",
            "short",
            (("sum(libvirt_domains_active{%})", "active"),),
            "stat",
            4,
            4,
        ),
        Panel(
            "Hung guests",
            "Guests set aside because their hypervisor does not answer.",
            "short",
            (("sum(libvirt_exporter_domains_set_aside{%})", "hung"),),
            "stat",
            4,
            4,
            thresholds=((None, "green"), (1, "red")),
        ),
        Panel(
            "Alerts",
            "Alerts of these rules that fire.",
            "short",
            ((f"count({FIRING}) or vector(0)", "firing"),),
            "stat",
            4,
            4,
            thresholds=((None, "green"), (1, "red")),
        ),
        Panel(
            "Guests by state",
            "How many guests were in each state.",
            "short",
            (("sum by (state) (libvirt_domain_state{%}) > 0", "{{state}}"),),
            width=12,
            height=10,
            stacked=True,
        ),
        Panel(
            "Firing alerts",
            "What is wrong now; runbooks stand in the alerts themselves.",
            "short",
            ((FIRING, ""),),
            "table",
            12,
            10,
            columns={
                "alertname": "Alert",
                "severity": "Severity",
                "instance": "Instance",
                "domain": "Guest",
                "storage_pool": "Pool",
                "network": "Network",
            },
        ),
    ),
)

_CAPACITY = Row(
    "Capacity",
    (
        Panel(
            "Hosts",
            "One line for each host: how full it is, and how much it has promised.",
            "short",
            (
                ("libvirt_up{%}", ""),
                ("sum by (job, instance) (libvirt_domains_active{%})", ""),
                (
                    'sum by (job, instance) (rate(libvirt_node_cpu_seconds_total{%, mode!~"idle|iowait"}'
                    "[$__rate_interval])) / sum by (job, instance) "
                    "(rate(libvirt_node_cpu_seconds_total{%}[$__rate_interval]))",
                    "",
                ),
                ("libvirt_node_guest_vcpus{%} / libvirt_node_cpus_online{%}", ""),
                ("libvirt_node_memory_total_bytes{%}", ""),
                ("libvirt_node_guest_memory_bytes{%} / libvirt_node_memory_total_bytes{%}", ""),
            ),
            "table",
            24,
            6,
            columns={
                "instance": "Instance",
                "job": "Job",
                "Value #A": "libvirt answers",
                "Value #B": "Active guests",
                "Value #C": "CPU in use",
                "Value #D": "vCPUs per CPU",
                "Value #E": "Memory",
                "Value #F": "Memory promised",
            },
            units={"CPU in use": "percentunit", "Memory": "bytes", "Memory promised": "percentunit"},
            link=HOST_LINK.replace("labels.job", "labels.Job").replace("labels.instance", "labels.Instance"),
        ),
        Panel(
            "CPUs and vCPUs",
            "CPUs of all hosts, and the vCPUs of their active guests.",
            "short",
            (
                ("sum(libvirt_node_cpus_online{%})", "CPUs"),
                ("sum(libvirt_node_guest_vcpus{%})", "vCPUs"),
            ),
        ),
        Panel(
            "Memory of hosts and guests",
            "Memory of all hosts, what active guests were given, and what they may grow to.",
            "bytes",
            (
                ("sum(libvirt_node_memory_total_bytes{%})", "hosts"),
                ("sum(libvirt_node_guest_memory_bytes{%})", "guests"),
                ("sum(libvirt_node_guest_maximum_memory_bytes{%})", "guests at most"),
            ),
        ),
        Panel(
            "Fullest storage pools",
            "The ten pools with the least room.",
            "percentunit",
            (
                (
                    "topk(10, libvirt_storage_pool_allocation_bytes{%} / (libvirt_storage_pool_capacity_bytes{%} > 0))",
                    "{{storage_pool}} on {{instance}}",
                ),
            ),
            "bargauge",
            thresholds=_SHARE,
            maximum=1,
            link=HOST_LINK,
        ),
    ),
)

_DISK = "libvirt_domain_block_stats"
_NET = "libvirt_domain_interface_stats"

_TOP = Row(
    "Guests that use or wait the most",
    (
        _top(
            "CPU",
            "Host CPUs that a guest keeps busy, emulator included.",
            "short",
            "rate(libvirt_domain_info_cpu_time_seconds_total{%}[$__rate_interval])",
        ),
        _top(
            "Steal",
            "Share of their time for which a guest's vCPUs wait for a CPU of the host.",
            "percentunit",
            f"sum by ({_BY_GUEST}) (rate(libvirt_domain_vcpu_delay_seconds_total{{%}}[$__rate_interval]))"
            f" / sum by ({_BY_GUEST}) (libvirt_domain_vcpu_current{{%}} > 0)",
        ),
        _top(
            "Memory held",
            "Host memory that a guest's process holds.",
            "bytes",
            "libvirt_domain_memory_stats_rss_bytes{%}",
        ),
        _top(
            "Disk requests",
            "Read and write requests a second.",
            "iops",
            f"sum by ({_BY_GUEST}) (rate({_DISK}_read_requests_total{{%}}[$__rate_interval])"
            f" + rate({_DISK}_write_requests_total{{%}}[$__rate_interval]))",
        ),
        _top(
            "Disk latency",
            "Mean time of a read or write request, over all disks of a guest.",
            "s",
            f"sum by ({_BY_GUEST}) (rate({_DISK}_read_time_seconds_total{{%}}[$__rate_interval])"
            f" + rate({_DISK}_write_time_seconds_total{{%}}[$__rate_interval]))"
            f" / (sum by ({_BY_GUEST}) (rate({_DISK}_read_requests_total{{%}}[$__rate_interval])"
            f" + rate({_DISK}_write_requests_total{{%}}[$__rate_interval])) > 0)",
        ),
        _top(
            "Network traffic",
            "Bytes received and sent a second.",
            "Bps",
            f"sum by ({_BY_GUEST}) (rate({_NET}_receive_bytes_total{{%}}[$__rate_interval])"
            f" + rate({_NET}_transmit_bytes_total{{%}}[$__rate_interval]))",
        ),
    ),
)

FLEET = Dashboard(
    "libvirt-fleet",
    "libvirt / Fleet",
    "All libvirt hosts at once: is anything wrong, is there room, who uses it.",
    (_NOW, _CAPACITY, _TOP),
)
