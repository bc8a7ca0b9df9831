#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Programs that load driver code run on the glibc of any driver root: fails if BINARY needs a symbol
# version newer than GLIBC_2.17, another library than libc and libdl, or does not name libdl.so.2 (glibc < 2.34 keeps
# dlopen there). A build on a newer distribution is what breaks this, silently. OBJDUMP names the
# tool where the binary is of another architecture.
set -euo pipefail

newest_allowed=2.17
allowed_libraries='^(libc\.so\.6|libdl\.so\.2|ld-linux-(x86-64\.so\.2|aarch64\.so\.1))$'

if [ $# -ne 1 ] || [ ! -r "$1" ]; then
  echo "usage: ${0##*/} BINARY" >&2
  exit 2
fi
binary=$1
failed=0

complain() {
  echo "${binary##*/}: $1" >&2
  failed=1
}

headers=$("${OBJDUMP:-objdump}" -p "$binary")
symbols=$("${OBJDUMP:-objdump}" -T "$binary")

libraries=$(awk '$1 == "NEEDED" { print $2 }' <<<"$headers")
for library in $libraries; do
  [[ $library =~ $allowed_libraries ]] || complain "needs the library '$library'"
done
for library in libc.so.6 libdl.so.2; do
  grep -qxF "$library" <<<"$libraries" || complain "does not name the library '$library'"
done

# Versions by symbol (what is called) and by header (what the loader refuses to start without;
# GLIBC_ABI_DT_RELR and the like appear only there). A symbol without a version is weak or ours.
versions=$(
  { grep -F '*UND*' <<<"$symbols" || true; } | awk 'match($0, /\(?GLIBC_[A-Za-z0-9_.]+\)?/) {
    version = substr($0, RSTART, RLENGTH); gsub(/[()]/, "", version); print version, $NF }'
  awk '$3 ~ /^[0-9]+$/ && $4 ~ /^[A-Z]+_/ { print $4, "(version reference)" }' <<<"$headers"
)
[ -n "$versions" ] || complain "has no versioned symbols: is it static?"

while read -r version name; do
  [ -n "$version" ] || continue
  number=${version#GLIBC_}
  if [[ ! $number =~ ^[0-9.]+$ ]]; then
    complain "needs '$version' for $name"
  elif [ "$(printf '%s\n' "$number" "$newest_allowed" | sort -V | tail -n 1)" != "$newest_allowed" ]; then
    complain "needs '$version' for $name, newer than GLIBC_$newest_allowed"
  fi
done <<<"$versions"

exit "$failed"
