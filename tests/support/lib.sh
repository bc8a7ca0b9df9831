# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# What the test scripts share: progress lines, Debian packages, and the cache folder.
# Source it; it only defines functions and NVINJECT_CACHE.
#
# Everything large (drivers, container engines, images) comes from the Debian mirror this machine
# already uses and is kept in NVINJECT_CACHE, never in the repository.

umask 022
NVINJECT_CACHE=${NVINJECT_CACHE:-/var/cache/nvinject}

# Progress goes to stderr: the stdout of these scripts is their answer.
say() { printf '%s: %s\n' "${0##*/}" "$*" >&2; }

die() {
  say "error: $*"
  exit 1
}

# usage FILE: prints FILE's head comment (below the licence line), which is its manual.
usage() { awk 'NR > 3 && !/^#/ { exit } NR > 3 { sub(/^# ?/, ""); print }' "$1"; }

need_root() { [ "$(id -u)" = 0 ] || die "needs root"; }

# need_packages PACKAGE...: installs those that are missing, and touches nothing when none is.
need_packages() {
  local package missing=()
  for package in "$@"; do
    # shellcheck disable=SC2016 # dpkg-query expands it, not the shell.
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] ||
      missing+=("$package")
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  need_root
  say "installing ${missing[*]}"
  mkdir -p "$NVINJECT_CACHE"
  # One at a time: another script may want some, too.
  (
    flock 9
    # A third-party source that cannot be reached must not stop us, so update's status is not asked.
    apt-get update -qq >&2 || true
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" \
      >/dev/null 9>&-
  ) 9>"$NVINJECT_CACHE/packages.lock" || die "cannot install ${missing[*]}"
}

# need_crio: CRI-O, which no package of Debian 12 has. It starts no pod without conmon and pinns.
need_crio() {
  local program
  for program in crio conmon pinns; do
    command -v "$program" >/dev/null || die "no program '$program' in PATH: CRI-O needs crio, conmon and pinns"
  done
}

# debian_mirror: the address of the Debian mirror this machine uses, without the final slash.
debian_mirror() {
  local codename mirror
  # shellcheck source=/dev/null
  codename=$(. /etc/os-release && printf %s "${VERSION_CODENAME:-}")
  # shellcheck disable=SC2016 # apt-get expands it, not the shell.
  mirror=$(apt-get indextargets --format '$(REPO_URI)' \
    'Created-By: Packages' 'Origin: Debian' "Codename: $codename" | head -n 1)
  if [ -z "$mirror" ]; then
    # No index was ever fetched, as in a fresh container: then apt does not know the origin yet.
    apt-get update -qq >&2 || true
    # shellcheck disable=SC2016
    mirror=$(apt-get indextargets --format '$(REPO_URI)' \
      'Created-By: Packages' 'Origin: Debian' "Codename: $codename" | head -n 1)
  fi
  [ -n "$mirror" ] || die "apt on this machine knows no Debian mirror (Debian only, sorry)"
  printf '%s\n' "${mirror%/}"
}

# make_atomically DEST STAMP FUNCTION [ARG...]: runs FUNCTION DIRECTORY ARG... and renames the
# directory to DEST when it succeeded. One that was made with the same STAMP is kept as it is; one
# that was interrupted, or made from another list, is made anew. Two callers wait for each other.
# Never call it, or what calls it, in a condition (if, ||, &&): bash ignores errexit there.
make_atomically() {
  local dest=$1 stamp=$2
  shift 2
  case $dest in
    "$NVINJECT_CACHE"/?*) ;;
    *) die "make_atomically: $dest is not in the cache folder $NVINJECT_CACHE" ;;
  esac
  mkdir -p "${dest%/*}"
  local lock
  exec {lock}>"$dest.lock"
  flock "$lock"
  if [ ! -d "$dest" ] || [ "$(cat "$dest.stamp" 2>/dev/null)" != "$stamp" ]; then
    rm -rf "$dest.partial" "$dest.stamp"
    mkdir "$dest.partial"
    # A subshell, so that FUNCTION may set traps and go to other folders.
    (
      set -euo pipefail
      exec {lock}>&-
      "$1" "$dest.partial" "${@:2}"
    )
    rm -rf "$dest"
    mv "$dest.partial" "$dest"
    printf '%s\n' "$stamp" >"$dest.stamp"
  fi
  exec {lock}>&-
}

