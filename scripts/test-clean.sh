#!/usr/bin/env bash
# Installs the wheel in a Debian that has nothing but Python, runs the example of docs/python.md there, and copies its report to target/tmp/clean/.
# Prints NOT RUN and the reason where debootstrap or the rights for it are missing.
#
#   scripts/test-wheel.sh && scripts/test-clean.sh
set -euo pipefail
cd "$(dirname "$0")/.."
command -v debootstrap >/dev/null || PATH=$PATH:/usr/sbin
command -v debootstrap >/dev/null || { echo "NOT RUN: debootstrap is missing (Debian's package debootstrap)"; exit 0; }
[ "$(id -u)" = 0 ] || { echo "NOT RUN: debootstrap and chroot need root"; exit 0; }
wheel=$(ls target/tmp/wheel/dist/*.whl)
out=target/tmp/clean
mkdir -p $out
root=$(mktemp -d)
trap 'umount "$root/proc" 2>/dev/null || true; rm -rf --one-file-system "$root"' EXIT

debootstrap --variant=minbase --include=python3,python3-venv,ca-certificates bookworm "$root" http://deb.debian.org/debian >$out/debootstrap.log
mount -t proc proc "$root/proc"
cp /etc/resolv.conf "$root/etc/"
# The host's certificates, because a proxy of the host may have its own.
cp /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/"
mkdir "$root/work"
cp -r configs "$wheel" "$root/work/"
# The first Python block of the page, and what it returns.
{
    sed -n '/^```python$/,/^```$/p;' docs/python.md | awk '/^```/ { blocks += /python/; next } blocks == 1'
    echo 'print(sweep.summary)'
    echo 'print(sweep.best(by="optimizer").to_pandas().to_string())'
    echo 'print(sweep.report)'
} >"$root/work/example.py"
in_root() { chroot "$root" env -i PATH=/usr/bin:/bin HOME=/root LANG=C.UTF-8 PIP_CERT=/etc/ssl/certs/ca-certificates.crt "$@"; }
in_root sh -c '! command -v cargo && ! command -v cc' >/dev/null
in_root sh -c 'cd /work && python3 -m venv environment && environment/bin/pip install --quiet *.whl pandas'
in_root sh -c 'cd /work && environment/bin/python example.py' | tee $out/output.txt
cp "$root$(tail -n 1 $out/output.txt)" $out/report.html
echo "the report is $out/report.html"
