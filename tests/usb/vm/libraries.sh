#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# libraries.sh ROOT PROGRAM...: copies the shared libraries that the programs need to the places where they look for them.
set -eu
root=$1
shift
ldd "$@" | sed -n 's/.*=> \(\/[^ ]*\).*/\1/p; s/^\t\(\/lib64[^ ]*\).*/\1/p' | sort -u | while read -r lib; do
    case $lib in
    /lib64/*) to=$root$lib ;;
    *) to=$root/lib/x86_64-linux-gnu/${lib##*/} ;;
    esac
    mkdir -p "${to%/*}"
    [ -e "$to" ] || cp -L "$lib" "$to"
done
