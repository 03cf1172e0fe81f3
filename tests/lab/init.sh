#!/bin/busybox sh
# Process 1 of the laboratory's guests. The kernel command line says what the guest does:
#   lab.role=writer|dirtier|idle|busy|panic|reboot|poweroff|watchdog   lab.after=SECONDS (before panic, reboot, poweroff)
#   lab.ip=ADDRESS/BITS or dhcp   lab.agent (answer as a guest agent)   lab.peer=ADDRESS (who the writer talks to)
/bin/busybox --install -s /bin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
while read -r module; do
    insmod "/modules/$module"
done < /modules/order

role=idle after=0 ip= peer= agent=
for word in $(cat /proc/cmdline); do
    case "$word" in
        lab.role=*) role=${word#*=} ;;
        lab.after=*) after=${word#*=} ;;
        lab.agent) agent=yes ;;
        lab.ip=*) ip=${word#*=} ;;
        lab.peer=*) peer=${word#*=} ;;
    esac
done

# The first event of the ACPI power button shuts the guest down.
for event in /sys/class/input/event*; do
    [ "$(cat "$event/device/name")" = "Power Button" ] || continue
    (dd if="/dev/input/${event##*/}" of=/dev/null bs=24 count=1 2> /dev/null; poweroff -f) &
done

ip link set lo up
if [ -n "$ip" ] && [ -d /sys/class/net/eth0 ]; then
    ip link set eth0 up
    case "$ip" in
        dhcp) udhcpc -i eth0 -q -n -t 20 -x hostname:lab-guest -s /bin/true > /dev/null 2>&1 ;;
        *) ip address add "$ip" dev eth0 ;;
    esac
fi

# As much of a guest agent as libvirt asks for, with fixed answers but for the clock.
answer() {
    until port=$(grep -lx org.qemu.guest_agent.0 /sys/class/virtio-ports/*/name 2> /dev/null); do
        sleep 0.1
    done
    port=${port%/name}
    exec 3<> "/dev/${port##*/}"
    while true; do
        # The end of the file means that nobody listens on the host yet, or any more.
        if ! read -r line <&3; then
            sleep 0.1
            continue
        fi
        case "$line" in
            *'"guest-sync'*) id=${line##*'"id":'}; said=${id%%'}'*} ;;
            *'"guest-get-osinfo"'*)
                said='{"id":"lab","name":"Lab Linux","version-id":"1","kernel-release":"6.1","machine":"x86_64"}' ;;
            *'"guest-get-host-name"'*) said='{"host-name":"lab-guest"}' ;;
            *'"guest-get-timezone"'*) said='{"zone":"CET","offset":3600}' ;;
            *'"guest-get-users"'*) said='[{"user":"ann","login-time":1.5},{"user":"bob","login-time":2.5}]' ;;
            *'"guest-get-time"'*) said=$(date +%s)000000000 ;;
            *'"guest-get-vcpus"'*)
                said='[{"logical-id":0,"online":true,"can-offline":false},{"logical-id":1,"online":true,"can-offline":true}]' ;;
            *'"guest-get-fsinfo"'*)
                said='[{"name":"vda1","mountpoint":"/","type":"ext4","used-bytes":1000,"total-bytes":4000,"disk":[]},'\
'{"name":"none","mountpoint":"/tmp","type":"tmpfs","used-bytes":1,"total-bytes":2,"disk":[]}]' ;;
            *'"guest-network-get-interfaces"'*)
                said='[{"name":"eth0","hardware-address":"52:54:00:00:00:01","ip-addresses":'\
'[{"ip-address":"192.0.2.7","ip-address-type":"ipv4","prefix":24}]}]' ;;
            *) said= ;;
        esac
        case "$line" in *'"guest-sync-delimited"'*) printf '\377' >&3 ;; esac
        if [ -n "$said" ]; then
            printf '{"return": %s}\n' "$said" >&3
        else
            echo '{"error": {"class": "CommandNotFound", "desc": "not known to the laboratory"}}' >&3
        fi
    done
}
[ -z "$agent" ] || answer &
echo "lab: ready as $role"

write() {
    for disk in /dev/vda /dev/sda; do
        [ -b "$disk" ] || continue
        dd if=/dev/zero of="$disk" bs=64k count=16 oflag=direct conv=fsync 2>/dev/null
        dd if="$disk" of=/dev/null bs=64k count=16 iflag=direct 2>/dev/null
        sync
    done
    [ -z "$peer" ] || ping -c 1 -W 1 "$peer" > /dev/null 2>&1
}

# Writes 8 MiB of memory again and again: no two pages are alike, so that none is left out when they are moved.
dirty() {
    dd if=/dev/urandom of=/tmp/seed bs=64k count=128 2> /dev/null
    while true; do dd if=/tmp/seed of=/tmp/written bs=64k conv=notrunc 2> /dev/null; done
}

# Cloud kernels have no driver for it: the timers of an i6300ESB are at 0 and 4 of its memory, each write to them
# unlocked by 0x80 and 0x86 at 12; 2 at 104 of its configuration starts them.
arm_watchdog() {
    for device in /sys/bus/pci/devices/*; do
        [ "$(cat "$device/device")" = 0x25ab ] || continue
        echo 1 > "$device/enable"
        base=$(head -n 1 "$device/resource" | cut -d ' ' -f 1)
        for timer in 0 4; do
            devmem $((base + 12)) 32 0x80
            devmem $((base + 12)) 32 0x86
            devmem $((base + timer)) 32 0x400
        done
        printf '\002' | dd of="$device/config" bs=1 seek=104 conv=notrunc 2>/dev/null
    done
}

case "$role" in
    writer) while true; do write; sleep 0.5; done ;;
    dirtier) dirty ;;
    busy) while true; do :; done ;;
    panic) sleep "$after"; echo 1 > /proc/sys/kernel/sysrq; echo c > /proc/sysrq-trigger ;;
    reboot) sleep "$after"; reboot -f ;;
    poweroff) sleep "$after"; poweroff -f ;;
    watchdog) arm_watchdog; while true; do sleep 3600; done ;;
    *) while true; do sleep 3600; done ;;
esac
