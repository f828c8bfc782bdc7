#!/usr/bin/env bash
# Make a Docker engine available, and stop what was made available.
#
#   sandbox/engine.sh ensure          use the engine that answers, else install and start one
#   sandbox/engine.sh status          say which engine answers, or why none does
#   sandbox/engine.sh where           print the address of the engine that answers
#   sandbox/engine.sh run COMMAND...  run a command that may use the engine (through `sg` if needed)
#   sandbox/engine.sh stop            stop the engine if, and only if, `ensure` started it
#
# Exit: 0 done, 1 no engine (or it could not be stopped), 2 wrong call; `run` passes on
# the command's own code. sandbox/README.md documents the settings.

set -euo pipefail

readonly DEFAULT_SOCKET=/var/run/docker.sock
readonly SOCKET=${LINARA_ENGINE_SOCKET:-$DEFAULT_SOCKET}
readonly STATE=${LINARA_ENGINE_STATE:-/var/lib/linara-agent/engine}
readonly DATA_ROOT=${LINARA_ENGINE_DATA_ROOT:-}
readonly EXEC_ROOT=${LINARA_ENGINE_EXEC_ROOT:-/var/run/docker}
readonly PIDFILE=${LINARA_ENGINE_PIDFILE:-/var/run/docker.pid}
readonly CONTAINERD_SOCKET=${LINARA_ENGINE_CONTAINERD_SOCKET:-/run/containerd/containerd.sock}
readonly OPTIONS=${LINARA_ENGINE_OPTIONS:-}
readonly DOCKERD=${LINARA_ENGINE_DOCKERD:-dockerd}
readonly INSTALL=${LINARA_ENGINE_INSTALL:-1}
readonly WAIT_S=${LINARA_ENGINE_WAIT_S:-60}
readonly LOG=$STATE/dockerd.log
readonly RECORD=$STATE/started
SELF=$(readlink -f -- "${BASH_SOURCE[0]}")
readonly SELF

# dockerd and what it starts live in sbin, which an ordinary user's PATH leaves out.
export PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin

say() { printf 'engine: %s\n' "$*" >&2; }

# What happened, then what to do: one per line.
fail() {
  say "$1"
  shift
  for line in "$@"; do printf '        %s\n' "$line" >&2; done
  exit 1
}

# ---------------------------------------------------------------- asking an engine

# Prints the address that Docker's own client would use: DOCKER_HOST, else the current
# context (DOCKER_CONTEXT, config.json), else the default socket.
address() {
  if [[ -n ${DOCKER_HOST:-} ]]; then
    printf '%s\n' "$DOCKER_HOST"
    return
  fi
  local config=${DOCKER_CONFIG:-${HOME:-/root}/.docker}
  local context=${DOCKER_CONTEXT:-}
  if [[ -z $context && -r $config/config.json ]]; then
    context=$(json "$config/config.json" currentContext)
  fi
  if [[ -z $context || $context == default ]]; then
    printf 'unix://%s\n' "$SOCKET"
    return
  fi
  local digest
  digest=$(printf %s "$context" | sha256sum | cut -d' ' -f1)
  local meta=$config/contexts/meta/$digest/meta.json
  [[ -r $meta ]] || fail "the Docker context \"$context\" does not exist ($meta)." \
    "Choose another: docker context use default"
  json "$meta" Endpoints docker Host
}

# json FILE KEY...: a string of a JSON file, empty if it is not there.
json() {
  python3 -IS - "$@" <<'PYTHON'
import json, sys
try:
    with open(sys.argv[1], encoding="utf-8") as file:
        value = json.load(file)
    for key in sys.argv[2:]:
        value = value[key]
except (OSError, ValueError, KeyError, TypeError):
    value = ""
print(value if isinstance(value, str) else "")
PYTHON
}

# ask ADDRESS: one line, a word and a detail: `answers VERSION`, `denied`, `absent`,
# `refused`, `directory`, `silent` or `stranger`. The socket itself is asked, for the
# docker command may be missing, or be of another version than the engine.
ask() {
  case $1 in
    unix://*) ask_socket "${1#unix://}" ;;
    *) ask_client "$1" ;;
  esac
}

