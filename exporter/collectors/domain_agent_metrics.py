"""Metrics of the guest agent."""

from exporter.exposition.metric import Metric
from exporter.guest import DOMAIN

UP = Metric(
    "libvirt_domain_agent_up",
    "gauge",
    "Whether the guest agent answered the last question (libvirt virDomainGetGuestInfo).",
    labels=DOMAIN,
    source="dom.guestInfo() returned in time",
    note=(
        "Off: needs a second connection with write access, opened only for this, and asks software inside the guest."
    ),
    set="optional",
)
TIMESTAMP_SECONDS = Metric(
    "libvirt_domain_agent_timestamp_seconds",
    "gauge",
    "When the guest agent last answered (exporter clock).",
    labels=DOMAIN,
    unit="seconds",
    source="time before the dom.guestInfo() that answered",
    note=(
        "Off: needs a second connection with write access, opened only for this, and asks software inside the guest."
    ),
    set="optional",
)
OS_INFO = Metric(
    "libvirt_domain_agent_os_info",
    "info",
    "Operating system the guest runs (libvirt guest info os).",
    labels=("domain", "os_id", "os_name", "os_version", "kernel_release", "machine"),
    source="guestInfo(OS) os.{id,name,version-id,kernel-release,machine}",
    note=(
        "Off: needs a second connection with write access, opened only for this, and asks software inside the guest."
    ),
    set="optional",
)
HOSTNAME_INFO = Metric(
    "libvirt_domain_agent_hostname_info",
    "info",
    "Host name the guest gives itself (libvirt guest info hostname).",
    labels=("domain", "hostname"),
    source="guestInfo(HOSTNAME) hostname",
    note=(
        "Off: needs a second connection with write access, opened only for this, and asks software inside the guest."
    ),
    set="optional",
)
TIMEZONE_INFO = Metric(
    "libvirt_domain_agent_timezone_info",
    "info",
    "Time zone of the guest (libvirt guest info timezone).",
    labels=("domain", "timezone"),
    source="guestInfo(TIMEZONE) timezone.name",
    note=(
        "Off: needs a second connection with write access, opened only for this, and asks software inside the guest."
    ),
    set="optional",
)
TIMEZONE_OFFSET_SECONDS = Metric(
    "libvirt_domain_agent_timezone_offset_seconds",
    "gauge",
    "Offset of the guest's time zone from UTC (libvirt guest info timezone).",
    labels=DOMAIN,
    unit="seconds",
    source="guestInfo(TIMEZONE) timezone.offset s",
    note=(
        "Off: needs a second connection with write access, opened only for this, and asks software inside the guest."
    ),
    set="optional",
)
CLOCK_OFFSET_SECONDS = Metric(
    "libvirt_domain_agent_clock_offset_seconds",
    "gauge",
    "How far the guest's clock is ahead of the exporter's (libvirt virDomainGetTime).",
    labels=DOMAIN,
    unit="seconds",
    source="dom.getTime() - time.time() at the middle of the call",
    note=(
        "Off: needs a second connection with write access, opened only for this, and asks software inside"
        " the guest. For a remote host this holds the clock difference of the hosts too."
    ),
    set="optional",
)
USERS = Metric(
    "libvirt_domain_agent_users",
    "gauge",
    "Users logged in to the guest (libvirt guest info users).",
    labels=DOMAIN,
    source="guestInfo(USERS) user.count",
    note=(
        "Off: needs a second connection with write access, opened only for this, and asks software inside"
        " the guest. Names are left out: personal data."
    ),
    set="optional",
)
LOAD1 = Metric(
    "libvirt_domain_agent_load1",
    "gauge",
    "Load average of the guest over 1 minute (libvirt guest info load).",
    labels=DOMAIN,
    source="guestInfo(LOAD) load.1m",
    note=(
        "Off: needs a second connection with write access, opened only for this, and asks software inside"
        " the guest. Since libvirt 11.2.0."
    ),
    set="optional",
)
LOAD5 = Metric(
    "libvirt_domain_agent_load5",
    "gauge",
    "Load average of the guest over 5 minutes (libvirt guest info load).",
    labels=DOMAIN,
    source="guestInfo(LOAD) load.5m",
    note=(
        "Off: needs a second connection with write access, opened only for this, and asks software inside"
        " the guest. Since libvirt 11.2.0."
    ),
    set="optional",
)
LOAD15 = Metric(
    "libvirt_domain_agent_load15",
    "gauge",
    "Load average of the guest over 15 minutes (libvirt guest info load).",
    labels=DOMAIN,
    source="guestInfo(LOAD) load.15m",
    note=(
        "Off: needs a second connection with write access, opened only for this, and asks software inside"
        " the guest. Since libvirt 11.2.0."
    ),
    set="optional",
)
FILESYSTEM_SIZE_BYTES = Metric(
    "libvirt_domain_agent_filesystem_size_bytes",
    "gauge",
    "Size of a file system in the guest (libvirt guest info filesystem).",
    labels=("domain", "device", "fstype", "mountpoint"),
    unit="bytes",
    source="guestInfo(FILESYSTEM) fs.<n>.{name,fstype,mountpoint,total-bytes}",
    note=(
        "Off: needs a second connection with write access, opened only for this, and asks software inside"
        " the guest. Pseudo and read-only image file systems are filtered out."
    ),
    set="optional",
)
FILESYSTEM_USED_BYTES = Metric(
    "libvirt_domain_agent_filesystem_used_bytes",
    "gauge",
    "Space in use on a file system in the guest (libvirt guest info filesystem).",
    labels=("domain", "device", "fstype", "mountpoint"),
    unit="bytes",
    source="guestInfo(FILESYSTEM) fs.<n>.used-bytes",
    note=(
        "Off: needs a second connection with write access, opened only for this, and asks software inside the guest."
    ),
    set="optional",
)
FILESYSTEM_DISK_INFO = Metric(
    "libvirt_domain_agent_filesystem_disk_info",
    "info",
    "Disk that a file system in the guest lies on (libvirt guest info filesystem).",
    labels=("domain", "mountpoint", "target_device", "device"),
    source="guestInfo(FILESYSTEM) fs.<n>.disk.<m>.{alias,device}",
    note=(
        "Off: needs a second connection with write access, opened only for this, and asks software inside the guest."
    ),
    set="optional",
)
DISK_INFO = Metric(
    "libvirt_domain_agent_disk_info",
    "info",
    "Disk as the guest names it (libvirt guest info disks).",
    labels=("domain", "device", "target_device", "serial", "bus"),
    source="guestInfo(DISKS) disk.<n>.{name,alias,serial,guest_bus}",
    note=(
        "Off: needs a second connection with write access, opened only for this, and asks software inside the guest."
    ),
    set="optional",
)
ADDRESS_INFO = Metric(
    "libvirt_domain_agent_address_info",
    "info",
    "Address of an interface in the guest (libvirt guest info interfaces).",
    labels=("domain", "interface", "mac_address", "address", "prefix"),
    source="guestInfo(INTERFACES) if.<n>.{name,hwaddr,addr.<m>.{addr,prefix}}",
    note=(
        "Off: needs a second connection with write access, opened only for this, and asks software inside the guest."
    ),
    set="optional",
)
VCPUS_ONLINE = Metric(
    "libvirt_domain_agent_vcpus_online",
    "gauge",
    "vCPUs the guest has online (libvirt virDomainGetGuestVcpus).",
    labels=DOMAIN,
    source="count of dom.guestVcpus()['online']",
    note=(
        "Off: needs a second connection with write access, opened only for this, and asks software inside the guest."
    ),
    set="optional",
)
VCPUS_OFFLINABLE = Metric(
    "libvirt_domain_agent_vcpus_offlinable",
    "gauge",
    "vCPUs the guest could switch off (libvirt virDomainGetGuestVcpus).",
    labels=DOMAIN,
    source="count of dom.guestVcpus()['offlinable']",
    note=(
        "Off: needs a second connection with write access, opened only for this, and asks software inside the guest."
    ),
    set="optional",
)
METRICS = (
    UP,
    TIMESTAMP_SECONDS,
    OS_INFO,
    HOSTNAME_INFO,
    TIMEZONE_INFO,
    TIMEZONE_OFFSET_SECONDS,
    CLOCK_OFFSET_SECONDS,
    USERS,
    LOAD1,
    LOAD5,
    LOAD15,
    FILESYSTEM_SIZE_BYTES,
    FILESYSTEM_USED_BYTES,
    FILESYSTEM_DISK_INFO,
    DISK_INFO,
    ADDRESS_INFO,
    VCPUS_ONLINE,
    VCPUS_OFFLINABLE,
)
