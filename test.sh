#!/usr/bin/env bash
# Builds and runs every test; installs what they need and this machine lacks. Ends with "N passed, N failed".
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_CLI_UI_LANGUAGE=en

fail() { echo "test.sh: $1" >&2; exit 1; }

[[ $'\n'$(dotnet --list-sdks 2> /dev/null) == *$'\n10.'* ]] ||
  fail 'this needs the .NET 10 SDK, which is not on this machine (or not on its PATH): https://dotnet.microsoft.com/download/dotnet/10.0'

# need COMMAND PACKAGE [VARIABLE]: something that tests use. The variable may name one that is there already.
missing=() instead=()
need() {
  [[ ${3:+${!3-}} ]] || command -v "$1" > /dev/null || { missing+=("$2"); instead+=(${3+"$3"}); }
}
PATH+=$(printf ':%s' /usr/lib/postgresql/*/bin /usr/sbin) # where Debian keeps them
need postgres postgresql GATEWAY_TEST_POSTGRES
need redis-server redis-server GATEWAY_TEST_REDIS
need haproxy haproxy GATEWAY_TEST_HAPROXY
need docker-compose docker-compose
need curl curl
need openssl openssl

if ((${#missing[@]})); then
  as_root=''
  [[ $EUID == 0 ]] || as_root=sudo
  { $as_root apt-get update -qq && $as_root apt-get install -qq -y --no-install-recommends "${missing[@]}"; } ||
    fail "the tests need ${missing[*]}, which could not be installed with apt-get. Install it${instead:+, or name one in ${instead[*]}}."
fi

# Containers are tried where they may run; deploy/try.sh does without where they cannot.
if [[ $EUID == 0 ]] && ! { command -v podman && command -v runc; } > /dev/null; then
  apt-get update -qq && apt-get install -qq -y --no-install-recommends podman runc netavark aardvark-dns iproute2 iptables ||
    echo 'test.sh: no container engine could be installed.'
fi

log=$(mktemp) failures=$(mktemp) published=$(mktemp -d)
trap 'rm -rf "$log" "$failures" "$published"' EXIT

build() {
  dotnet "$@" Gateway.sln -v q -nologo --disable-build-servers > "$log" 2>&1 || { cat "$log"; fail 'it does not build, so no test ran.'; }
}
build restore --locked-mode
build build --no-restore -c Release -warnaserror

# What tests start as a process of its own, and what docs/deployment.md is tried with, is what the images hold.
deploy/publish.sh "$published" || fail 'what the images hold does not build, so no test ran.'
export GATEWAY_PUBLISHED=$published
export DOTNET_TieredPGO=0      # nothing here runs for long enough to gain by it

count() { sed -n "s/^ *$1: \([0-9][0-9]*\)$/\1/p" "$log" | tail -n 1; }

passed=0 failed=0
for project in tests/*/*.csproj; do
  code=0
  dotnet test --project "$project" -c Release --no-build 2>&1 | tee "$log" || code=$?

  grep -A 15 '^failed ' "$log" >> "$failures" || true
  good=$(count succeeded) bad=$(count failed) skipped=$(count skipped)
  if ((skipped)); then
    echo "$project: $skipped skipped. Here a skipped test is a failed one."
    bad=$((bad + skipped))
  fi
  if ((bad == 0 && (code || good == 0))); then
    echo "$project: ended with code $code after ${good:-0} tests."
    bad=1
  fi
  passed=$((passed + good)) failed=$((failed + bad))
done

if deploy/try.sh 2>&1 | tee "$log"; then ((++passed)); else ((++failed)); fi
grep '^try.sh: .*was carried out' "$log" || echo 'test.sh: docs/deployment.md does not hold, see above.'

cat "$failures" # once more at the end, where a log that is cut off still has them
echo "$passed passed, $failed failed"
((failed == 0))
