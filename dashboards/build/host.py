"""One host: its processors, memory, pools and networks, and the health of the exporter itself."""

from dashboards.build.dashboard import Dashboard, Row
from dashboards.build.itself import ITSELF
from dashboards.build.panel import GUEST_LINK, Panel
from dashboards.build.states import POOL, UP

_RATE = "[$__rate_interval]"
_ON = "{{instance}}"
_GUEST = "{{domain}} on {{instance}}"

_STATE = Row(
    "Now",
    (
        Panel(
            "libvirt answers",
            "Whether libvirt answers the exporter.",
            "short",
            (("libvirt_up{%}", _ON),),
            "state-timeline",
            12,
            5,
            names=UP,
        ),
        Panel(
            "Guests by state",
            "How many guests of the host were in each state.",
            "short",
            (("sum by (instance, state) (libvirt_domain_state{%}) > 0", "{{state}} on {{instance}}"),),
            width=12,
            height=5,
            stacked=True,
        ),
    ),
)

_CPU = Row(
    "CPU",
    (
        Panel(
            "CPU time by mode",
            "Share of the host's CPU time in each mode; guests are part of user.",
            "percentunit",
            (
                (
                    f"sum by (instance, mode) (rate(libvirt_node_cpu_seconds_total{{%}}{_RATE}))"
                    " / on (instance) group_left ()"
                    f" sum by (instance) (rate(libvirt_node_cpu_seconds_total{{%}}{_RATE}))",
                    "{{mode}} on {{instance}}",
                ),
            ),
            stacked=True,
            maximum=1,
        ),
        Panel(
            "CPU of guests",
            "Host CPUs that the ten busiest guests keep busy.",
            "short",
            (
                (
                    f"topk(10, rate(libvirt_domain_info_cpu_time_seconds_total{{%}}{_RATE}))",
                    _GUEST,
                ),
            ),
            stacked=True,
            link=GUEST_LINK,
        ),
        Panel(
            "vCPUs per CPU",
            "vCPUs of active guests for each CPU that is online, and of all guests that start with the host.",
            "short",
            (
                ("libvirt_node_guest_vcpus{%} / libvirt_node_cpus_online{%}", f"active on {_ON}"),
                ("libvirt_node_autostart_vcpus{%} / libvirt_node_cpus_online{%}", f"autostart on {_ON}"),
            ),
        ),
    ),
)

_MEMORY = Row(
    "Memory",
    (
        Panel(
            "Host memory",
            "Memory that is free, holds caches, and is used by everything else.",
            "bytes",
            (
                (
                    "libvirt_node_memory_total_bytes{%} - libvirt_node_memory_free_bytes{%}"
                    " - libvirt_node_memory_buffers_bytes{%} - libvirt_node_memory_cached_bytes{%}",
                    f"used on {_ON}",
                ),
                ("libvirt_node_memory_buffers_bytes{%} + libvirt_node_memory_cached_bytes{%}", f"caches on {_ON}"),
                ("libvirt_node_memory_free_bytes{%}", f"free on {_ON}"),
            ),
            stacked=True,
        ),
        Panel(
            "Memory promised to guests",
            "What active guests were given, hold and may grow to, beside what the host has.",
            "bytes",
            (
                ("libvirt_node_memory_total_bytes{%}", f"host {_ON}"),
                ("libvirt_node_guest_memory_bytes{%}", f"given on {_ON}"),
                ("libvirt_node_guest_resident_memory_bytes{%}", f"held on {_ON}"),
                ("libvirt_node_guest_maximum_memory_bytes{%}", f"at most on {_ON}"),
            ),
        ),
        Panel(
            "Free memory by NUMA cell",
            "Share of a cell's memory that is free; caches count as used here.",
            "percentunit",
            (
                (
                    "libvirt_node_numa_memory_free_bytes{%} / (libvirt_node_numa_memory_bytes{%} > 0)",
                    "cell {{cell}} of {{instance}}",
                ),
            ),
            maximum=1,
        ),
        Panel(
            "Free pages",
            "Free pages by size: guests on huge pages need free ones to start.",
            "short",
            (("libvirt_node_numa_pages_free{%}", "{{page_size}} bytes in cell {{cell}} of {{instance}}"),),
        ),
        Panel(
            "Same-page merging",
            "Pages saved, and pages looked at in vain.",
            "short",
            (
                ("libvirt_node_ksm_pages_sharing{%}", f"saved on {_ON}"),
                ("libvirt_node_ksm_pages_unshared{%}", f"unique on {_ON}"),
                ("libvirt_node_ksm_pages_volatile{%}", f"changing on {_ON}"),
            ),
        ),
    ),
)

_STORAGE = Row(
    "Pools and networks",
    (
        Panel(
            "Pools in use",
            "Share of each pool in use, as of the pool's last refresh.",
            "percentunit",
            (
                (
                    "libvirt_storage_pool_allocation_bytes{%} / (libvirt_storage_pool_capacity_bytes{%} > 0)",
                    "{{storage_pool}} on {{instance}}",
                ),
            ),
            maximum=1,
        ),
        Panel(
            "Pool states",
            "Whether pools are active and in order.",
            "short",
            (("libvirt_storage_pool_state{%}", "{{storage_pool}} on {{instance}}"),),
            "state-timeline",
            names=POOL,
        ),
        Panel(
            "Networks",
            "Whether virtual networks are active.",
            "short",
            (("libvirt_network_active{%}", "{{network}} on {{instance}}"),),
            "state-timeline",
            names=UP,
        ),
        Panel(
            "DHCP addresses leased",
            "Share of the addresses in a network's DHCP ranges that are leased.",
            "percentunit",
            (
                (
                    "libvirt_network_dhcp_leases{%} / (libvirt_network_dhcp_addresses{%} > 0)",
                    "{{network}} on {{instance}}",
                ),
            ),
            maximum=1,
        ),
        Panel(
            "Traffic of guests",
            "Bytes that the ten busiest guests receive and send a second.",
            "Bps",
            (
                (
                    "topk(10, sum by (job, instance, domain) ("
                    f"rate(libvirt_domain_interface_stats_receive_bytes_total{{%}}{_RATE})"
                    f" + rate(libvirt_domain_interface_stats_transmit_bytes_total{{%}}{_RATE})))",
                    _GUEST,
                ),
            ),
            link=GUEST_LINK,
        ),
        Panel(
            "Disk throughput of guests",
            "Bytes that the ten busiest guests read and write a second.",
            "Bps",
            (
                (
                    "topk(10, sum by (job, instance, domain) ("
                    f"rate(libvirt_domain_block_stats_read_bytes_total{{%}}{_RATE})"
                    f" + rate(libvirt_domain_block_stats_write_bytes_total{{%}}{_RATE})))",
                    _GUEST,
                ),
            ),
            link=GUEST_LINK,
        ),
    ),
)

HOST = Dashboard(
    "libvirt-host",
    "libvirt / Host",
    "One libvirt host: processors, memory, pools, networks, and the health of the exporter.",
    (_STATE, _CPU, _MEMORY, _STORAGE, ITSELF),
    one_host=True,
)
