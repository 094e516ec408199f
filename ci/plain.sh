#!/bin/sh
# Checks definition files and fails on new findings only: known ones are in the baseline.
#
#   ci/plain.sh [PATH...]      check; without a path the current folder
#   ci/plain.sh --accept       take all findings there are now as known
#
# BASELINE names the file of known findings, REPORTS the folder that the reports are written to.
set -eu
baseline=${BASELINE:-sifcheck-baseline.json}
reports=${REPORTS:-reports}

if [ "${1:-}" = --accept ]; then
    shift
    [ $# -gt 0 ] || set -- .
    exec sifcheck check --write-baseline "$baseline" -- "$@"
fi
[ $# -gt 0 ] || set -- .
mkdir -p "$reports"
set -- --output "junit:$reports/sifcheck.xml" --output "checkstyle:$reports/checkstyle.xml" -- "$@"
[ ! -f "$baseline" ] || set -- --baseline "$baseline" "$@"
exec sifcheck check --output-format concise "$@"
