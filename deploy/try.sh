#!/usr/bin/env bash
# Carries out docs/deployment.md, command by command: in containers where they can run, else with plain processes.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
repository=$PWD

usage='Usage: deploy/try.sh [--processes]

  --processes  without containers, even where they could run'

say() { printf '\ntry.sh: %s\n' "$1"; }
fail() { say "$1" >&2; exit 1; }

case ${1-} in
  '' | --processes) ;;
  -h | --help) echo "$usage"; exit ;;
  *) fail "unknown option '$1'. ${usage%%$'\n'*}" ;;
esac

export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1 no_proxy=localhost,127.0.0.1 COMPOSE_PROJECT_NAME=try
export PASSWORD='tea at half past four' token=''

# ---- what the page says is done; processes.sh and containers.sh say what "docker" is, and where the gateways are

commands() { sed -n "/^## $1\$/,/^## /s/^    //p" "$repository/docs/deployment.md"; }

follow() {
  local command
  while IFS= read -r command <&3; do
    [[ $command ]] || continue
    command=$(here "$command")
    printf '\n$ %s\n' "$command"
    eval "$command" < /dev/null || fail "this command of docs/deployment.md ended with code $?."
  done 3< <(commands "$1")
}

follow_the_page() {
  follow 'One gateway'
  stopping_breaks_no_download
  follow 'Backup of one gateway'
  until_well gateway
  [[ $(ask "$one/auth/login" alice) == 200 ]] || fail 'alice is not in the database that was put back.'

  follow 'Replicas'
  [[ $(ask "$two/auth/signup" berta) == 201 ]] || fail 'berta cannot sign up.'
  read_token
  ask_all_the_time &
  local asking=$!
  follow 'Rolling restart'
  touch "$work/enough"
  wait $asking
  nobody_was_refused
  follow 'Backup of replicas'
  until_taken "$two/orders"
  [[ $(ask "$two/orders") == 200 ]] || fail "the session of berta is not in the database that was put back: $(cat "$work/answer")"

  follow 'Away with it'
  nothing_is_left || fail 'something is left.'
}

# ask URL [NAME]: with the token, or with a name and the password: the status. What it says is in $work/answer.
ask() {
  local what=(-H "Authorization: Bearer $token")
  [[ -z ${2-} ]] || what=(-H 'Content-Type: application/json' -d "{\"username\":\"$2\",\"password\":\"$PASSWORD\"}")
  curl -s -m 20 -o "$work/answer" -w '%{http_code}' "${what[@]}" "$1" || true
}
read_token() { token=$(sed -n 's/.*"access_token":"\([^"]*\)".*/\1/p' "$work/answer"); }

# The balancer asks the gateways every half second, and nothing is passed on until it has heard of one.
until_taken() { for _ in {1..20}; do [[ $(ask "$1") == @(000|503) ]] || return 0; sleep 0.5; done; }

until_well() { until docker compose exec -T "$1" dotnet /app/Gateway.dll health; do sleep 0.5; done; }

stopping_breaks_no_download() {
  local size=20000000 download
  [[ $(ask "$one/auth/login" alice) == 200 ]] || fail 'alice cannot log in.'
  read_token
  curl -s -m 60 --limit-rate 5M -o "$work/download" -H "Authorization: Bearer $token" "$one/download?bytes=$size" &
  download=$!
  until [[ -s $work/download ]]; do sleep 0.1; done

  say 'stopping the gateway in the middle of a download'
  docker compose stop gateway
  wait $download || fail 'it broke the download.'
  [[ $(stat -c %s "$work/download") == "$size" ]] || fail 'it cut the download short.'
  ended_well gateway || fail 'it did not end by itself within stop_grace_period.'
  docker compose start gateway
  until_well gateway
}

ask_all_the_time() {
  while [[ ! -e $work/enough ]]; do
    curl -s -m 20 -o /dev/null -w '%{http_code}\n' -H "Authorization: Bearer $token" "$two/orders" || true
    sleep 0.02
  done > "$work/statuses"
}

nobody_was_refused() {
  say "while both gateways were replaced: $(sort "$work/statuses" | uniq -c | sed 's/^ *\([0-9]*\) \(.*\)/\1 requests answered with \2/' | paste -sd,)"
  ! grep -qv 200 "$work/statuses" || fail 'a rolling restart is noticed.'
}

# ---- where

# Itself again, within the walls that containers.sh puts up.
if [[ ${GATEWAY_TRY_STAGE-} ]]; then
  # shellcheck source=try/containers.sh
  . deploy/try/containers.sh
  "$GATEWAY_TRY_STAGE"
  exit
fi

work=$(mktemp -d "/var/tmp/gateway-try.XXXXXX")
export work
stop_all() { :; }
trap 'trap "" INT TERM HUP; stop_all; rm -rf "$work"' EXIT
trap 'exit 130' INT TERM HUP

# The page is followed in a folder of its own: the .env and the backups that it makes are nobody's.
mkdir "$work/site"
cp -r docker-compose.yml deploy "$work/site/"
ln -s "$repository/demo.sh" "$work/site/"
for mode in '' '--profile replicas'; do
  # shellcheck disable=SC2086   # two words
  (cd "$work/site" && docker-compose $mode config > /dev/null) || fail "docker-compose${mode:+ $mode} does not take docker-compose.yml."
done
published=${GATEWAY_PUBLISHED:-$work/out}
[[ -d $published ]] || deploy/publish.sh "$published" || fail 'the Dockerfile does not build.'
say "docker-compose $(docker-compose version --short) takes docker-compose.yml, in both of its modes."

why='--processes was given'
if [[ ! ${1-} ]]; then
  # shellcheck source=try/containers.sh
  . deploy/try/containers.sh
  code=0
  in_private || code=$?
  stop_all() { :; }
  if ((code != cannot)); then
    ((code)) || say 'docs/deployment.md was carried out IN CONTAINERS, and it is right.'
    exit $code
  fi
  why=$(cat "$work/why")
fi

say "containers cannot run here, or shall not: $why. The same commands run as plain processes."
# shellcheck source=try/processes.sh
. deploy/try/processes.sh
cd "$work/site"
follow 'The images'
follow_the_page
say 'docs/deployment.md was carried out WITH PLAIN PROCESSES, and it is right.'
