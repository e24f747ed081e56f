# shellcheck shell=bash disable=SC2154   # sourced by try.sh
# Podman as root, with a store, mounts, processes and a network of its own, all of which end with the script: no port of this machine
# is used, no container of it is seen, and no base image is fetched; they are made of files of this machine.

cannot=75
one=http://localhost:8080 two=http://localhost:8081

cannot() { echo "$1" > "$work/why"; exit $cannot; }

in_private() {
  local command inner
  [[ $EUID == 0 ]] || { echo 'this is not root' > "$work/why"; return $cannot; }
  for command in podman runc unshare mount ip; do
    command -v "$command" > /dev/null || { echo "there is no $command" > "$work/why"; return $cannot; }
  done

  GATEWAY_TRY_STAGE=inside unshare --mount --net --pid --fork --kill-child --mount-proc "$repository/deploy/try.sh" &
  inner=$!
  # Whoever ends this script ends all that is inside. The groups that podman made stay behind, empty.
  stop_all() {
    kill -KILL "$inner" 2> /dev/null || true
    wait "$inner" 2> /dev/null || true
    find /sys/fs/cgroup -depth -type d -path '*/libpod_parent*' -exec rmdir {} + 2> /dev/null || true
  }
  wait "$inner" || { local code=$?; stop_all; return $code; }
  stop_all
}

inside() {
  prepare
  bases > "$work/bases" 2>&1 || { cat "$work/bases"; fail 'the base images cannot be made.'; }
  follow 'The images'

  export DISABLE_HC_SYSTEMD=true DOCKER_HOST=unix://$work/podman.sock
  podman system service --time 0 "$DOCKER_HOST" 2> "$work/podman.log" &
  until [[ -S $work/podman.sock ]]; do sleep 0.1; done
  ask_for_health &
  cd "$work/site"
  follow_the_page
}

prepare() {
  ip link set lo up
  export TMPDIR=$work
  mkdir "$work"/{run,run.new,store,networks,engine}
  mount -t overlay -o "lowerdir=/run,upperdir=$work/run,workdir=$work/run.new" overlay /run || cannot 'nothing can be mounted'
  mount -t tmpfs tmpfs /dev/shm
  export CONTAINERS_CONF=$work/containers.conf CONTAINERS_STORAGE_CONF=$work/storage.conf
  # The limits that podman would set may be more than root may give here.
  cat > "$CONTAINERS_CONF" << END
[containers]
default_ulimits = ["nofile=$(ulimit -Hn):$(ulimit -Hn)", "nproc=20000:20000"]
[network]
network_config_dir = "$work/networks"
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
tmp_dir = "$work/engine"
compat_api_enforce_docker_hub = false
END
  printf '[storage]\ndriver = "%s"\ngraphroot = "%s"\nrunroot = "%s"\n' overlay "$work/store" "$work/run.store" > "$CONTAINERS_STORAGE_CONF"

  { image local/trial -- /bin/true && podman network create trial && podman run --rm --network trial -p 127.0.0.1:8080:8080 local/trial /bin/true && podman network rm trial; } > "$work/trial" 2>&1 ||
    cannot "podman says: $(tail -n 1 "$work/trial")"
  say "$(podman --version) runs containers here."
}

# image NAME CHANGE... -- FILE...: an image of $work/root and these files, with the libraries that they load.
image() {
  local name=$1 changes=()
  for (( ; ; )); do
    shift
    [[ $1 != -- ]] || break
    changes+=(--change "$1")
  done
  shift
  mkdir -p "$work"/root/{etc,tmp,usr/bin}
  chmod 1777 "$work/root/tmp"
  [[ -e $work/root/etc/passwd ]] || echo 'root:x:0:0::/tmp:/bin/sh' > "$work/root/etc/passwd"
  { printf '%s\n' "$@"; ldd "$@" 2> /dev/null | grep -o '/[^ :]*'; } | sort -u | xargs cp -rL --parents -t "$work/root"
  tar -C "$work/root" -c . | podman import -q "${changes[@]}" - "$name"
  rm -r "$work/root"
}

library() { ldconfig -p | awk -v name="^$1" '$1 ~ name { print $NF }'; }

# As the page's own images are named; docker-compose.yml says which they are.
named() { sed -n "s/^ *image: \($1:.*\)/docker.io\/library\/\1/p" docker-compose.yml; }

