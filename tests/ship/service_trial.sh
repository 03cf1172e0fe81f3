#!/bin/bash
# Runs inside a booted Debian that has libvirt and the old exporter: installs the package, and writes one NAME=VALUE line
# for each thing looked at.
exec 3> /trial.report
say() { echo "$1=$2" >&3; }

page() { curl --silent --max-time 5 "http://127.0.0.1:9177$1"; }
up() { page /metrics | sed -n 's/^libvirt_up //p'; }
pid() { systemctl show --property MainPID --value libvirt-exporter; }

# Runs a command until it prints the value, for 60 s at most; then prints what it printed last.
until_it_is() {
    local wanted="$1" last='' deadline=$((SECONDS + 60))
    shift
    while [ "$SECONDS" -lt "$deadline" ]; do
        last="$("$@")"
        [ "$last" != "$wanted" ] || break
        sleep 0.2
    done
    echo "$last"
}

ready() { curl --silent --output /dev/null --write-out '%{http_code}' http://127.0.0.1:9177/-/ready; }
other_pid() { [ "$(pid)" != "$1" ] && [ "$(pid)" != 0 ] && systemctl is-active libvirt-exporter; }

old_serves() { page /metrics | grep -c '^libvirt_up '; }
say old_serves "$(until_it_is 1 old_serves)"
apt-get -q install --yes --no-install-recommends /srv/libvirt-exporter_*.deb > /trial.apt 2>&1
say takes_over "$?"
say old_runs "$(systemctl is-active prometheus-libvirt-exporter)"
say started "$(until_it_is active systemctl is-active libvirt-exporter)"
say ready "$(until_it_is 200 ready)"
say up "$(up)"
bash -eux /documented.sh > /trial.documented 2>&1
say documented "$?"
say user "$(stat --format %U "/proc/$(pid)")"
say exposure "$(systemd-analyze security libvirt-exporter | sed -n 's/.*exposure level.*: \([0-9.]*\) .*/\1/p')"

# What the service sees of the sockets, as its own user.
inside() { nsenter --target "$(pid)" --mount setpriv --reuid libvirt-exporter --regid libvirt-exporter --clear-groups "$@"; }
say read_only_socket "$(inside virsh --readonly --connect qemu:///system uri)"
say read_write_socket "$(inside virsh --connect qemu:///system uri 2>&1 | grep -o 'Permission denied\|polkit' | head -1)"
say socket_mode "$(nsenter --target "$(pid)" --mount stat --format %a /run/libvirt/libvirt-sock)"
say open_files "$(sed -n 's/^Max open files *\([0-9]*\) .*/\1/p' "/proc/$(pid)/limits")"

# polkit: nobody may monitor any more, but the agent's user by its own rule.
cat > /etc/polkit-1/rules.d/60-nobody.rules <<'RULE'
polkit.addRule(function(action) { if (action.id == "org.libvirt.unix.monitor") { return polkit.Result.NO; } });
RULE
systemctl restart polkit libvirtd
say polkit_refuses_others "$(setpriv --reuid nobody --regid nogroup --clear-groups \
    libvirt-exporter --check 2>&1 | grep -o 'authentication failed[^"]*' | head -1)"
say polkit_lets_the_agent_in "$(until_it_is 1 up)"
rm /etc/polkit-1/rules.d/60-nobody.rules
systemctl restart polkit libvirtd

before="$(pid)"
systemctl reload libvirt-exporter
say reload_keeps_the_process "$([ "$before" = "$(pid)" ] && echo yes)"
kill -STOP "$before"
say watchdog_restarts "$(until_it_is active other_pid "$before")"

systemctl stop libvirtd.socket libvirtd-ro.socket libvirtd-admin.socket libvirtd
systemctl restart libvirt-exporter
say starts_without_libvirt "$(systemctl is-active libvirt-exporter)"
say up_without_libvirt "$(until_it_is 0 up)"
systemctl start libvirtd-ro.socket
say up_again "$(until_it_is 1 up)"

# Another host, which is this one, over SSH: with a key of the service's own, and the hosts that the machine knows.
install -d -m 750 -g libvirt-exporter /etc/libvirt-exporter.d
ssh-keygen -q -t ed25519 -N '' -f /etc/libvirt-exporter.d/id_ed25519
chown libvirt-exporter /etc/libvirt-exporter.d/id_ed25519
install -D -m 600 /etc/libvirt-exporter.d/id_ed25519.pub /root/.ssh/authorized_keys
echo "127.0.0.1 $(cat /etc/ssh/ssh_host_ed25519_key.pub)" > /etc/ssh/ssh_known_hosts
cp /etc/libvirt-exporter.yml /etc/libvirt-exporter.yml.kept
echo 'libvirt: {uri: "qemu+ssh://root@127.0.0.1/system?keyfile=/etc/libvirt-exporter.d/id_ed25519&no_tty=1"}' \
    > /etc/libvirt-exporter.yml
systemctl restart libvirt-exporter
say up_over_ssh "$(until_it_is 1 up)"
cp /etc/libvirt-exporter.yml.kept /etc/libvirt-exporter.yml
systemctl restart libvirt-exporter
say up_locally "$(until_it_is 1 up)"

begun="$(date +%s)"
systemctl stop libvirt-exporter
say stop_result "$(systemctl show --property Result --value libvirt-exporter)"
say stop_seconds "$(($(date +%s) - begun))"

install -D -m 644 /usr/share/doc/libvirt-exporter/examples/socket-activation.conf \
    /etc/systemd/system/libvirt-exporter.service.d/socket-activation.conf
systemctl daemon-reload
systemctl start libvirt-exporter.socket
say waits_for_a_connection "$(systemctl is-active libvirt-exporter)"
say socket_starts_it "$(until_it_is 1 up)"

echo 'libvirt: {uri: [1]}' > /etc/libvirt-exporter.yml
systemctl restart libvirt-exporter
say wrong_configuration "$(systemctl show --property ExecMainStatus --value libvirt-exporter)"
journalctl --unit libvirt-exporter --output cat --no-pager > /trial.log
systemctl poweroff --force
