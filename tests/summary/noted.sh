#!/bin/bash
# noted.sh NAME COMMAND...: runs COMMAND and, if SUMMARY names a folder, keeps there what it printed and how long it took,
# for tests/summary/print.sh. Exits as COMMAND does.
set -u
name=$1
shift
[ -n "${SUMMARY:-}" ] || exec "$@"
mkdir -p "$SUMMARY"
began=$SECONDS
"$@" 2>&1 | tee "$SUMMARY/$name.log"
status=${PIPESTATUS[0]}
echo "$status $((SECONDS - began))" >"$SUMMARY/$name.status"
exit "$status"
