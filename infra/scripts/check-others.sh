#!/bin/sh
# Runs the checkers that others wrote: checkov over the Bicep files, zizmor and actionlint over the workflows, and for
# every script shellcheck. They live in an environment of their own, installed from a hashed lock on first use:
# checkov pins what it needs so narrowly that it fits into no other.
#
# usage: [PYTHON=python3.13] [CHECKERS_VENV=DIR] check-others.sh [ROOT]
set -eu

here=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd)
root=${1:-$here}
venv=${CHECKERS_VENV:-$here/.venv-checkers}
lock=$here/infra/requirements-checkers.txt
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=false

# The stamp is the lock itself: a changed lock installs again, an interrupted installation too.
if ! cmp -s "$lock" "$venv/installed.txt"; then
    echo "The checkers are installed into $venv, which takes a minute or two the first time."
    "${PYTHON:-python3}" -m venv "$venv"
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes -r "$lock"
    cp "$lock" "$venv/installed.txt"
fi

run() { # NAME COMMAND...
    name=$1
    shift
    if "$@" >"$work/said" 2>&1; then
        echo "$name: nothing found"
    else
        cat "$work/said" >&2
        echo "$name: FAILED" >&2
        failed=true
    fi
}

# checkov's parser skips files with words of the language that it does not know, and with them everything in them. Two such
# words are rewritten in a copy; a file that it cannot read all the same is a failure.
bicep_by_checkov() {
    cp -R "$root/infra" "$work/infra"
    find "$work/infra" -name '*.bicep' -exec sed -i.before 's/ string\[\] = / array = /; s/^extension .*//' {} +
    LOG_LEVEL=ERROR "$venv/bin/checkov" --config-file "$here/infra/checkov.yaml" --directory "$work/infra" --output json \
        >"$work/checkov.json" || {
        "$venv/bin/checkov" --config-file "$here/infra/checkov.yaml" --directory "$work/infra"
        return 1
    }
    if ! grep -Eq '"parsing_errors": 0' "$work/checkov.json"; then
        cat "$work/checkov.json"
        echo "checkov could not read every file"
        return 1
    fi
}

run checkov bicep_by_checkov
run zizmor "$venv/bin/zizmor" --offline --no-progress "$root/.github"
run shellcheck "$venv/bin/shellcheck" --external-sources --source-path="$root" "$root"/infra/scripts/*.sh "$root/.ci/run"
if command -v actionlint >/dev/null; then
    run actionlint actionlint -shellcheck "$venv/bin/shellcheck" "$root"/.github/workflows/*.yml
else
    echo "actionlint: DID NOT RUN, there is none on the PATH (infra/requirements-actionlint.txt; the workflow ci runs it)" >&2
fi
! $failed
