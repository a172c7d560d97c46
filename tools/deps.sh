#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Installs the packages of packages.txt that are missing; says nothing when none is.
set -eu
cd "$(dirname "$0")/.."
missing=$(sed 's/#.*//' packages.txt | tr -s ' \n' '\n' | grep . | while read -r p; do
    dpkg-query -W -f='${Status}' "$p" 2>/dev/null | grep -q 'ok installed' || echo "$p"
done)
[ -n "$missing" ] || exit 0
echo "installing:" $missing
sudo=
[ "$(id -u)" = 0 ] || sudo=sudo
export DEBIAN_FRONTEND=noninteractive
$sudo apt-get update -qq
# shellcheck disable=SC2086
$sudo apt-get install -y -qq --no-install-recommends $missing >/dev/null