ask_socket() {
  if [[ -d $1 ]]; then
    echo directory
  elif command -v python3 >/dev/null; then
    python3 -IS - "$1" <<'PYTHON'
import re, socket, sys
engine = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
engine.settimeout(5)
try:
    engine.connect(sys.argv[1])
    engine.sendall(b"GET /_ping HTTP/1.0\r\nHost: docker\r\n\r\n")
    reply = b""
    while len(reply) < 65536 and (more := engine.recv(4096)):
        reply += more
except PermissionError:
    print("denied")
except FileNotFoundError:
    print("absent")
except (TimeoutError, socket.timeout, BlockingIOError):
    print("silent")
except OSError:
    print("refused")
else:
    server = re.search(rb"(?mi)^Server: *Docker/(\S+)", reply)
    spoken = re.search(rb"(?mi)^Api-Version: *(\S+)", reply)
    if not re.match(rb"HTTP/1\.\d 200 ", reply) or not spoken:
        print("stranger")
    else:
        print("answers", (server or spoken).group(1).decode("ascii", "replace"))
PYTHON
  elif [[ ! -e $1 ]]; then
    echo absent
  elif [[ ! -w $1 ]]; then
    echo denied
  elif command -v curl >/dev/null && curl -fsS -m 5 -o /dev/null \
    --unix-socket "$1" http://docker/_ping 2>/dev/null; then
    echo answers
  else
    echo refused
  fi
}

# tcp with TLS and ssh are the docker command's own business.
ask_client() {
  local version
  if ! command -v docker >/dev/null; then
    echo no-client
  elif version=$(DOCKER_HOST=$1 timeout 20 docker version \
    --format '{{.Server.Version}}' 2>/dev/null) && [[ -n $version ]]; then
    echo "answers $version"
  else
    echo refused
  fi
}

# ------------------------------------------------------------- whose process is it

