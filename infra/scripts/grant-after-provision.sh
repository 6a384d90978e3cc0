#!/bin/sh
# azd hook after provisioning: gives the identity its Microsoft Graph permissions, and waits for its new roles.
#
# GRAPH_GRANT (azd env set GRAPH_GRANT ...):
#   auto    the Bicep module; where that fails, the script (default)
#   script  the script alone
#   skip    somebody with directory rights runs the script by hand
# GRAPH_FEATURES: read, book (default) or cancel.
# ROLE_WAIT_SECONDS: how long a new identity's roles on the storage account are waited for (90).
set -eu

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source=infra/scripts/azure-account.sh
. "$here/azure-account.sh"
principal=${AZURE_IDENTITY_PRINCIPAL_ID:-}
features=${GRAPH_FEATURES:-book}
how=${GRAPH_GRANT:-auto}
[ -n "$principal" ] ||
    stop "AZURE_IDENTITY_PRINCIPAL_ID is not set. It is an output of the deployment: run azd provision first."

say_by_hand() {
    echo "A Privileged Role Administrator can grant the permissions later, after az login:" >&2
    echo "  GRAPH_CLOUD=${GRAPH_CLOUD:-global} infra/scripts/grant-graph-permissions.sh $principal $features" >&2
}

by_module() {
    az deployment group create --only-show-errors --output none --name graph-permissions \
        --subscription "$AZURE_SUBSCRIPTION_ID" \
        --resource-group "$AZURE_RESOURCE_GROUP" --template-file "$here/../graph/permissions.bicep" \
        --parameters principalId="$principal" features="$features"
}

by_script() {
    "$here/grant-graph-permissions.sh" "$principal" "$features"
}

grant() {
    require_account ", or leave the permissions to somebody else: azd env set GRAPH_GRANT skip"
    # A second deployment of the module fails where the assignments exist, so look before deploying.
    looked=0
    "$here/grant-graph-permissions.sh" --check "$principal" "$features" || looked=$?
    [ "$looked" -ne 0 ] || return 0
    # 3 says that a permission is missing. Whatever else it says, granting would meet the same.
    if [ "$looked" -eq 3 ]; then
        if [ "$how" = auto ] && [ "${GRAPH_CLOUD:-global}" = global ]; then
            by_module && return 0
            echo "The Bicep module did not get through; using the script." >&2
        fi
        by_script && return 0
    fi
    echo "The Microsoft Graph permissions could not be granted with your rights." >&2
    say_by_hand
    echo "To go on without them: azd env set GRAPH_GRANT skip, then azd up again." >&2
    exit 1
}

# The package is uploaded with the identity. A role that was assigned a moment ago is not known to the storage account
# yet: the upload ends with InaccessibleStorageException (Azure/azure-dev#8026), and azd does not try again. Nothing that
# can be asked from here tells when it is known, so a new identity is given time, once.
wait_for_roles() {
    [ "${ROLES_WAITED_FOR:-}" != "$principal" ] || return 0
    echo "Waiting ${ROLE_WAIT_SECONDS:-90} s until the storage account knows the roles of the new identity; the upload of the package needs them."
    sleep "${ROLE_WAIT_SECONDS:-90}"
    azd env set ROLES_WAITED_FOR "$principal"
}

case $how in
skip)
    echo "GRAPH_GRANT=skip: no permission was granted." >&2
    say_by_hand
    ;;
auto | script) grant ;;
*)
    echo "GRAPH_GRANT is '$how'; it must be auto, script or skip" >&2
    exit 2
    ;;
esac
wait_for_roles
