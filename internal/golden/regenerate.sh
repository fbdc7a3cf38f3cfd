#!/bin/sh
# Makes golden files again with the pinned references: internal/golden/regenerate.sh [script.py ...], all scripts by default.
# PYTHON names an environment's interpreter that has requirements.txt already; otherwise one is made in internal/golden/.venv.
set -eu
cd "$(dirname "$0")"
if [ -z "${PYTHON:-}" ]; then
	PYTHON=.venv/bin/python
	if [ ! -x "$PYTHON" ]; then
		python3.11 -m venv .venv
		grep -v -e --no-deps requirements.txt | "$PYTHON" -m pip install -q -r /dev/stdin
		grep -e --no-deps requirements.txt | sed 's/#.*//' | "$PYTHON" -m pip install -q --no-deps -r /dev/stdin
	fi
fi
[ $# -gt 0 ] || set -- $(ls ./*.py)
for script in "$@"; do
	[ "$(basename "$script")" = common.py ] || "$PYTHON" "$script"
done
