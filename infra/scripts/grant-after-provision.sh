#!/bin/sh
# azd hook after provisioning: gives the identity its Microsoft Graph permissions.
#
# GRAPH_GRANT (azd env set GRAPH_GRANT ...):
#   auto    the Bicep module; where that fails, the script (default)
#   script  the script alone
#   skip    somebody with directory rights runs the script by hand
# GRAPH_FEATURES: read, book (default) or cancel.
set -eu

here=$(CDPATH= cd -- "$(dirname -- "$0")" && pwd)
principal=${AZURE_IDENTITY_PRINCIPAL_ID:?is an output of the deployment; run azd provision first}
features=${GRAPH_FEATURES:-book}
how=${GRAPH_GRANT:-auto}

say_by_hand() {
    echo "A Privileged Role Administrator can grant the permissions later, after az login:" >&2
    echo "  GRAPH_CLOUD=${GRAPH_CLOUD:-global} infra/scripts/grant-graph-permissions.sh $principal $features" >&2
}

by_module() {
    az deployment group create --only-show-errors --output none --name graph-permissions \
        --resource-group "$AZURE_RESOURCE_GROUP" --template-file "$here/../graph/permissions.bicep" \
        --parameters principalId="$principal" features="$features"
}

by_script() {
    "$here/grant-graph-permissions.sh" "$principal" "$features"
}

case $how in
skip)
    echo "GRAPH_GRANT=skip: no permission was granted." >&2
    say_by_hand
    exit 0
    ;;
auto | script) ;;
*)
    echo "GRAPH_GRANT is '$how'; it must be auto, script or skip" >&2
    exit 2
    ;;
esac

# A second deployment of the module fails where the assignments exist, so look before deploying.
if "$here/grant-graph-permissions.sh" --check "$principal" "$features"; then
    exit 0
fi
if [ "$how" = auto ] && [ "${GRAPH_CLOUD:-global}" = global ]; then
    by_module && exit 0
    echo "The Bicep module did not get through; using the script." >&2
fi
if ! by_script; then
    echo "The Microsoft Graph permissions could not be granted with your rights." >&2
    say_by_hand
    echo "To go on without them: azd env set GRAPH_GRANT skip, then azd up again." >&2
    exit 1
fi
