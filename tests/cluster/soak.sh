#!/usr/bin/env bash
# Runs the whole suite so often, to find what is green only most of the time: soak.sh RUNS THREADS
#
# target/soak holds a line for each run, and the output of those that failed. A run that fails does not end it, but it
# ends with failure then.
set -uo pipefail
cd "$(dirname "$0")/../.."
runs=$1 threads=$2
folder=target/soak
rm -rf "$folder"
mkdir -p "$folder"

# Built once, so that every run is of the same program.
built=$(cargo test --no-run --test cluster 2>&1) || { echo "$built" >&2; exit 1; }
program=$(sed -n 's|.*Executable tests/cluster/main.rs (\(.*\))|\1|p' <<<"$built")
cp "$program" "$folder/suite"
for run in $(seq "$runs"); do
    log="$folder/run-$run.log"
    began=$SECONDS
    "$folder/suite" --test-threads="$threads" >"$log" 2>&1
    code=$?
    counts=$(sed -n 's/^test result: [^.]*\. \([0-9]*\) passed; \([0-9]*\) failed.*/\1 passed, \2 failed/p' "$log" | tail -n 1)
    failed=$(sed -n 's/^test \([^ ]*\) *\.\.\. FAILED$/\1/p' "$log" | paste -sd ' ')
    echo "run $run: $((SECONDS - began)) s, ${counts:-it did not come to its end} (exit code $code) $failed" | tee -a "$folder/runs"
    [ "$code" = 0 ] && rm "$log"
done
green=$(grep -c '(exit code 0)' "$folder/runs")
seconds=$(sed 's/^run [0-9]*: \([0-9]*\) s.*/\1/' "$folder/runs" | sort -n)
middle=$(sed -n "$(((runs + 1) / 2))p" <<<"$seconds")
echo "$green of $runs runs are green: $(head -n 1 <<<"$seconds") to $(tail -n 1 <<<"$seconds") s, half of them within $middle s"
[ "$green" = "$runs" ] || { echo "what failed is in $folder" >&2; exit 1; }
