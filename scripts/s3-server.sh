#!/usr/bin/env bash
# s3-server.sh start|stop|status: a real S3 server for the tests, radosgw (Ceph) from Debian, with one
# monitor and one object store in memory, all on loopback. `start` installs it when it is missing (needs
# root and apt), waits until it answers and prints endpoint, keys and bucket; a second start only prints
# them. Data lives in memory and goes with `stop`. Exits 3 when it cannot run on this machine.
set -euo pipefail

port=${SIGNALBOX_S3_PORT:-17480}
dir=${SIGNALBOX_S3_DIR:-${TMPDIR:-/tmp}/signalbox-s3}
endpoint=http://127.0.0.1:$port
key=AKTEST secret=SKTEST bucket=signalbox-test
export CEPH_CONF=$dir/ceph.conf

answers() { curl -so /dev/null --max-time 2 "$endpoint/"; }

describe() {
  echo "endpoint=$endpoint access-key=$key secret-key=$secret bucket=$bucket"
  echo "export SIGNALBOX_TEST_S3=$endpoint"
}

cannot() { echo "s3-server: $1" >&2; exit 3; }

install_packages() {
  command -v radosgw >/dev/null && command -v ceph-mon >/dev/null && command -v ceph-osd >/dev/null && return
  command -v apt-get >/dev/null || cannot 'radosgw is not installed and there is no apt-get'
  [ "$(id -u)" = 0 ] || cannot 'radosgw is not installed and installing it needs root'
  echo 's3-server: installing radosgw (about 64 MB)' >&2
  { apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -yq --no-install-recommends \
    radosgw ceph-mon ceph-osd ceph-common curl; } >"$dir/install.log" 2>&1 \
    || cannot "apt-get failed, see $dir/install.log"
}

write_config() {
  mkdir -p "$dir"/{mon,osd,run,log,rgw}
  cat >"$CEPH_CONF" <<C
[global]
fsid = $1
mon host = v2:127.0.0.1:13300
public addr = 127.0.0.1
cluster addr = 127.0.0.1
keyring = $dir/keyring
run dir = $dir/run
log file = $dir/log/\$name.log
admin socket = $dir/run/\$name.asok
pid file = $dir/run/\$name.pid
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 8
osd pool default pgp num = 8
osd pool default pg autoscale mode = off
osd crush chooseleaf type = 0
mon allow pool size one = true
mon data avail crit = 1
mon data = $dir/mon
osd data = $dir/osd
osd objectstore = memstore
memstore device bytes = 2147483648
ms bind msgr1 = false
[client.rgw]
rgw frontends = beast endpoint=127.0.0.1:$port
rgw data = $dir/rgw
C
}

make_keys() {
  ceph-authtool --create-keyring "$dir/keyring" --gen-key -n mon. --cap mon 'allow *'
  ceph-authtool "$dir/keyring" --gen-key -n client.admin --cap mon 'allow *' --cap osd 'allow *' --cap mgr 'allow *'
  ceph-authtool "$dir/keyring" --gen-key -n osd.0 --cap mon 'allow profile osd' --cap osd 'allow *' --cap mgr 'allow *'
  ceph-authtool "$dir/keyring" --gen-key -n client.rgw --cap mon 'allow rw' --cap osd 'allow rwx' --cap mgr 'allow *'
}

boot() {
  local fsid osd
  fsid=$(cat /proc/sys/kernel/random/uuid) osd=$(cat /proc/sys/kernel/random/uuid)
  write_config "$fsid"
  make_keys
  monmaptool --create --clobber --fsid "$fsid" --addv a '[v2:127.0.0.1:13300]' "$dir/monmap"
  ceph-mon --mkfs -i a --monmap "$dir/monmap" --keyring "$dir/keyring"
  ceph-mon -i a
  ceph osd new "$osd"
  ceph-osd -i 0 --mkfs --osd-uuid "$osd"
  ceph-osd -i 0
  radosgw -n client.rgw
}

start() {
  if answers; then describe; return; fi
  stop
  mkdir -p "$dir"
  install_packages
  boot >"$dir/boot.log" 2>&1 || cannot "Ceph did not start, see $dir/boot.log"
  for _ in $(seq 200); do answers && break; sleep 0.3; done
  answers || cannot "radosgw does not answer on $endpoint, see $dir/log"
  radosgw-admin user create --uid=test --display-name=test --access-key=$key --secret-key=$secret \
    >"$dir/user.log" 2>&1 || cannot "no test user, see $dir/user.log"
  describe
}

stop() {
  local file pid
  for file in "$dir"/run/*.pid; do
    [ -e "$file" ] || continue
    pid=$(cat "$file")
    kill "$pid" 2>/dev/null || continue
    for _ in $(seq 50); do kill -0 "$pid" 2>/dev/null || break; sleep 0.1; done
    kill -9 "$pid" 2>/dev/null || true
  done
  rm -rf "$dir"
}

case "${1:-}" in
  start) start ;;
  stop) stop ;;
  status) if answers; then describe; else echo 'not running'; exit 1; fi ;;
  *) echo 'usage: s3-server.sh start|stop|status' >&2; exit 2 ;;
esac
