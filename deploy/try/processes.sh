# shellcheck shell=bash disable=SC2154   # sourced by try.sh
# Each service is a process at a free port of 127.0.0.1, with the settings that docker-compose.yml gives it.

declare -A port pid code
for name in gateway gateway-1 gateway-2 balancer backend redis postgres; do
  port[$name]=$((20000 + RANDOM % 5000))
  while (exec 3<> "/dev/tcp/127.0.0.1/${port[$name]}" || exec 3<> "/dev/tcp/127.0.0.1/$((port[$name] + 5000))") 2> /dev/null; do port[$name]=$((20000 + RANDOM % 5000)); done
done
management() { echo $((port[$1] + 5000)); }

export GATEWAY_PORT=${port[gateway]} REPLICAS_PORT=${port[balancer]}
one=http://localhost:$GATEWAY_PORT two=http://localhost:$REPLICAS_PORT

chmod 711 "$work"
mkdir -p "$work"/{gateway,gateway-1,gateway-2,postgres,logs}
as_postgres=()      # it refuses to run as root
[[ $EUID != 0 ]] || as_postgres=(setpriv --reuid postgres --regid postgres --init-groups)
postgres=$(dirname "$(readlink -f "$(PATH+=$(printf ':%s' /usr/lib/postgresql/*/bin) command -v postgres)")")

# What the services call each other, and the page calls them, as it is here.
here() {
  sed -e "s#localhost:8080#localhost:$GATEWAY_PORT#g; s#localhost:8081#localhost:$REPLICAS_PORT#g" <<< "$1" |
    sed -e "s#Host=postgres;#Host=127.0.0.1;Port=${port[postgres]};#; s#redis:6379#127.0.0.1:${port[redis]}#; s#backend:8080#127.0.0.1:${port[backend]}#"
}

here "$(cat deploy/gateway.json)" | tee "$work"/gateway{,-1,-2}/appsettings.json > /dev/null

sed -e '/^resolvers/,/^$/d; s# port 8090# #; s#resolvers .*##' -e "s#bind :8080#bind 127.0.0.1:$REPLICAS_PORT#" \
  -e "s#gateway-1:8080#127.0.0.1:${port[gateway-1]} port $(management gateway-1)#; s#gateway-2:8080#127.0.0.1:${port[gateway-2]} port $(management gateway-2)#" \
  deploy/haproxy.cfg > "$work/haproxy.cfg"

# ---- the words of the page

docker() {
  case "$*" in
    'build '*) ;;      # $published
    'compose up -d' | 'compose start gateway') start redis backend gateway ;;
    'compose up --no-start') mkdir -p "$work/gateway/data" ;;
    'compose stop gateway') stop gateway ;;
    'compose down -v' | 'compose --profile replicas down -v') stop_all; rm -rf "$work"/*/data ;;
    'compose ps -a -q gateway') echo gateway ;;
    'cp gateway:/data/. -') tar -C "$work/gateway/data" -c . ;;
    'cp - gateway:/data') tar -C "$work/gateway/data" -x ;;
    'compose --profile replicas up -d balancer') start redis backend postgres gateway-1 gateway-2 balancer ;;
    'compose --profile replicas up -d postgres') start postgres ;;
    'compose up -d --no-deps --force-recreate '*) stop "${*: -1}"; start "${*: -1}" ;;
    'compose exec -T postgres '*) PGHOST=$work/postgres PGPORT=${port[postgres]} "$postgres/$5" "${@:6}" ;;
    'compose exec -T '*' dotnet /app/Gateway.dll '*) (in_gateway "$4" "${@:7}") ;;
    *) fail "'docker $*' stands for nothing here." ;;
  esac
}

ended_well() { [[ ${code[$1]} == 0 ]]; }

nothing_is_left() { [[ ! ${pid[*]} ]]; }

# ---- what they stand for

start() {
  local name
  for name; do
    [[ ! ${pid[$name]-} ]] || continue
    [[ $name != postgres ]] || prepare_postgres
    run "$name" < /dev/null > "$work/logs/$name" 2>&1 &
    pid[$name]=$!
    [[ $name != postgres ]] || until docker compose exec -T postgres pg_isready -q -h 127.0.0.1 -U gateway; do sleep 0.1; done
  done
}

# exec: what is signalled has to be the service itself.
run() {
  case $1 in
    gateway*) in_gateway "$1" ;;
    backend) ASPNETCORE_URLS=http://127.0.0.1:${port[backend]} exec dotnet "$published/backend/DemoBackend.dll" ;;
    redis) exec redis-server --bind 127.0.0.1 --port "${port[redis]}" --save '' --appendonly no ;;
    balancer) exec haproxy -db -f "$work/haproxy.cfg" ;;
    postgres) exec "${as_postgres[@]}" "$postgres/postgres" -D "$work/postgres/data" -p "${port[postgres]}" -c listen_addresses=127.0.0.1 -c unix_socket_directories="$work/postgres" ;;
  esac
}

in_gateway() {
  local variables
  cd "$work/$1"
  mapfile -t variables < <(settings "$1")
  exec env "${variables[@]}" ASPNETCORE_URLS="http://127.0.0.1:${port[$1]}" ASPNETCORE_Gateway__Management__Url="http://127.0.0.1:$(management "$1")" \
    ASPNETCORE_Gateway__Database__ConnectionString="Data Source=$work/$1/data/gateway.db" dotnet "$published/gateway/Gateway.dll" "${@:2}"
}

settings() {
  here "$(cd "$work/site" && docker-compose --profile replicas config |
    awk -v head="  $1:" '/^  [^ ]/ { mine = $0 == head } /^    [^ ]/ { on = mine && /environment:/ } on && /^      / { sub(/^ +/, ""); sub(/: /, "="); print }' | tr -d \'\")"
}

prepare_postgres() {
  [[ ! -d $work/postgres/data ]] || return 0
  sed -n 's/^POSTGRES_PASSWORD=//p' "$work/site/.env" > "$work/postgres/password"
  [[ $EUID != 0 ]] || chown -R postgres "$work/postgres"
  "${as_postgres[@]}" "$postgres/initdb" -D "$work/postgres/data" -U gateway --auth-local trust --auth-host scram-sha-256 --pwfile "$work/postgres/password" --no-sync > "$work/logs/initdb"
  "${as_postgres[@]}" "$postgres/postgres" --single -D "$work/postgres/data" postgres <<< 'create database gateway' > "$work/logs/initdb"
}

stop() {
  local name signal
  for name; do
    [[ ${pid[$name]-} ]] || continue
    signal=TERM
    [[ $name != postgres ]] || signal=INT      # not waiting for its clients
    kill -$signal "${pid[$name]}" 2> /dev/null || true
    code[$name]=0
    wait "${pid[$name]}" || code[$name]=$?
    unset "pid[$name]"
  done
}

stop_all() { stop balancer gateway gateway-1 gateway-2 backend redis postgres; }