bases() {
  local dotnet postgres path='ENV PATH=/usr/sbin:/usr/bin:/sbin:/bin' runtime
  dotnet=$(dirname "$(readlink -f "$(command -v dotnet)")")
  mapfile -t runtime < <(printf '%s\n' "$dotnet"/{dotnet,host,shared}; find "$dotnet"/{host,shared} -name '*.so'; library 'libicu(uc|i18n|data)[.]so[.][0-9]+$'; library 'lib(ssl|crypto)[.]so[.][0-9]+$')
  # The SDK itself is lent to the build, see docker().
  image local/sdk "$path:$dotnet" 'ENV DOTNET_NOLOGO=1' 'ENV NUGET_PACKAGES=/packages' 'ENV NuGetAudit=false' -- "${runtime[@]}" /etc/ssl/certs /bin/{sh,mkdir}
  # As slim as the real one: without ICU's own switch, a shell, or any other program.
  image local/aspnet "$path:$dotnet" 'ENV ASPNETCORE_HTTP_PORTS=8080' -- "${runtime[@]}" /etc/ssl/certs

  image "$(named redis)" "$path" -- "$(command -v redis-server)"

  image "$(named haproxy)" "$path" 'CMD ["haproxy", "-W", "-db", "-f", "/usr/local/etc/haproxy/haproxy.cfg"]' -- "$(command -v haproxy)"

  postgres=$(dirname "$(readlink -f "$(PATH+=$(printf ':%s' /usr/lib/postgresql/*/bin) command -v postgres)")")
  mkdir -p "$work/root/var/lib/postgresql/data" "$work/root/var/run/postgresql" "$work/root/etc"
  chown -R 70:70 "$work/root/var"
  echo 'postgres:x:70:70::/:/bin/sh' > "$work/root/etc/passwd"
  # What the official image does at its first start, in short.
  cat > "$work/root/start" << 'END'
#!/bin/sh
if [ ! -e PG_VERSION ]; then
  echo "$POSTGRES_PASSWORD" > /tmp/password
  initdb -D . -U "$POSTGRES_USER" --auth-local trust --auth-host scram-sha-256 --pwfile /tmp/password --no-sync
  echo 'host all all all scram-sha-256' >> pg_hba.conf
  echo "create database $POSTGRES_USER" | postgres --single -D . postgres
fi
exec postgres -D . -c listen_addresses='*' -c unix_socket_directories=/var/run/postgresql
END
  chmod +x "$work/root/start"
  image "$(named postgres)" "$path:$postgres" 'USER 70' 'WORKDIR /var/lib/postgresql/data' 'VOLUME /var/lib/postgresql/data' 'ENTRYPOINT ["/start"]' \
    -- "$postgres"/{postgres,initdb,psql,pg_dump,pg_isready} "$(dirname "$postgres")"/lib/{plpgsql,dict_snowball}.so /usr/share/postgresql /usr/share/zoneinfo /bin/sh
}

# ---- the words of the page

# Podman leaves that to systemd, which is not here.
ask_for_health() {
  while sleep 1; do
    podman ps -q --filter health=starting | xargs -r -n 1 podman healthcheck run || true
  done > /dev/null 2>&1
}

here() { echo "$1"; }

docker() {
  case $1 in
    build) build "${@:2}" ;;
    compose) docker-compose "${@:2}" ;;
    cp) podman "$@" ;;
    *) fail "docker $1 stands for nothing here." ;;
  esac
}

# Nothing is fetched: the packages are those that try.sh restored.
build() {
  local dotnet
  dotnet=$(dirname "$(readlink -f "$(command -v dotnet)")")
  podman build --format docker --network none -v "$dotnet:$dotnet:ro" -v "${NUGET_PACKAGES:-$HOME/.nuget/packages}:/packages" \
    --build-arg SDK=local/sdk --build-arg ASPNET=local/aspnet "$@" > "$work/build.log" 2>&1 || { tail -n 40 "$work/build.log"; return 1; }
}

ended_well() { [[ $(podman inspect -f '{{.State.ExitCode}}' "$(docker compose ps -a -q "$1")") == 0 ]]; }

nothing_is_left() { [[ -z $(podman ps -a -q; podman volume ls -q; podman network ls -q --filter name=try) ]]; }
