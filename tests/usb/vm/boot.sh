#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# boot.sh CACHE CHECK TEXT PROGRAM...: boots Debian's kernel in QEMU, runs CHECK (a shell script beside this one) in the guest
# with the PROGRAMs in its /bin and TEXT for the scanner to read, and says what it answered. Exit status 0 only for RESULT PASS, and if
# what was printed in the guest is as it should be (paper.py). A line "# QEMU: OPTIONS" of CHECK adds to the machine; host.py does what the
# guest asks of it.
set -eu
cache=$1 check=$2 text=$3
shift 3
here=$(cd "$(dirname "$0")" && pwd)
"$here/prepare.sh" "$cache"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/root/bin"
cp "$@" "$work/root/bin/"
"$here/libraries.sh" "$work/root" "$@"
cp "$here/$check" "$work/root/check.sh"
printf '%s\n' "$text" >"$work/root/text"
(cd "$work/root" && find . | cpio -o -H newc --quiet) | cat "$cache/base.cpio" - >"$work/initrd"

# Always emulation: /dev/kvm may be there and hang. The answer counts, not the exit status of the emulator.
more=$(sed -n 's/^# QEMU: //p' "$here/$check")
# shellcheck disable=SC2086
timeout 600 qemu-system-x86_64 -accel tcg -cpu max -m 512 -nodefaults -no-user-config -no-reboot -display none -serial stdio \
    -rtc base=utc -kernel "$cache/vmlinux" -initrd "$work/initrd" -append "console=ttyS0 quiet loglevel=2 panic=-1" \
    -monitor "unix:$work/monitor,server=on,wait=off" $more </dev/null |
    /usr/bin/python3 "$here/host.py" "$work/monitor" | tee "$work/log" | sed '/^PAPER/,/^PAPER END/d; /^EXPECT/d' || true
grep -q '^RESULT PASS' "$work/log"
/usr/bin/python3 "$here/paper.py" "$work/log"
