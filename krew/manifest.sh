#!/bin/sh
# Writes the manifest that krew installs from, of the archives that are there.
#
#   manifest.sh NAME TAG DIST URL
#
# NAME is what users type behind kubectl: daemonset, or daemonset-doctor for an index that wants no bare resource
# names. URL is the folder that DIST will be downloaded from. Every line of `platforms` whose archive is in DIST
# becomes a platform. Writes to standard output.
set -eu
export LC_ALL=C
fail() { echo "manifest.sh: $*" >&2; exit 1; }
[ $# = 4 ] || fail "usage: manifest.sh NAME TAG DIST URL"
name=$1 tag=$2 dist=$3 url=$4
here=$(cd "$(dirname "$0")" && pwd)
case $name in '' | *[!a-z0-9-]*) fail "$name is no name of a plugin: a-z, 0-9 and - only" ;; esac
echo "$tag" | grep -Eqx 'v[0-9]+\.[0-9]+\.[0-9]+(-[0-9A-Za-z.-]+)?' || fail "$tag is no version like v1.2.3"
case $url in https://* | http://127.0.0.1:*) ;; *) fail "$url is not an https address" ;; esac
case $url in *[!A-Za-z0-9:/._~%-]*) fail "$url holds characters that an address would quote" ;; esac

homepage=${HOMEPAGE:-${url%%/releases/*}}
sed -e "s|@NAME@|$name|" -e "s|@VERSION@|$tag|" -e "s|@HOMEPAGE@|$homepage|" "$here/plugin.yaml.in"
found=
while read -r os arch _ format; do
    case $os in '' | '#') continue ;; esac
    archive=kubectl-daemonset_${os}_$arch.$format
    [ -f "$dist/$archive" ] || continue
    found=1
    program=kubectl-daemonset
    [ "$os" != windows ] || program=$program.exe
    cat <<EOF
    - selector:
        matchLabels:
          os: $os
          arch: $arch
      uri: $url/$archive
      sha256: "$(sha256sum <"$dist/$archive" | cut -d' ' -f1)"
      bin: $program
EOF
done <"$here/platforms"
[ -n "$found" ] || fail "there is no archive in $dist"