# foreign_packages SUITE DEST PACKAGE...: unpacks packages of another Debian suite into DEST (in the
# cache folder), without installing them and without telling the machine's own apt. Only the named
# packages: dependencies are the caller's business.
foreign_packages() {
  local suite=$1 dest=$2
  shift 2
  make_atomically "$dest" "$suite: $*" unpack_foreign_packages "$suite" "$@"
}

# unpack_foreign_packages DIRECTORY SUITE PACKAGE...
unpack_foreign_packages() {
  local directory=$1 suite=$2
  shift 2
  local debs
  debs=$(mktemp -d "$NVINJECT_CACHE/debs.XXXXXX")
  # shellcheck disable=SC2064 # the name of now.
  trap "rm -rf '$debs'" EXIT
  download_foreign_packages "$debs" "$suite" "$@"
  local deb
  for deb in "$debs"/*.deb; do
    dpkg -x "$deb" "$directory"
  done
  # dpkg -x gives the folder the mode of the package's "./".
  chmod 755 "$directory"
}

# download_foreign_packages DIRECTORY SUITE PACKAGE...: the .deb files themselves.
download_foreign_packages() { download_from deb "$@"; }

# download_foreign_source DIRECTORY SUITE PACKAGE...: the files of source packages.
download_foreign_source() { download_from deb-src "$@"; }

# download_from KIND DIRECTORY SUITE PACKAGE...: from sources of this kind (sources.list(5)).
download_from() {
  local kind=$1 directory=$2 suite=$3 command=(download)
  shift 3
  local mirror keyring state lock components='main contrib non-free non-free-firmware'
  mirror=$(debian_mirror)
  # Before Debian 12 firmware lay in non-free.
  [ "$suite" != bullseye ] || components='main contrib non-free'
  keyring=/usr/share/keyrings/debian-archive-keyring.gpg
  [ -e "$keyring" ] || need_packages debian-archive-keyring
  state=$NVINJECT_CACHE/apt/$suite
  [ "$kind" = deb ] || { state+=-source command=(source --download-only); }
  mkdir -p "$state/lists/partial" "$state/cache/archives/partial" "$state/empty.d"
  # What lies there is shared by all callers of this suite.
  exec {lock}>"$state/lock"
  flock "$lock"
  : >"$state/status"
  printf '%s [signed-by=%s] %s %s %s\n' "$kind" "$keyring" "$mirror" "$suite" "$components" \
    >"$state/sources.list"
  # Its own everything: lists, status, cache, preferences. The keyring is the machine's, and the
  # signature is checked as for any other suite.
  local apt=(apt-get -qq
    -o Dir::Etc::SourceList="$state/sources.list" -o Dir::Etc::SourceParts="$state/empty.d"
    -o Dir::Etc::Preferences=/dev/null -o Dir::Etc::PreferencesParts="$state/empty.d"
    -o Dir::State="$state" -o Dir::State::Lists="$state/lists" -o Dir::State::status="$state/status"
    -o Dir::Cache="$state/cache" -o APT::Sandbox::User=root
    -o Acquire::Languages=none -o Acquire::IndexTargets::deb::DEP-11::DefaultEnabled=false
    -o Acquire::Retries=3
    # A mirror may be a snapshot: an old signature is good enough to test with.
    -o Acquire::Check-Valid-Until=false)
  say "reading the package list of $suite"
  # Always anew: sid drops old files within hours.
  "${apt[@]}" update >&2 || die "cannot read the package list of $suite"
  say "downloading $# packages of $suite"
  (cd "$directory" && "${apt[@]}" -q=1 "${command[@]}" "$@" >&2) ||
    die "$suite lacks one of these packages, or the mirror failed: $*"
  exec {lock}>&-
}
