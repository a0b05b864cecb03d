#!/bin/sh
# Builds the real Kubernetes that the tests run and prints the folder that holds it: cluster (every component),
# kubectl, krew, validate-krew-manifest. Each state of the inputs is built once for this machine, outside the checkout.
#
#   build.sh            the version that go.mod pins
#   build.sh 1.34.4     another one, with the same sources
set -eu
cd "$(dirname "$0")"
fail() { echo "build.sh: $*" >&2; exit 1; }

command -v go >/dev/null || fail "there is no Go toolchain here (go $(sed -n 's/^go //p' go.mod) or later): the tests build Kubernetes from its modules"
pinned=$(sed -n 's/^\tk8s.io\/kubernetes v//p' go.mod)
version=${1:-$pinned}
version=${version#v}
hash=$( (cat ./*.go go.mod go.sum build.sh; go version) | sha256sum | cut -c1-12)
cache=${XDG_CACHE_HOME:-${HOME:?}/.cache}/kubectl-daemonset-tests
out=$cache/v$version-$hash
if [ -e "$out/complete" ]; then
    echo "$out"
    exit
fi

mkdir -p "$cache" || fail "cannot make $cache"
work=$(mktemp -d "$cache/.building-XXXXXX") || fail "cannot write into $cache"
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
mkdir "$work/src" "$work/bin"
cp ./*.go go.mod go.sum "$work/src" || fail "cannot write into $cache"
cd "$work/src"
log=$cache/v$version.log
: >"$log" || fail "cannot write $log"
# run WHAT COMMAND...: WHAT is what failed, if COMMAND does; then the log tells all, and the usual causes have their sentence.
run() {
    what=$1
    shift
    "$@" >>"$log" 2>&1 && return
    last=$(grep -v '^go: downloading\|^#\|^\s*$' "$log" | tail -n 1)
    if grep -q 'no space left on device' "$log"; then
        fail "$what: the disk is full; the folders that need room are $cache, $(go env GOCACHE), $(go env GOMODCACHE) and ${TMPDIR:-/tmp}; the log is $log"
    elif grep -q 'dial tcp\|no such host\|i/o timeout\|connection refused\|proxyconnect\|TLS handshake\|module lookup disabled' "$log"; then
        fail "$what: its Go modules are not in $(go env GOMODCACHE) and cannot be fetched from $(go env GOPROXY); the log is $log: $last"
    fi
    fail "$what; the log is $log: $last"
}
if [ "$version" != "$pinned" ]; then
    # The same direct requirements at that version; what follows from them is that version's own choice.
    staging=$version
    [ "${staging%%.*}" = 1 ] && staging=0.${staging#1.}
    sed -i -e '/krew\|kubectl/!{/\/\/ indirect$/d}' -e '/^\tgo.etcd.io/d' -e "s/v$pinned/v$version/" -e "s/v0.${pinned#1.}/v$staging/" go.mod
    run "there is no k8s.io/kubernetes v$version to be had" go mod download -json "k8s.io/kubernetes@v$version"
    upstream=$(sed -n 's/^.*"GoMod": "\(.*\)",$/\1/p' "$log")
    for module in $(sed -n 's/^\t\(k8s.io\/[a-z-]*\) => .\/staging.*/\1/p' "$upstream"); do
        go mod edit -replace "$module=$module@v$staging"
    done
    : >go.sum
    run "cannot choose the modules of Kubernetes v$version" go mod tidy
fi
minor=${version#*.}
stamp="-X k8s.io/component-base/version.gitVersion=v$version -X k8s.io/component-base/version.gitMajor=${version%%.*} -X k8s.io/component-base/version.gitMinor=${minor%%.*}"
echo "building Kubernetes v$version: about 7 minutes on 2 cores when nothing is cached" >&2
export CGO_ENABLED=0
run "Kubernetes v$version does not build" go build -trimpath -ldflags "-s -w $stamp" -o "$work/bin/cluster" .
run "the clients of v$version do not build" go build -trimpath -ldflags "-s -w $stamp" -o "$work/bin/" \
    k8s.io/kubernetes/cmd/kubectl sigs.k8s.io/krew/cmd/krew sigs.k8s.io/krew/cmd/validate-krew-manifest
touch "$work/bin/complete"
# Somebody else may have been quicker: theirs is as good.
mv -T "$work/bin" "$out" 2>/dev/null || [ -e "$out/complete" ] || fail "cannot write $out"
echo "$out"
