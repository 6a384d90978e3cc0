#!/bin/sh
# azd hook before provisioning: asks for the one setting without a default, and makes the secrets that are missing,
# once; azd keeps them in its environment.
# A new secret would break every booking link and every hashed e-mail, so nothing that exists is replaced.
set -eu

least=32

# 32 random bytes as 64 hexadecimal digits; needs nothing that a POSIX system lacks
random_hex() {
    head -c 32 /dev/urandom | od -An -v -tx1 | tr -d ' \n'
}

ensure() { # NAME CURRENT_VALUE
    if [ -n "$2" ]; then
        if [ "${#2}" -lt "$least" ]; then
            echo "$1 has ${#2} characters; at least $least are needed: azd env set $1 <value>" >&2
            exit 1
        fi
        return
    fi
    if [ -n "${CI:-}" ]; then
        echo "$1 is not set. A pipeline must be given the secret of the first deployment, never a new one." >&2
        exit 1
    fi
    azd env set "$1" "$(random_hex)"
    echo "$1: made and kept in the azd environment"
}

if [ -z "${BOOKING_BUSINESSES:-}" ]; then
    echo "BOOKING_BUSINESSES is not set. Name the booking pages, for example:" >&2
    echo "  azd env set BOOKING_BUSINESSES '{\"contoso-lunch\": \"contosolunch@contoso.com\"}'" >&2
    exit 1
fi
ensure BOOKING_SECRET "${BOOKING_SECRET:-}"
case "${HUMAN_CHECK:-altcha}" in
altcha) ensure ALTCHA_HMAC_KEY "${ALTCHA_HMAC_KEY:-}" ;;
esac