# field PID N: the Nth field of its stat after the name; empty if it is gone, or dead
# and only waiting for a parent that does not collect it.
field() {
  local stat
  stat=$(cat "/proc/$1/stat" 2>/dev/null) || return 0
  stat=${stat##*) }
  if [[ $stat != [ZX]* ]]; then cut -d' ' -f"$2" <<<"$stat"; fi
}

# started PID: its start time in clock ticks since the boot, empty if it is gone.
started() { field "$1" 20; }

# program PID: the name of what runs under it, empty if it is gone.
program() {
  if [[ -n $(field "$1" 1) ]]; then cat "/proc/$1/comm" 2>/dev/null || true; fi
}

# live PIDFILE PROGRAM: the pid in the file if that very program runs under it.
live() {
  local pid
  pid=$(cat "$1" 2>/dev/null) || return 0
  if [[ $pid =~ ^[0-9]+$ && $(program "$pid") == "$2" ]]; then echo "$pid"; fi
}

# record HOW PID: what `stop` may stop, by pid, start time and boot.
record() {
  {
    printf 'how=%s\npid=%s\n' "$1" "$2"
    printf 'started=%s\n' "$(started "$2")"
    printf 'boot=%s\n' "$(cat /proc/sys/kernel/random/boot_id)"
  } >"$RECORD.new"
  mv -f -- "$RECORD.new" "$RECORD"
}

recorded() { sed -n "s/^$1=//p" "$RECORD" 2>/dev/null; }

# The pid of the engine that `ensure` started, if that process still lives.
ours() {
  local pid
  pid=$(recorded pid)
  [[ $pid =~ ^[0-9]+$ ]] || return 0
  [[ $(recorded boot) == "$(cat /proc/sys/kernel/random/boot_id)" ]] || return 0
  [[ $(recorded started) == "$(started "$pid")" ]] || return 0
  [[ $(program "$pid") == dockerd ]] || return 0
  echo "$pid"
}

# ------------------------------------------------------------------ becoming root

# as_root VERB: this script again as root, with its settings; fails if it may not.
as_root() {
  if [[ $EUID == 0 ]]; then
    "$BASH" "$SELF" "$@"
    return
  fi
  local settings=() name
  for name in "${!LINARA_ENGINE_@}"; do settings+=("$name=${!name}"); done
  if ! command -v sudo >/dev/null; then
    return 77
  elif sudo -n true 2>/dev/null; then
    sudo -n env "${settings[@]}" "$BASH" "$SELF" "$@"
  elif [[ -t 0 && -t 2 ]]; then
    say "root is needed to install and start the Docker engine; sudo asks for your password."
    sudo env "${settings[@]}" "$BASH" "$SELF" "$@"
  else
    return 77
  fi
}

explain_root() {
  fail "no Docker engine answers at $SOCKET, and this account may not start one." \
    "As root, or as somebody who may use sudo, run: $SELF ensure" \
    "Or install and start an engine yourself: sudo apt-get install docker.io"
}

# ------------------------------------------------------------------- group docker

# socket_group ADDRESS: the group that may use it.
socket_group() { stat -Lc %G -- "${1#unix://}" 2>/dev/null || echo docker; }

# A member by the group database, though this process may have started before that.
is_member() {
  getent group "$1" | cut -d: -f4 | tr , '\n' | grep -qxF -- "$(id -un)"
}

# through_group GROUP COMMAND...: replaces this process.
through_group() {
  local group=$1 line=exec word
  shift
  for word in "$@"; do line+=" '${word//\'/\'\\\'\'}'"; done
  exec sg "$group" -c "$line"
}

# admit ADDRESS: the engine there answers root and not this account.
admit() {
  local group
  group=$(socket_group "$1")
  if [[ $group == root || $group == UNKNOWN ]]; then
    fail "the engine at $1 lets nobody but root in." \
      "Give its socket a group: sudo groupadd docker, then restart the engine."
  fi
  if ! is_member "$group"; then join "$group" "$1"; fi
  if ! command -v sg >/dev/null; then
    fail "you are a member of group $group, but not yet in this session." \
      "Log out and in again."
  fi
  if [[ $(sg "$group" -c "'${SELF//\'/\'\\\'\'}' where" 2>/dev/null) != unix://* ]]; then
    fail "the engine at $1 does not answer group $group either." \
      "See: sudo $SELF status"
  fi
  say "answers group $group; this session is older than your membership, so commands go through sg."
}

# join GROUP ADDRESS: a person at a terminal is asked; without one, only who is as
# good as root already (sudo without a password) is added.
join() {
  local answer=y who
  who=$(id -un)
  if [[ -t 0 && -t 2 ]]; then
    printf 'engine: add %s to group %s? A member can do everything that root can. [y/N] ' \
      "$who" "$1" >&2
    read -r answer || answer=n
  elif ! sudo -n true 2>/dev/null; then
    answer=n
  fi
  if [[ $answer == [yY]* ]] && as_root admit-user "$who" "$1"; then
    say "added $who to group $1, which is as mighty as root; undo: sudo gpasswd -d $who $1"
    return
  fi
  fail "the engine at $2 answers members of group $1 only, and $who is none." \
    "Membership equals root. If that is wanted: sudo usermod -aG $1 $who" \
    "Then run this again; there is no need to log out."
}

# ------------------------------------------------------------------ as root: start

has_capability() { # of this process, by its bit number
  local effective
  effective=$(sed -n 's/^CapEff:\t//p' /proc/self/status)
  ((0x$effective >> $1 & 1))
}

install_engine() {
  if [[ $INSTALL == 0 ]]; then
    fail "no dockerd here, and LINARA_ENGINE_INSTALL=0 forbids installing it."
  elif ! command -v apt-get >/dev/null; then
    fail "no dockerd here, and this is neither Debian nor Ubuntu." \
      "Install your distribution's Docker engine and start it, then run this again."
  fi
  say "no Docker engine here; installing the package docker.io with apt (log: $STATE/apt.log)"
  : >"$STATE/apt.log"
  if ! apt-cache show docker.io >/dev/null 2>&1; then
    apt update || apt_failed "the package lists could not be fetched."
  fi
  # Lists that are out of date name files that are gone: once more with new ones.
  apt install --no-install-recommends docker.io ||
    { apt update && apt install --no-install-recommends docker.io; } ||
    apt_failed "docker.io could not be installed."
  hash -r
  # Where no systemd runs, the package may have started the engine through init.
  for _ in 1 2 3 4 5 6; do
    if [[ -n $(live "$PIDFILE" dockerd) ]]; then
      record package "$(live "$PIDFILE" dockerd)"
      return
    fi
    sleep 0.5
  done
}

# Everything apt says goes to the log; what a waiting person wants is shown from there.
# A file, and not a pipe: a service started by a package would hold a pipe open for ever.
apt() {
  DEBIAN_FRONTEND=noninteractive NEEDRESTART_MODE=l apt-get -q -y \
    -o Dpkg::Use-Pty=0 -o DPkg::Lock::Timeout=120 "$@" \
    </dev/null >>"$STATE/apt.log" 2>&1 {lock}>&- &
  local apt=$!
  tail -n +1 -f --pid="$apt" "$STATE/apt.log" 2>/dev/null |
    sed -unE 's/^(Get:[0-9]+ .*|Unpacking [^ ]+|Setting up [^ ]+).*/        \1/p' >&2 || true
  wait "$apt"
}

apt_failed() {
  local tail
  mapfile -t tail < <(tail -n 8 "$STATE/apt.log")
  fail "$1 The end of $STATE/apt.log:" "${tail[@]}" \
    "Check the network and apt's sources, then run this again."
}

# Old pid files and sockets, which survive a crash where /run is on disk. The engine
# takes any process under an old pid for itself, and an old containerd socket for a
# containerd that only needs waiting for.
clear_stale() {
  if [[ -e $PIDFILE && -z $(live "$PIDFILE" dockerd) ]]; then
    say "removing the stale $PIDFILE"
    rm -f -- "$PIDFILE"
  fi
  local containerd=$EXEC_ROOT/containerd/containerd.pid
  if [[ -e $containerd && -z $(live "$containerd" containerd) ]]; then
    say "removing the stale $containerd"
    rm -f -- "$containerd"
  fi
  local socket
  for socket in "$SOCKET" "$CONTAINERD_SOCKET"; do
    if [[ -S $socket && $(ask_socket "$socket") == refused ]]; then
      say "removing the stale $socket"
      rm -f -- "$socket"
    fi
  done
}

# No init has mounted the control groups: do it as Debian's cgroupfs-mount does, or
# with version 2 where the kernel has no memory controller of version 1.
mount_cgroups() {
  if grep -qE ' - cgroup2? ' /proc/self/mountinfo || [[ ! -d /sys/fs/cgroup ]]; then
    return
  fi
  say "mounting the control groups, which nothing here has mounted"
  if ! grep -qE '^memory\s.*\s1$' /proc/cgroups || ! mount_cgroups_v1; then
    mount -t cgroup2 cgroup2 /sys/fs/cgroup || true
  fi
}

mount_cgroups_v1() {
  local controller
  mount -t tmpfs -o mode=0755 cgroup /sys/fs/cgroup || return 1
  while read -r controller; do
    mkdir -p "/sys/fs/cgroup/$controller"
    mount -t cgroup -o "$controller" cgroup "/sys/fs/cgroup/$controller" 2>/dev/null ||
      rmdir "/sys/fs/cgroup/$controller"
  done < <(awk '!/^#/ && $4 == 1 { print $1 }' /proc/cgroups)
  if [[ -d /sys/fs/cgroup/memory && -d /sys/fs/cgroup/devices ]]; then return 0; fi
  umount -R /sys/fs/cgroup
  return 1
}

# launch OPTION...: dockerd on its own: no terminal, no descriptor of ours (a caller
# may wait for the end of a pipe), its output in the log. Prints nothing.
launch() {
  local line=("$DOCKERD") keep=() name
  if [[ $SOCKET != "$DEFAULT_SOCKET" ]]; then line+=(-H "unix://$SOCKET"); fi
  if [[ -n $DATA_ROOT ]]; then line+=(--data-root "$DATA_ROOT"); fi
  if [[ $EXEC_ROOT != /var/run/docker ]]; then line+=(--exec-root "$EXEC_ROOT"); fi
  if [[ $PIDFILE != /var/run/docker.pid ]]; then line+=(--pidfile "$PIDFILE"); fi
  # shellcheck disable=SC2206 # options are words by definition
  line+=($OPTIONS "$@")
  for name in http_proxy https_proxy no_proxy HTTP_PROXY HTTPS_PROXY NO_PROXY; do
    if [[ -n ${!name:-} ]]; then keep+=("$name=${!name}"); fi
  done
  : >"$LOG"
  chmod 0644 "$LOG"
  (
    cd /
    umask 022
    trap '' HUP
    ulimit -n 1048576 2>/dev/null || true
    exec </dev/null >>"$LOG" 2>&1
    for fd in "/proc/$BASHPID/fd/"*; do
      fd=${fd##*/}
      if ((fd > 2)); then eval "exec $fd>&-"; fi
    done
    exec setsid env -i "PATH=$PATH" HOME=/root LANG=C.UTF-8 "${keep[@]}" "${line[@]}"
  ) &
  LAUNCHED=$!
  disown
  # env and setsid become dockerd under this pid; record it as soon as they have.
  for _ in {1..20}; do
    if [[ $(program "$LAUNCHED") == dockerd ]]; then break; fi
    sleep 0.1
  done
  record detached "$LAUNCHED"
}

# answers_within PID: wait until the socket answers; 1 if the process ended, 2 if it
# took too long.
answers_within() {
  local deadline=$((SECONDS + WAIT_S)) told=0
  while true; do
    if [[ $(ask_socket "$SOCKET") == answers* ]]; then return 0; fi
    if [[ -z $(started "$1") ]]; then return 1; fi
    if ((SECONDS >= deadline)); then return 2; fi
    if ((told == 0 && SECONDS > deadline - WAIT_S + 3)); then
      say "waiting for the engine to answer (up to $WAIT_S s)"
      told=1
    fi
    sleep 0.3
  done
}

log_tail() { tail -n 12 "$LOG" | cut -c1-300; }

explain_log() {
  local tail
  mapfile -t tail < <(log_tail)
  fail "$1 The end of $LOG:" "${tail[@]}"
}

start_detached() {
  local pid ended=0
  pid=$(live "$PIDFILE" dockerd)
  if [[ -n $pid ]]; then
    say "a dockerd (pid $pid) is already there; waiting for it"
    answers_within "$pid" || fail "dockerd (pid $pid) runs, but does not answer at $SOCKET." \
      "It was not started by this script, so it was left alone. Look at its log, or restart it."
    return
  fi
  clear_stale
  mount_cgroups
  say "starting dockerd (log: $LOG)"
  launch
  answers_within "$LAUNCHED" || ended=$?
  if ((ended == 1)) && grep -qiE 'iptables|nat chain|nf_tables|network controller' "$LOG"; then
    say "the kernel has no packet filter for the engine's own networks, which a preview does not use: starting without them"
    clear_stale
    ended=0
    launch --bridge=none --iptables=false --ip6tables=false
    answers_within "$LAUNCHED" || ended=$?
  fi
  case $ended in
    1) explain_log "dockerd ended before it answered." ;;
    2) explain_log "dockerd (pid $LAUNCHED) did not answer within $WAIT_S s." ;;
  esac
}

under_systemd() {
  [[ -d /run/systemd/system && $SOCKET == "$DEFAULT_SOCKET" ]] &&
    systemctl cat docker.service >/dev/null 2>&1
}

start_by_systemd() {
  local before pid tail
  before=$(systemctl show -p MainPID --value docker.service)
  say "starting the service docker with systemctl"
  if systemctl start docker.service; then
    pid=$(systemctl show -p MainPID --value docker.service)
    if [[ $pid != 0 && ($before == 0 || $INSTALLED == 1) ]]; then record systemd "$pid"; fi
    if answers_within "$pid"; then return; fi
  fi
  mapfile -t tail < <(journalctl -u docker.service -n 12 --no-pager -o cat 2>/dev/null)
  fail "the service docker does not run, or does not answer at $SOCKET. The end of its log:" \
    "${tail[@]}" "See: systemctl status docker"
}

# As root, one at a time: two calls at once must not start two engines.
start() {
  mkdir -p -- "$STATE"
  chmod 0755 "$STATE"
  exec {lock}>"$STATE/lock"
  if command -v flock >/dev/null; then flock "$lock"; fi
  if [[ $(ask_socket "$SOCKET") == answers* ]]; then return; fi
  if ! has_capability 21; then
    fail "this root may not mount file systems (no CAP_SYS_ADMIN), so no engine can run here." \
      "In a container: start it with --privileged, or work on the machine itself."
  fi
  INSTALLED=0
  if ! command -v -- "$DOCKERD" >/dev/null; then
    install_engine
    INSTALLED=1
  fi
  if under_systemd; then start_by_systemd; else start_detached; fi
}

# ------------------------------------------------------------------------- verbs

ensure() {
  local where state
  where=$(address)
  state=$(ask "$where")
  case $state in
    answers*) say "$where answers (${state#answers })" ;;
    denied) admit "$where" ;;
    *)
      if [[ $where != "unix://$SOCKET" ]]; then explain_chosen "$where" "$state"; fi
      if [[ $state == directory || $state == stranger ]]; then explain_taken "$state"; fi
      start_as_root
      state=$(ask "$where")
      case $state in
        answers*) say "$where answers (${state#answers })" ;;
        denied) admit "$where" ;;
        *) fail "the engine at $where was started and does not answer: $state" ;;
      esac
      ;;
  esac
}

