#!/bin/sh
# Looks at a program before it is packed: as small as promised, nothing of the machine that built it inside, and on Linux
# nothing needed of the machine that runs it.
#
#   inspect.sh TARGET BINARY [PATH...]
#
# PATHs are those of the machine, which may not be found in the program.
set -eu
export LC_ALL=C
fail() { echo "inspect.sh: $*" >&2; exit 1; }
[ $# -ge 2 ] || fail "usage: inspect.sh TARGET BINARY [PATH...]"
target=$1 binary=$2
shift 2
most=11000000
[ -f "$binary" ] || fail "there is no program $binary"
size=$(wc -c <"$binary")
[ "$size" -le "$most" ] || fail "$binary has $size bytes, more than $most"
for path in "$@"; do
    [ ${#path} -gt 1 ] || fail "'$path' is no path to look for"
    ! grep -aqF -e "$path" "$binary" || fail "$binary names $path of the machine that built it"
done
case $target in *-linux-*)
    command -v readelf >/dev/null || fail "there is no readelf here: apt-get install binutils"
    ! readelf -d "$binary" | grep -E 'NEEDED|RPATH|RUNPATH' || fail "$binary needs libraries of the machine"
    ! readelf -l "$binary" | grep 'INTERP' || fail "$binary needs a loader"
    ;;
esac
echo "$binary: $size bytes, nothing of this machine inside"
