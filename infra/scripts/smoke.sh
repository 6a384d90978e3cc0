#!/bin/sh
# Smoke test of a deployed facade: it lives, it is ready, and it answers as documented. Books nothing.
#
# usage: smoke.sh API_BASE_URL [BUSINESS]      (azd env get-value API_BASE_URL; it ends in /api)
set -eu

base=${1:-}
business=${2:-}
[ -n "$base" ] || { sed -n '4s/^# //p' "$0" >&2; exit 2; }
base=${base%/}

# A new package takes a moment to start; only the first question waits for it.
expect() { # STATUS PATH ATTEMPTS
    attempt=1
    while :; do
        status=$(curl --silent --output /dev/null --max-time 40 --write-out '%{http_code}' "$base$2") || status=000
        [ "$status" = "$1" ] && break
        if [ "$attempt" -ge "$3" ]; then
            echo "FAIL $2: $status, expected $1" >&2
            exit 1
        fi
        attempt=$((attempt + 1))
        sleep "${SMOKE_RETRY_SECONDS:-10}"
    done
    echo "ok   $2: $status"
}

expect 200 /health/live "${SMOKE_ATTEMPTS:-12}"
expect 200 /health/ready "${SMOKE_ATTEMPTS:-12}"
expect 200 /openapi.json 1
expect 404 /v1/businesses/there-is-no-such-business/services 1
if [ -n "$business" ]; then
    expect 200 "/v1/businesses/$business/services" 1
fi
