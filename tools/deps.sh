#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Installs the packages of packages.txt that are missing; says nothing when none is.
#   deps.sh [SECTION...]    sections are the comments in that file that stand alone (build, demo, ...); none: all
set -eu
cd "$(dirname "$0")/.."
missing=$(awk -v want=" $* " '/^# [a-z]+$/ { take = want == "  " || index(want, " " $2 " "); next }
    !/^#/ && NF && take { print $1 }' packages.txt | while read -r p; do
    dpkg-query -W -f='${Status}' "$p" 2>/dev/null | grep -q 'ok installed' || echo "$p"
done)
sudo=
[ "$(id -u)" = 0 ] || sudo=sudo
if [ ! -s /etc/machine-id ]; then # a bare container: terminals bind themselves to the machine they run on
    echo "giving this machine an identity: /etc/machine-id"
    tr -d - </proc/sys/kernel/random/uuid | $sudo tee /etc/machine-id >/dev/null
fi
if ! getent hosts localhost >/dev/null; then # a bare root: the demo and the tests speak to localhost
    echo "naming localhost in /etc/hosts"
    echo "127.0.0.1 localhost" | $sudo tee -a /etc/hosts >/dev/null
fi
[ -n "$missing" ] || exit 0
echo "installing:" $missing
export DEBIAN_FRONTEND=noninteractive
$sudo apt-get update -qq
# shellcheck disable=SC2086
$sudo apt-get install -y -qq --no-install-recommends $missing >/dev/null
