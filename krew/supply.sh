#!/bin/sh
# Writes what a program was built from beside it: the notices of its packages, and the bill of materials.
#
#   supply.sh TARGET FOLDER
set -eu
[ $# = 2 ] || { echo "usage: supply.sh TARGET FOLDER" >&2; exit 1; }
target=$1
mkdir -p "$2"
folder=$(cd "$2" && pwd)
cd "$(dirname "$0")/.."
cargo run --quiet --locked -p supply -- notices "$target" >"$folder/THIRD-PARTY-NOTICES"
cargo run --quiet --locked -p supply -- sbom "$target" >"$folder/sbom.cdx.json"
