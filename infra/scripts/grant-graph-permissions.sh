#!/bin/sh
# Grants the identity its application permissions on Microsoft Graph. Safe to run again: what is there stays.
#
# usage: grant-graph-permissions.sh [--check] PRINCIPAL_ID [read|book|cancel]
#   PRINCIPAL_ID  object id of the managed identity (azd env get-value AZURE_IDENTITY_PRINCIPAL_ID)
#   --check       change nothing; exit 3 if a permission is missing
# GRAPH_CLOUD names the cloud: global (default), usgov or dod.
# Needs `az login` as somebody who may write app role assignments, for example a Privileged Role Administrator.
set -eu

usage() {
    sed -n '4,8s/^# \{0,1\}//p' "$0" >&2
    exit 2
}

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source=infra/scripts/azure-account.sh
. "$here/azure-account.sh"

check_only=false
if [ "${1:-}" = --check ]; then
    check_only=true
    shift
fi
principal=${1:-}
features=${2:-book}

# Only a GUID goes on into URLs and bodies, so nothing needs quoting after this line.
case $principal in
*[!0-9a-fA-F-]*) usage ;;
????????-????-????-????-????????????) ;;
*) usage ;;
esac

bookings_read_all=6e98f277-b046-4193-a4f2-6bf6a78cd491
bookings_appointment_read_write_all=9769393e-5a9f-4302-9e3d-7e018ecb64a7
bookings_read_write_all=0c4b2d20-7919-468d-8668-c54b09d4dee8
case $features in
read) wanted=$bookings_read_all ;;
book) wanted="$bookings_read_all $bookings_appointment_read_write_all" ;;
cancel) wanted=$bookings_read_write_all ;;
*) usage ;;
esac

case ${GRAPH_CLOUD:-global} in
global) graph=https://graph.microsoft.com ;;
usgov) graph=https://graph.microsoft.us ;;
dod) graph=https://dod-graph.microsoft.us ;;
*) usage ;;
esac
graph_app_id=00000003-0000-0000-c000-000000000000
assignments=$graph/v1.0/servicePrincipals/$principal/appRoleAssignments

# A new identity takes a while to reach every directory server; until then the directory knows nothing of it. Who is not
# signed in, or has not the right, is told at once: asking again would bring nothing else.
patiently() {
    attempt=1
    said=$(mktemp)
    until "$@" 2>"$said"; do
        cat "$said" >&2
        case $(cat "$said") in
        *'az login'* | *AADSTS* | *Authorization_RequestDenied* | *'Insufficient privileges'*) attempt=${GRANT_ATTEMPTS:-6} ;;
        esac
        if [ "$attempt" -ge "${GRANT_ATTEMPTS:-6}" ]; then
            rm -f "$said"
            return 1
        fi
        attempt=$((attempt + 1))
        echo "The directory does not know the identity yet; trying again in ${GRANT_RETRY_SECONDS:-10} s (attempt $attempt)." >&2
        sleep "${GRANT_RETRY_SECONDS:-10}"
    done
    rm -f "$said"
}

assign() { # APP_ROLE_ID
    az rest --only-show-errors --method post --resource "$graph/" --url "$assignments" \
        --headers Content-Type=application/json --output none \
        --body "{\"principalId\": \"$principal\", \"resourceId\": \"$resource\", \"appRoleId\": \"$1\"}"
}

list_granted() {
    az rest --only-show-errors --method get --resource "$graph/" --url "$assignments" \
        --query 'value[].appRoleId' --output tsv
}

require_account ""
granted=$(patiently list_granted)
missing=
for role in $wanted; do
    case "$granted" in
    *"$role"*) echo "granted already: $role" ;;
    *) missing="$missing $role" ;;
    esac
done

if [ -z "$missing" ]; then
    echo "nothing to do: '$features' is granted"
    exit 0
fi
if $check_only; then
    echo "missing:$missing"
    exit 3
fi

resource=$(az rest --only-show-errors --method get --resource "$graph/" \
    --url "$graph/v1.0/servicePrincipals(appId='$graph_app_id')" --query id --output tsv)
for role in $missing; do
    patiently assign "$role"
    echo "granted: $role"
done
