#!/bin/sh
# azd hook before provisioning: says what is missing or wrong before anything is made in Azure, and makes the secrets
# that are missing, once; azd keeps them in its environment.
# A new secret would break every booking link and every hashed e-mail, so nothing that exists is replaced.
set -eu
set -f # values hold whatever people type, and none of them is a pattern of file names

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source=infra/scripts/azure-account.sh
. "$here/azure-account.sh"

least=32
line_end='
'

one_of() { # NAME VALUE CHOICE...
    name=$1 value=$2
    shift 2
    [ -n "$value" ] || return 0
    for choice in "$@"; do
        [ "$value" != "$choice" ] || return 0
    done
    stop "$name is '$value'; it must be one of: $*."
}

whole() { # NAME VALUE LEAST MOST
    case $2 in
    '') return 0 ;;
    *[!0-9]* | ???????????*) ;;
    *) if [ "$2" -ge "$3" ] && [ "$2" -le "$4" ]; then return 0; fi ;;
    esac
    stop "$1 is '$2'; it must be a whole number from $3 to $4."
}

# The Functions host compares origins letter by letter with what a browser sends: scheme and host in lower case,
# perhaps a port, and nothing behind it. Spaces around them are taken away by the template.
origins() { # NAME VALUE
    case $2 in
    '') return 0 ;;
    *"$line_end"*) stop "$1 must be one line: origins with commas between." ;;
    ,* | *, | *,,*) stop "$1 is '$2'; between its commas an origin is missing." ;;
    esac
    before=$IFS
    IFS=,
    for origin in $2; do
        IFS=$before
        one_origin "$1" "$(printf '%s' "$origin" | sed 's/^ *//; s/ *$//')"
    done
    IFS=$before
}

one_origin() { # NAME ORIGIN
    case $2 in
    '*') return 0 ;;
    http://?* | https://?*) rest=${2#*://} ;;
    *) stop "$1 holds '$2', which is no origin: it must begin with https:// (or http://)." ;;
    esac
    case $rest in
    */) stop "$1 holds '$2', which would never match: take the slash at its end away." ;;
    */* | *\?* | *\#* | *@*) stop "$1 holds '$2', which would never match: an origin ends with its host or port." ;;
    *[A-Z]*) stop "$1 holds '$2', which would never match: browsers send the host in lower case." ;;
    *[!\ -~]*) stop "$1 holds '$2', which would never match: browsers send the name in ASCII (xn--...)." ;;
    *' '* | *"'"* | *'"'*) stop "$1 holds '$2', which is no origin." ;;
    *:443) case $2 in https*) stop "$1 holds '$2', which would never match: browsers leave :443 out." ;; esac ;;
    *:80) case $2 in http:*) stop "$1 holds '$2', which would never match: browsers leave :80 out." ;; esac ;;
    esac
}

# 32 random bytes as 64 hexadecimal digits; needs nothing that a POSIX system lacks
random_hex() {
    head -c 32 /dev/urandom | od -An -v -tx1 | tr -d ' \n'
}

ensure() { # NAME CURRENT_VALUE
    if [ -n "$2" ]; then
        [ "${#2}" -ge "$least" ] ||
            stop "$1 has ${#2} characters; at least $least are needed: azd env set $1 <value>."
        return 0
    fi
    [ -z "${CI:-}" ] ||
        stop "$1 is not set. A pipeline must be given the secret of the first deployment, never a new one."
    azd env set "$1" "$(random_hex)" || stop "azd could not keep $1; nothing was provisioned."
    echo "$1: made and kept in the azd environment"
}

[ -n "${BOOKING_BUSINESSES:-}" ] ||
    stop "BOOKING_BUSINESSES is not set. Name the booking pages, for example: azd env set BOOKING_BUSINESSES '{\"contoso-lunch\": \"contosolunch@contoso.com\"}'"
case $BOOKING_BUSINESSES in
*'{'*:*'}'*) ;;
*) stop "BOOKING_BUSINESSES is no JSON object such as {\"contoso-lunch\": \"contosolunch@contoso.com\"}. Put it into single quotes: azd env set BOOKING_BUSINESSES '...'" ;;
esac

one_of GRAPH_CLOUD "${GRAPH_CLOUD:-}" global usgov dod
one_of GRAPH_FEATURES "${GRAPH_FEATURES:-}" read book cancel
one_of GRAPH_GRANT "${GRAPH_GRANT:-}" auto script skip
one_of HUMAN_CHECK "${HUMAN_CHECK:-}" altcha turnstile off
one_of MICROSOFT_MANAGE_LINK "${MICROSOFT_MANAGE_LINK:-}" off service
one_of REQUIRE_CONSENT "${REQUIRE_CONSENT:-}" page all
one_of PYTHON_VERSION "${PYTHON_VERSION:-}" 3.13
one_of INSTANCE_MEMORY_MB "${INSTANCE_MEMORY_MB:-}" 512 2048 4096
one_of VNET_ENABLED "${VNET_ENABLED:-}" true false
one_of KEY_VAULT_ENABLED "${KEY_VAULT_ENABLED:-}" true false
whole MAXIMUM_INSTANCE_COUNT "${MAXIMUM_INSTANCE_COUNT:-}" 40 1000
whole PER_INSTANCE_CONCURRENCY "${PER_INSTANCE_CONCURRENCY:-}" 1 1000
whole ALWAYS_READY_HTTP "${ALWAYS_READY_HTTP:-}" 0 1000
origins CORS_ALLOWED_ORIGINS "${CORS_ALLOWED_ORIGINS:-}"

if [ "${HUMAN_CHECK:-altcha}" = turnstile ]; then
    for name in TURNSTILE_SITE_KEY TURNSTILE_SECRET; do
        eval "value=\${$name:-}"
        [ -n "$value" ] ||
            stop "HUMAN_CHECK is turnstile, and $name is not set: azd env set $name <value from Cloudflare>."
    done
fi

# Asked now, and not when everything else stands in Azure: the permissions on Graph are granted with the Azure CLI.
[ "${GRAPH_GRANT:-auto}" = skip ] ||
    require_account ", or leave the permissions to somebody else: azd env set GRAPH_GRANT skip"

ensure BOOKING_SECRET "${BOOKING_SECRET:-}"
[ "${HUMAN_CHECK:-altcha}" != altcha ] || ensure ALTCHA_HMAC_KEY "${ALTCHA_HMAC_KEY:-}"
