#!/usr/bin/env bash
# An unmodified backend, protected by configuration alone: builds, starts both, shows the way in.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

usage='Usage: ./demo.sh [--tour] [--port N] [--management-port N] [--backend-port N]
       ./demo.sh --tour --at URL

  --tour               run the tour, check every answer, stop
  --at URL             through a gateway that runs there already; nothing is built or started
  --port N             the gateway (8080; 0: whatever is free)
  --management-port N  its health (PORT + 10)
  --backend-port N     the service behind it (PORT + 20)'

fail() { echo "demo.sh: $1" >&2; exit 1; }
fail_with_log() { tail -n 40 "$2" >&2; fail "$1 Its output is above, all of it in $2."; }

# ---- options

tour='' at='' elsewhere='' port=8080 management_port='' backend_port=''
while (($#)); do
  case $1 in
    --port | --management-port | --backend-port)
      [[ ${2-} =~ ^(0|[1-9][0-9]{0,4})$ && $2 -lt 65516 && ($2 != 0 || $1 == --port) ]] || fail "$1 takes a number from 1 to 65515, not '${2-}'."
      name=${1#--}
      printf -v "${name//-/_}" %s "$2"
      shift 2 ;;
    --at)
      [[ ${2-} =~ ^http://[^/:]+:[0-9]+$ ]] || fail "--at takes http://HOST:PORT, not '${2-}'."
      at=$2 elsewhere=1
      shift 2 ;;
    --tour) tour=1; shift ;;
    -h | --help) echo "$usage"; exit ;;
    *) fail "unknown option '$1'. ${usage%%$'\n'*}" ;;
  esac
done

# ---- a small curl, for machines without one: HTTP/1.0 over bash's own sockets

