#!/usr/bin/env bash
# Runs sparkq from this checkout: creates .venv on first use, then passes all arguments on.
set -euo pipefail
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
if [ ! -x "$here/.venv/bin/sparkq" ]; then
    python="${PYTHON:-python3}"
    if ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
        echo "sparkq.sh: SparkQ needs Python 3.11 or newer; set PYTHON to one." >&2
        exit 69
    fi
    echo "Setting up $here/.venv (a minute, once)" >&2
    "$python" -m venv "$here/.venv"
    : > "$here/.venv/.sparkq" # teardown removes only a .venv with this file
    "$here/.venv/bin/python" -m pip install --quiet --disable-pip-version-check "$here" >&2
fi
exec "$here/.venv/bin/sparkq" "$@"