start_as_root() {
  local code=0
  as_root start || code=$?
  if ((code == 77)); then explain_root; fi
  if ((code != 0)); then exit 1; fi
}

explain_chosen() {
  local reason=$2
  if [[ $2 == no-client ]]; then reason="it takes the docker command to ask it, which is missing"; fi
  fail "the engine that you chose by DOCKER_HOST or a context, $1, does not answer ($reason)." \
    "Start it, or go back to this machine's own: unset DOCKER_HOST; docker context use default" \
    "Nothing was installed or started."
}

explain_taken() {
  if [[ $1 == directory ]]; then
    fail "$SOCKET is a directory, so no engine can listen there." \
      "A container that mounted a missing socket makes one. Remove it: sudo rmdir $SOCKET"
  fi
  fail "something that is no Docker engine answers at $SOCKET." "Stop it first."
}

status() {
  local where state pid
  where=$(address)
  state=$(ask "$where")
  pid=$(ours)
  if [[ $state == answers* ]]; then
    say "$where answers (${state#answers })"
    if [[ -n $pid ]]; then say "started by this script: pid $pid, log $LOG"; fi
    return
  fi
  fail "$where: $state"
}

where_is_it() {
  local where
  where=$(address)
  [[ $(ask "$where") == answers* ]] || return 1
  printf '%s\n' "$where"
}

