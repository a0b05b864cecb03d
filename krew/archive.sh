#!/bin/sh
# Packs one program as krew and people download it. The same inputs give the same bytes: names in order, one time, no owner.
#
#   archive.sh OS ARCH BINARY DIST [FILE...]
#
# Writes DIST/kubectl-daemonset_OS_ARCH.tar.gz and .zip: flat, the program with mode 0755, LICENSE and each FILE with
# 0644. SOURCE_DATE_EPOCH is the time of everything inside, else 1980 begins there, before which zip knows no time.
# Needs GNU tar, gzip and zip.
set -eu
export LC_ALL=C TZ=UTC
umask 022
fail() { echo "archive.sh: $*" >&2; exit 1; }
[ $# -ge 4 ] || fail "usage: archive.sh OS ARCH BINARY DIST [FILE...]"
os=$1 arch=$2 binary=$3 dist=$4
shift 4
root=$(cd "$(dirname "$0")/.." && pwd)
for tool in tar gzip zip; do command -v "$tool" >/dev/null || fail "there is no $tool here"; done
tar --version | grep -q 'GNU tar' || fail "tar is not GNU tar"
[ -f "$binary" ] || fail "there is no program $binary"

stage=$(mktemp -d)
trap 'rm -rf "$stage"' EXIT
program=kubectl-daemonset
[ "$os" != windows ] || program=$program.exe
cp "$binary" "$stage/$program"
chmod 0755 "$stage/$program"
for file in "$root/LICENSE" "$@"; do
    cp "$file" "$stage/"
    chmod 0644 "$stage/$(basename "$file")"
done
time=${SOURCE_DATE_EPOCH:-315532800}
find "$stage" -mindepth 1 -exec touch -h -d "@$time" {} +

mkdir -p "$dist"
dist=$(cd "$dist" && pwd)
name=kubectl-daemonset_${os}_$arch
cd "$stage"
tar --create --format=ustar --sort=name --mtime="@$time" --owner=0 --group=0 --numeric-owner --no-recursion -- * |
    gzip -n -9 >"$dist/$name.tar.gz"
rm -f "$dist/$name.zip"
# -X leaves out owner and the times that differ; the order is that of the names.
zip -q -X -9 "$dist/$name.zip" -- *
