#!/bin/sh
# Choose versions anew and write them down with their hashes and without any address: requirements/*.lock
set -eu
cd "$(dirname "$0")/.."
uv=$(command -v uv || echo .venv/bin/uv)
lock() { # lock FILE [arguments of uv pip compile]
  file=$1
  shift
  "$uv" pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate \
    --no-header --exclude-newer "7 days" --override requirements/overrides.txt --output-file "requirements/$file" "$@"
}
lock run.lock pyproject.toml --extra playbooks --group checkout --group weights
lock dev.lock pyproject.toml --extra playbooks --group dev --group weights
lock bootstrap.lock requirements/bootstrap.in
