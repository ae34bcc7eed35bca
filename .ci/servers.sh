#!/usr/bin/env bash
# The servers that tests need: nats-server, and FerretDB, which speaks the protocol of MongoDB. Built once, kept in the user's cache.
#   servers.sh install          builds what is not there, and says what cannot be had
#   servers.sh programs         prints where they are, to be sourced: NATS_SERVER, FERRETDB
#   servers.sh with <command>   runs a command with NATS_URL and MONGODB_URL of servers that live as long as it does
set -uo pipefail
nats_version=v2.12.8
ferretdb_version=v1.24.2
cache=${XDG_CACHE_HOME:-$HOME/.cache}/creditline
PATH=$PATH:/usr/sbin
nats_server=${NATS_SERVER:-$(command -v nats-server || echo "$cache/nats-server-$nats_version")}
ferretdb=${FERRETDB:-$cache/ferretdb-$ferretdb_version}

# Building takes minutes, and everything else that runs meanwhile goes first.
install() {
  renice -n 19 $$ >/dev/null
  mkdir -p "$cache"
  [ -x "$nats_server" ] || quietly build_nats || quietly nats_of_debian ||
    echo 'nats-server cannot be installed here: the tests against NATS are skipped.'
  [ -x "$ferretdb" ] || quietly build_ferretdb ||
    echo 'FerretDB cannot be installed here: the tests against MongoDB are skipped.'
}

quietly() {
  "$@" >"$scratch/log" 2>&1 || { tail -n 5 "$scratch/log"; false; }
}

build_nats() {
  GOBIN=$scratch go install "github.com/nats-io/nats-server/v2@$nats_version" && mv "$scratch/nats-server" "$nats_server"
}

nats_of_debian() {
  command -v apt-get >/dev/null || return
  local as_root=()
  [ "$(id -u)" = 0 ] || as_root=(sudo -n)
  "${as_root[@]}" apt-get install -y -qq nats-server
}

# `go install` would ask for a list of versions, which not every proxy gives for this module. Built from a copy, it has to be told its version.
build_ferretdb() (
  module=github.com/FerretDB/FerretDB@$ferretdb_version
  cd "$scratch" && go mod init scratch || return
  sources=$(GOFLAGS="${GOFLAGS:-} -mod=mod" go mod download -json "$module" | sed -n 's/.*"Dir": "\(.*\)".*/\1/p')
  [ -d "$sources" ] && cp -r "$sources" ferretdb && chmod -R u+w ferretdb && cd ferretdb || return
  echo "$ferretdb_version" > build/version/version.txt
  go build -p 1 -o "$scratch/built" ./cmd/ferretdb && mv "$scratch/built" "$ferretdb"
)

programs() {
  [ ! -x "$nats_server" ] || echo "export NATS_SERVER='$nats_server'"
  [ ! -x "$ferretdb" ] || echo "export FERRETDB='$ferretdb'"
}

# A server that the environment names is taken as it is.
with() {
  if [ -z "${NATS_URL:-}" ] && [ -x "$nats_server" ]; then
    port=$(free_port)
    start "$nats_server" --addr 127.0.0.1 --port "$port"
    export NATS_URL=nats://127.0.0.1:$port
  fi
  if [ -z "${MONGODB_URL:-}" ] && [ -x "$ferretdb" ]; then
    port=$(free_port)
    start "$ferretdb" --handler=sqlite --sqlite-url="file:$scratch/" --state-dir="$scratch" \
      --listen-addr="127.0.0.1:$port" --telemetry=disable --debug-addr=-
    export MONGODB_URL=mongodb://127.0.0.1:$port
  fi
  "$@"
}

# Starts a server in the background, and waits until it accepts connections at $port.
start() {
  local log=$scratch/${1##*/}.log
  "$@" >"$log" 2>&1 &
  local server=$!
  servers+=("$server")
  for _ in {1..300}; do
    (: <>"/dev/tcp/127.0.0.1/$port") 2>/dev/null && return
    kill -0 "$server" 2>/dev/null || break
    sleep 0.1
  done
  echo "$1 does not start:"
  tail "$log"
  exit 1
}

free_port() {
  node -e 'const s = require("net").createServer().listen(0, "127.0.0.1", () => { console.log(s.address().port); s.close() })'
}

stop() {
  [ ${#servers[@]} = 0 ] || { kill "${servers[@]}"; wait "${servers[@]}"; } 2>/dev/null
  rm -rf "$scratch"
}

servers=()
scratch=$(mktemp -d)
trap stop EXIT
case ${1:-} in
  install | programs | with) "$@" ;;
  *) sed -n '2,5s/^# *//p' "$0"; exit 2 ;;
esac
