#!/bin/sh
# Checks all Bicep files offline with the checker that BICEP_CHECK names, or says that there is none.
#
# usage: [BICEP_CHECK=/path/to/bicep_check.py] check-bicep.sh [INFRA_DIR]
# The checker's needs are installed from a hashed lock into .venv-bicep (BICEP_VENV moves it) on first use.
set -eu

root=$(CDPATH= cd -- "$(dirname -- "$0")/../.." && pwd)
infra=${1:-$root/infra}
venv=${BICEP_VENV:-$root/.venv-bicep}
lock=$root/infra/requirements-bicep.txt

if [ -z "${BICEP_CHECK:-}" ]; then
    echo "bicep: skipped, BICEP_CHECK names no checker (docs/deploy.md, Checking the Bicep files)"
    exit 0
fi
if [ ! -f "$BICEP_CHECK" ]; then
    echo "bicep: BICEP_CHECK is $BICEP_CHECK, which is not a file" >&2
    exit 2
fi

# The stamp is the lock itself: a changed lock installs again, an interrupted installation too.
if ! cmp -s "$lock" "$venv/installed.txt"; then
    "${PYTHON:-python3}" -m venv "$venv"
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes -r "$lock"
    cp "$lock" "$venv/installed.txt"
fi

find "$infra" -name '*.bicep' -type f -exec "$venv/bin/python" "$BICEP_CHECK" \
    --azmcp "$venv/bin/azmcp" --cache "$venv/types" {} +
