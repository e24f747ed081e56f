#!/usr/bin/env bash
# publish.sh DIR: what the images hold, as the Dockerfile has dotnet make it, into DIR/backend and DIR/gateway.
set -euo pipefail
repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
out=$(mkdir -p "${1:?'Usage: deploy/publish.sh DIR'}" && cd "$1" && pwd)

# On a copy, because it restores for another runtime than the tests do.
copy=$(mktemp -d "/var/tmp/gateway-publish.XXXXXX")
trap 'rm -rf "$copy"' EXIT
cd "$repository"
tar -c --exclude bin --exclude obj --exclude data global.json Directory.*.props .editorconfig src | tar -C "$copy" -x
cd "$copy"
export MSBUILDDISABLENODEREUSE=1 UseSharedCompilation=false DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1
sed -n 's#^RUN \(dotnet .*\)#\1#p' "$repository/Dockerfile" | sed "s#/out/#$out/#" | while read -r command; do
  eval "$command" < /dev/null > "$copy/log" 2>&1 || { cat "$copy/log"; echo "publish.sh: this command of the Dockerfile fails: $command"; exit 1; }
done
