#!/bin/sh
# To be read by other scripts: require_account stops, in a second and with one sentence, where the Azure CLI cannot
# work for this deployment. It has a subscription and a tenant of its own choosing, whatever azd was told.

stop() { # SENTENCE
    printf '%s\n' "$1" >&2
    exit 1
}

require_account() { # WHAT_TO_DO_WITHOUT
    command -v az >/dev/null 2>&1 ||
        stop "The Azure CLI (az) was not found. Install it and run az login$1."
    # With nobody signed in az writes a page of advice, of which one sentence is enough.
    signed_in=$(az account show --only-show-errors --query id --output tsv 2>/dev/null) ||
        stop "The Azure CLI is not signed in. Run az login$1."
    if [ -n "${AZURE_SUBSCRIPTION_ID:-}" ] && [ "$signed_in" != "$AZURE_SUBSCRIPTION_ID" ]; then
        stop "The Azure CLI is in the subscription $signed_in, and this deployment in $AZURE_SUBSCRIPTION_ID. Run az account set --subscription $AZURE_SUBSCRIPTION_ID$1."
    fi
}
