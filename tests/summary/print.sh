#!/bin/bash
# print.sh FOLDER: what noted.sh kept there, a line for each part of the tests: what ran, against which version, how long;
# then what was skipped, why, and the command that brings it. Fails in CI if something was skipped that CI should run.
set -u
shopt -s nullglob
total_passed=0 total_failed=0
printf '\n%s\n' "what ran:"
for kept in "$1"/*.status; do
    name=$(basename "$kept" .status) log=${kept%.status}.log
    read -r status seconds <"$kept"
    passed=$(sed -n 's/^test result: .* \([0-9]*\) passed;.*/\1/p' "$log" | awk '{n += $1} END {print n + 0}')
    failed=$(sed -n 's/^test result: .* \([0-9]*\) failed;.*/\1/p' "$log" | awk '{n += $1} END {print n + 0}')
    version=$(sed -n 's/^the real Kubernetes is \(.*\)$/ on Kubernetes \1/p' "$log" | head -n 1)
    [ "$status" = 0 ] && word=passed || word=FAILED
    [ $((passed + failed)) = 0 ] && count= || count=", $passed tests passed, $failed failed"
    printf '  %-14s %s%s in %s s%s\n' "$name" "$word" "$version" "$seconds" "$count"
    total_passed=$((total_passed + passed)) total_failed=$((total_failed + failed))
done
skipped=$(cat "$1"/*.log | grep -a '^skipped: ' | sed 's/^skipped: //' | sort -u)
if [ -n "$skipped" ]; then
    echo "skipped:"
    printf '%s\n' "$skipped" | sed 's/^/  /'
    number=$(printf '%s\n' "$skipped" | wc -l)
else
    echo "skipped: nothing"
    number=0
fi
echo "$total_passed passed, $total_failed failed, $number skipped"
