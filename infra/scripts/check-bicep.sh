#!/bin/sh
# Checks all Bicep files: with the Bicep compiler where there is one, and with an offline checker where one is named.
# What did not run is said.
#
# usage: [BICEP=/path/to/bicep] [BICEP_CHECK=/path/to/bicep_check.py] check-bicep.sh [INFRA_DIR]
#   BICEP        the compiler; without it, `bicep` of the PATH
#   BICEP_CHECK  the offline checker, which accepts --azmcp PATH --cache DIR FILE...; what it needs is installed from a
#                hashed lock into .venv-bicep (BICEP_VENV moves it) on first use
set -eu

root=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd)
infra=${1:-$root/infra}
venv=${BICEP_VENV:-$root/.venv-bicep}
lock=$root/infra/requirements-bicep.txt
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=false

fail() { # WHAT
    echo "bicep: FAILED: $1" >&2
    failed=true
}

# Runs a step of the compiler; its warnings are failures too.
compile() { # WHAT COMMAND...
    what=$1
    shift
    if ! "$@" >"$work/out" 2>"$work/said" || grep -Eq '\) : (Warning|Error) ' "$work/said"; then
        cat "$work/said" >&2
        fail "$what"
    fi
}

parameters() { # WHAT empty|unset
    what=$1 how=$2
    set --
    # Every optional variable is read with the default ''.
    # shellcheck disable=SC2013 # the names of variables are words
    for name in $(sed -n "s/.*readEnvironmentVariable('\([A-Z_]*\)', '').*/\1/p" "$infra/main.bicepparam"); do
        if [ "$how" = empty ]; then set -- "$@" "$name="; else set -- -u "$name" "$@"; fi
    done
    compile "main.bicepparam, $what" env "$@" AZURE_ENV_NAME=sample AZURE_LOCATION=westeurope \
        BOOKING_BUSINESSES='{"contoso-lunch": "contosolunch@contoso.com"}' \
        BOOKING_SECRET=0123456789abcdef0123456789abcdef \
        "$bicep" build-params "$infra/main.bicepparam" --stdout
}

by_compiler() {
    echo "bicep: $("$bicep" --version)"
    for file in $(cd "$infra" && find . -name '*.bicep' -type f | sort); do
        compile "build of $file" "$bicep" build "$infra/$file" --stdout
        compile "lint of $file" "$bicep" lint "$infra/$file"
        compile "format of $file" "$bicep" format "$infra/$file" --outfile "$work/formatted"
        cmp -s "$infra/$file" "$work/formatted" || fail "$file is not formatted as bicep format does it"
    done
    compile "format of main.bicepparam" "$bicep" format "$infra/main.bicepparam" --outfile "$work/formatted"
    cmp -s "$infra/main.bicepparam" "$work/formatted" || fail "main.bicepparam is not formatted as bicep format does it"
    parameters "a sample environment" unset
    parameters "every optional variable empty" empty
}

by_checker() {
    # The stamp is the lock itself: a changed lock installs again, an interrupted installation too.
    if ! cmp -s "$lock" "$venv/installed.txt"; then
        "${PYTHON:-python3}" -m venv "$venv"
        "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes -r "$lock"
        cp "$lock" "$venv/installed.txt"
    fi
    ended=0
    find "$infra" -name '*.bicep' -type f -exec "$venv/bin/python" "$BICEP_CHECK" \
        --azmcp "$venv/bin/azmcp" --cache "$venv/types" {} + >"$work/found" 2>"$work/said" || ended=$?
    # Its types say that these resources have no location. The compiler knows it, and Azure has been seen to ask for it.
    known="Microsoft.Web/sites/basicPublishingCredentialsPolicies: no property 'location'"
    grep -vF "$known" "$work/found" || true
    if grep -vF "$known" "$work/found" | grep -q ': error: ' || { [ "$ended" -ne 0 ] && ! grep -qF "$known" "$work/found"; }; then
        cat "$work/said" >&2
        fail "the offline checker"
    else
        echo "bicep: $(find "$infra" -name '*.bicep' -type f | wc -l | tr -d ' ') files, no errors by the offline checker"
    fi
}

bicep=${BICEP:-$(command -v bicep || true)}
if [ -n "$bicep" ]; then
    if ! command -v "$bicep" >/dev/null; then
        echo "bicep: BICEP is $bicep, which cannot be run" >&2
        exit 2
    fi
    by_compiler
else
    echo "bicep: THE COMPILER DID NOT RUN: there is no bicep on the PATH, and BICEP names none. That the files compile is" >&2
    echo "bicep: not proved here; tests/infra reads the parameters, and docs/deploy.md says what the compiler proved." >&2
fi

if [ -z "${BICEP_CHECK:-}" ]; then
    echo "bicep: the offline check is skipped, BICEP_CHECK names no checker (docs/deploy.md, Checking the Bicep files)"
elif [ ! -f "$BICEP_CHECK" ]; then
    echo "bicep: BICEP_CHECK is $BICEP_CHECK, which is not a file" >&2
    exit 2
else
    by_checker
fi
! $failed