run() {
  local where group
  (($# > 0)) || usage
  where=$(address)
  if [[ $where == unix://* && $(ask "$where") == denied ]]; then
    group=$(socket_group "$where")
    if is_member "$group"; then through_group "$group" "$@"; fi
  fi
  exec "$@"
}

stop() {
  local pid how code=0
  pid=$(ours)
  if [[ -z $pid ]]; then
    say "nothing to stop: no engine that this script started is running"
    return
  fi
  if [[ $EUID != 0 ]]; then
    as_root stop || code=$?
    ((code == 0)) || fail "the engine (pid $pid) was not stopped." "As root: $SELF stop"
    return
  fi
  how=$(recorded how)
  say "stopping the engine that this script started (pid $pid)"
  if [[ $how == systemd ]]; then
    systemctl stop docker.socket docker.service
  else
    kill -TERM "$pid"
  fi
  for _ in {1..150}; do
    if [[ -z $(ours) ]]; then
      rm -f -- "$RECORD"
      return
    fi
    sleep 0.2
  done
  fail "the engine (pid $pid) still runs 30 s after it was told to stop." "See $LOG"
}

# Called as root by `join`.
admit_user() { usermod -aG "$2" -- "$1"; }

usage() {
  sed -n '2,11s/^# \{0,1\}//p' "$SELF" >&2
  exit 2
}

verb=${1:-ensure}
if (($# > 0)); then shift; fi
case $verb in
  ensure) ensure ;;
  status) status ;;
  where) where_is_it ;;
  run) run "$@" ;;
  stop) stop ;;
  start) start ;;
  admit-user) admit_user "$@" ;;
  *) usage ;;
esac
