#!/bin/sh
# Makes what a release consists of from programs that are built: archives, notices, bills of materials, manifests, sums.
#
#   release.sh TAG PROGRAMS DIST URL
#
# PROGRAMS holds a folder for each Rust target of `platforms` with its program and what supply.sh wrote of it; a target
# without a program is left out. DIST is made anew. URL is the folder that DIST will be downloaded from.
#
# It packs and compiles nothing: the job that runs it may write a release and sign it.
set -eu
export LC_ALL=C
fail() { echo "release.sh: $*" >&2; exit 1; }
[ $# = 4 ] || fail "usage: release.sh TAG PROGRAMS DIST URL"
tag=$1 programs=$2 dist=$3 url=$4
here=$(cd "$(dirname "$0")" && pwd)
root=$(dirname "$here")
version=$(sed -n 's/^version = "\(.*\)"$/\1/p' "$root/Cargo.toml" | head -n 1)
[ "$tag" = "v$version" ] || fail "the tag is $tag, but Cargo.toml says $version"
[ ! -e "$dist" ] || rm -r "$dist"
mkdir -p "$dist"
stage=$(mktemp -d)
trap 'rm -rf "$stage"' EXIT
: "${SOURCE_DATE_EPOCH:=$(git -C "$root" log -1 --format=%ct)}"
export SOURCE_DATE_EPOCH

while read -r os arch target _; do
    case $os in '' | '#') continue ;; esac
    program=$programs/$target/kubectl-daemonset
    [ "$os" != windows ] || program=$program.exe
    [ -f "$program" ] || continue
    for part in THIRD-PARTY-NOTICES sbom.cdx.json; do
        [ -s "$programs/$target/$part" ] || fail "$programs/$target has no $part: supply.sh writes it"
        cp "$programs/$target/$part" "$stage/"
    done
    "$here/archive.sh" "$os" "$arch" "$program" "$dist" \
        "$root/README.md" "$stage/THIRD-PARTY-NOTICES" "$stage/sbom.cdx.json"
    cp "$stage/sbom.cdx.json" "$dist/kubectl-daemonset_${os}_$arch.cdx.json"
done <"$here/platforms"

for name in daemonset daemonset-doctor; do
    "$here/manifest.sh" "$name" "$tag" "$dist" "$url" >"$stage/$name.yaml"
    mv "$stage/$name.yaml" "$dist/"
done
cd "$dist"
sha256sum -- * >"$stage/SHA256SUMS"
mv "$stage/SHA256SUMS" .
