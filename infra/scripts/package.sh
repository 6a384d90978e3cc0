#!/bin/sh
# azd hook before packaging: builds dist/app.zip and unpacks it into dist/app, the folder that azd zips again.
set -eu
umask 022 # the host reads the package as somebody else: a stricter mask would close its files to it

cd "$(dirname -- "$0")/../.."
make package
rm -rf dist/app
mkdir -p dist/app
"${PYTHON:-python3}" -m zipfile -e dist/app.zip dist/app

# Without an ignore file azd leaves out every __pycache__, and each cold start would compile the app again.
echo '# Nothing is left out: the package is complete as it is, bytecode included.' > dist/app/.funcignore
