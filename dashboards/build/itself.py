"""The health of the exporter itself, at the foot of a host's dashboard."""

from dashboards.build.dashboard import Row
from dashboards.build.panel import Panel

_RATE = "[$__rate_interval]"
_ON = "{{instance}}"

ITSELF = Row(
    "The exporter itself",
    (
        Panel(
            "Age of each collector's data",
            "Time since a collector last ran with full success, in intervals: about 1 is as it should be.",
            "short",
            (
                (
                    "(time() - libvirt_exporter_collector_last_success_timestamp_seconds{%})"
                    " / libvirt_exporter_collector_interval_seconds{%}",
                    "{{collector}} on {{instance}}",
                ),
            ),
        ),
        Panel(
            "Duration of runs",
            "How long the last run of each collector took.",
            "s",
            (("libvirt_exporter_collector_duration_seconds{%}", "{{collector}} on {{instance}}"),),
        ),
        Panel(
            "Time of libvirt's calls",
            "95th percentile of the time that calls to libvirt took.",
            "s",
            (
                (
                    "histogram_quantile(0.95, sum by (instance, call, le) ("
                    f"rate(libvirt_exporter_call_duration_seconds_bucket{{%}}{_RATE})))",
                    "{{call}} on {{instance}}",
                ),
            ),
        ),
        Panel(
            "Failures",
            "Runs of collectors that failed in part or whole, runs that were left out, and calls that missed their "
            "deadline, a second.",
            "short",
            (
                (
                    f"rate(libvirt_exporter_collector_failures_total{{%}}{_RATE}) > 0",
                    "{{collector}} failed on {{instance}}",
                ),
                (
                    f"rate(libvirt_exporter_collector_skips_total{{%}}{_RATE}) > 0",
                    "{{collector}} left out ({{reason}}) on {{instance}}",
                ),
                (f"rate(libvirt_exporter_call_timeouts_total{{%}}{_RATE}) > 0", "{{call}} timed out on {{instance}}"),
            ),
        ),
        Panel(
            "Events",
            "Events received a second, by object.",
            "short",
            ((f"sum by (instance, object) (rate(libvirt_events_total{{%}}{_RATE}))", "{{object}} on {{instance}}"),),
        ),
        Panel(
            "Series",
            "Series on the page by collector.",
            "short",
            (("libvirt_exporter_collector_series{%}", "{{collector}} on {{instance}}"),),
            stacked=True,
        ),
        Panel(
            "CPU of the exporter",
            "CPUs that the exporter's process keeps busy.",
            "short",
            ((f"rate(process_cpu_seconds_total{{%}}{_RATE})", _ON),),
        ),
        Panel(
            "Memory of the exporter",
            "Memory that the exporter's process holds.",
            "bytes",
            (("process_resident_memory_bytes{%}", _ON),),
        ),
        Panel(
            "Open files of the exporter",
            "Files and sockets that the exporter's process has open.",
            "short",
            (("process_open_fds{%}", _ON),),
        ),
    ),
)
