#!/bin/sh
# make-users.sh FILE - makes the users and groups of a sysusers.d file where they are missing, without systemd.
set -eu
grep -v '^ *#' "$1" | while read -r kind name value rest; do
  case $kind in
    g) getent group "$name" >/dev/null || groupadd --system "$name" ;;
    u) getent passwd "$name" >/dev/null ||
         useradd --system --user-group --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin "$name" ;;
    m) usermod --append --groups "$value" "$name" ;;
  esac
done
