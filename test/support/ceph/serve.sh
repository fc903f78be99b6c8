#!/usr/bin/env bash
# A Ceph cluster of one monitor, one OSD that keeps everything in memory, and one RADOS gateway, on 127.0.0.1, without
# systemd and as any user. Prints one line of JSON when the gateway answers (endpoint, accessKeyId, secretAccessKey), and
# ends, leaving nothing behind, when standard input is closed or a signal comes.
#
#   apt-get install --no-install-recommends ceph-mon ceph-osd radosgw ceph-common
#   test/support/ceph/serve.sh < /dev/tty
set -euo pipefail

readonly access_key=CEPHACCESSKEY secret_key=ceph-secret-access-key
folder=$(mktemp -d "${TMPDIR:-/tmp}/ceph-XXXXXX")
daemons=() helper=

clean_up() {
  trap - EXIT
  # Where whoever started this has gone, a message of the shell's would end it here.
  exec >/dev/null 2>&1
  # Nothing of it is to be kept: no daemon has to end in good order.
  kill -KILL "${daemons[@]}" $helper 2>/dev/null || true
  wait
  rm -rf "$folder"
}
trap clean_up EXIT
trap 'exit 143' TERM
trap 'exit 130' INT

fail() {
  echo "$1" >&2
  tail -n 20 "$folder"/*.log >&2
  exit 1
}

free_port() {
  local port
  while port=$((RANDOM % 10000 + 20000)) && (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; do :; done
  echo "$port"
}

# Runs a daemon; the kernel ends it with this script, whatever ends that.
daemon() {
  local program=$1
  setpriv --pdeathsig KILL "$@" --conf "$CEPH_CONF" --foreground >"$folder/$program.log" 2>&1 </dev/null &
  daemons+=($!)
}

# Runs a command so that a signal to this script ends it as well.
run() {
  "$@" >"$folder/last-try.log" 2>&1 </dev/null &
  helper=$!
  wait "$helper"
}

# Tries a command until it succeeds, as long as the daemon started last is there.
until_success() {
  local what=$1
  shift
  until run "$@"; do
    kill -0 "${daemons[-1]}" 2>/dev/null || fail "$what has ended."
    ((SECONDS < 60)) || fail "$what was not ready within a minute."
    sleep 0.2
  done
}

monitor_port=$(free_port)
gateway_port=$(free_port)
osd_uuid=$(cat /proc/sys/kernel/random/uuid)
export CEPH_CONF=$folder/ceph.conf
cat >"$CEPH_CONF" <<CONF
[global]
fsid = $(cat /proc/sys/kernel/random/uuid)
mon host = v2:127.0.0.1:$monitor_port
auth cluster required = none
auth service required = none
auth client required = none
ms mon client mode = crc
run dir = $folder
pid file = $folder/\$name.pid
admin socket =
log file =
log to stderr = true
debug rgw = 1
mon data = $folder/mon
osd data = $folder/osd
rgw data = $folder/rgw
osd objectstore = memstore
memstore device bytes = 2147483648
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 1
osd pool default pg autoscale mode = off
osd crush chooseleaf type = 0
mon allow pool size one = true
rgw frontends = beast endpoint=127.0.0.1:$gateway_port
rgw enable usage log = false
rgw thread pool size = 32
[mon]
public addr = 127.0.0.1:$monitor_port
[osd]
public addr = 127.0.0.1
cluster addr = 127.0.0.1
CONF
mkdir "$folder/mon" "$folder/osd" "$folder/rgw"

ceph-mon --mkfs --id a >"$folder/ceph-mon.log" 2>&1 || fail 'ceph-mon --mkfs failed.'
daemon ceph-mon --id a
until_success ceph-mon ceph --connect-timeout 5 osd new "$osd_uuid" 0
ceph-osd --mkfs --id 0 --osd-uuid "$osd_uuid" >"$folder/ceph-osd.log" 2>&1 || fail 'ceph-osd --mkfs failed.'
daemon ceph-osd --id 0
until_success ceph-osd radosgw-admin user create --uid test --display-name test \
  --access-key "$access_key" --secret-key "$secret_key"
daemon radosgw --name client.rgw
answers() { (exec 3<>"/dev/tcp/127.0.0.1/$gateway_port") 2>/dev/null; }
until_success radosgw answers

echo "{\"endpoint\":\"http://127.0.0.1:$gateway_port\",\"accessKeyId\":\"$access_key\",\"secretAccessKey\":\"$secret_key\"}"
while read -r; do :; done