small_curl() (
  local method=GET headers='' body='' url=''
  while (($#)); do
    case $1 in
      -si) shift ;;
      -X) method=$2; shift 2 ;;
      -H) headers+=$2$'\r\n'; shift 2 ;;
      -d) method=POST body=$2; shift 2 ;;
      *) url=${1#http://}; shift ;;
    esac
  done
  local host=${url%%/*}
  exec 3<> "/dev/tcp/${host%:*}/${host#*:}"
  printf '%s /%s HTTP/1.0\r\nHost: %s\r\nContent-Length: %s\r\n%s\r\n%s' "$method" "${url#*/}" "$host" "${#body}" "$headers" "$body" >&3
  cat <&3
)

has_curl=1
command -v curl > /dev/null || { has_curl=''; curl() { small_curl "$@"; }; }
export no_proxy=localhost,127.0.0.1

# ---- the tour

# step COMMAND [STATUS TEXT...]: shows the command; under --tour also runs it and looks for each text (!TEXT: must be absent).
wrong=0
mkdir -p data
shopt -s nocasematch      # a balancer may write names of headers otherwise
step() {
  local command=$1 answer expected
  [[ $tour ]] || { echo "$command"; return; }

  printf '\n$ %s\n' "$command"
  eval "$command" > data/answer 2>&1 || true
  answer=$(tr -d '\r' < data/answer)
  [[ -z $answer ]] || printf '%s\n' "$answer"

  (($# == 1)) || [[ $answer == "HTTP/1.1 $2 "* ]] || complain "the status should be $2"
  for expected in "${@:3}"; do
    case $expected in
      !*) [[ $answer != *"${expected#!}"* ]] || complain "this should not be there: ${expected#!}" ;;
      *) [[ $answer == *"$expected"* ]] || complain "this is missing: $expected" ;;
    esac
  done
}
complain() { echo "WRONG: $1"; wrong=$((wrong + 1)); }

# shellcheck disable=SC2016   # the lines are shown as they are, and expand when they run
walk() {
  local name=demo-$RANDOM bearer='-H "Authorization: Bearer $token"'

  step "session=\$(curl -si $at/auth/signup -H 'Content-Type: application/json' -d '{\"username\":\"$name\",\"password\":\"tea at half past four\"}')"
  step 'echo "$session"' 201 "\"$name\"" access_token
  step "token=\$(echo \"\$session\" | sed -n 's/.*\"access_token\": *\"\\([^\"]*\\)\".*/\\1/p')"
  step "curl -si $at/orders" 401 token_missing 'WWW-Authenticate: Bearer'
  step "curl -si $at/echo $bearer -H 'X-User-Id: somebody-else'" 200 \
    '"X-User-Id": "' "\"X-User-Name\": \"$name\"" '"X-User-Roles": "user"' '"X-Session-Id": "' !somebody-else !Authorization "!${token-}"
  step "curl -si $at/admin/reports $bearer" 403 policy_denied
  if [[ $elsewhere ]]; then
    step "curl -si -X POST $at/auth/logout $bearer -H 'Prefer: wait=10'" 200 '"applied":"all"'      # the next request may meet another replica
  else
    step "curl -si -X POST $at/auth/logout $bearer" 204
  fi
  step "curl -si $at/echo $bearer" 401 token_revoked !X-User-Id
}

take() {
  walk
  echo
  ((wrong == 0)) || fail "$wrong of the answers above are wrong."
  echo 'Every answer was right.'
}

if [[ $elsewhere ]]; then
  [[ $tour ]] || fail '--at goes with --tour.'
  take
  exit
fi

# ---- what it takes

answers() { (exec 3<> "/dev/tcp/127.0.0.1/$1" || exec 3<> "/dev/tcp/::1/$1") 2> /dev/null; }

[[ $'\n'$(dotnet --list-sdks 2> /dev/null) == *$'\n10.'* ]] ||
  fail 'this needs the .NET 10 SDK, which is not on this machine (or not on its PATH): https://dotnet.microsoft.com/download/dotnet/10.0'

while [[ $port == 0 ]]; do
  port=$((20000 + RANDOM % 10000))
  if answers "$port" || answers $((port + 10)) || answers $((port + 20)); then port=0; fi
done
at=http://localhost:$port
management_port=${management_port:-$((port + 10))}
backend_port=${backend_port:-$((port + 20))}

((port != management_port && port != backend_port && management_port != backend_port)) ||
  fail "three ports are needed, but $port, $management_port and $backend_port are not three."

for taken in "--port $port" "--management-port $management_port" "--backend-port $backend_port"; do
  if answers "${taken#* }"; then fail "port ${taken#* } is taken. Stop what listens there, or choose another: ${taken% *} N"; fi
done

# ---- build and start

export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1

running() { kill -0 "$1" 2> /dev/null; }

stop() {
  trap '' INT TERM HUP
  local pid deadline=$((SECONDS + 30))
  for pid in $gateway $backend; do
    kill "$pid" 2> /dev/null || continue
    while running "$pid"; do
      sleep 0.1
      ((SECONDS < deadline)) || kill -9 "$pid" 2> /dev/null || true
    done
  done
}

gateway='' backend=''
trap stop EXIT
trap 'exit 130' INT TERM HUP

echo 'Building ...'
for project in src/DemoBackend src/Gateway; do
  dotnet build "$project" -c Release -v q -nologo --disable-build-servers < /dev/null > data/build.log 2>&1 ||
    fail_with_log "$project does not build." data/build.log
done

dotnet src/DemoBackend/bin/Release/net10.0/DemoBackend.dll --urls "http://127.0.0.1:$backend_port" \
  < /dev/null > data/backend.log 2>&1 &
backend=$!

dotnet src/Gateway/bin/Release/net10.0/Gateway.dll --config appsettings.example.json \
  --urls "http://localhost:$port" \
  "--Gateway:PublicUrl=http://localhost:$port" \
  "--Gateway:Management:Url=http://127.0.0.1:$management_port" \
  "--ReverseProxy:Clusters:shop:Destinations:demo:Address=http://127.0.0.1:$backend_port" \
  < /dev/null > data/gateway.log 2>&1 &
gateway=$!

still_running() {
  running "$backend" || fail_with_log 'the demo backend stopped.' data/backend.log
  running "$gateway" || fail_with_log 'the gateway stopped.' data/gateway.log
}

ready() {
  answers "$backend_port" && answers "$management_port" &&
    [[ $(small_curl "http://127.0.0.1:$management_port/health/ready") == HTTP/1.1\ 200* ]]
}

deadline=$((SECONDS + 60))
until ready; do
  still_running
  ((SECONDS < deadline)) || fail_with_log 'the gateway is not ready after a minute.' data/gateway.log
  sleep 0.1
done

# ---- what was promised

if [[ $tour ]]; then
  take
else
  echo "Ready: $at. Try these: sign up; no token, 401; the token, 200 and the headers that the backend saw; the admin's route, 403; log out; the same token, 401."
  walk
  [[ $has_curl ]] || echo 'These lines need curl, which this machine lacks; ./demo.sh --tour does without.'
  echo 'Ctrl-C stops it. Logs: data/gateway.log, data/backend.log'
  trap 'exit 0' INT TERM HUP
  while still_running; do sleep 1; done
fi
