#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Makes in DIR what every boot shares: vmlinux (Debian's kernel, uncompressed: boots twice as fast) and base.cpio (busybox,
# udev, USB modules, init). Nothing is installed; the kernel's version is whatever Debian has today. Done once per version.
set -eu
dir=$1
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$dir"
cd "$dir"
dir=$(pwd)
exec 9>lock
flock 9

package=$(apt-cache depends linux-image-amd64 2>/dev/null | sed -n 's/.*Depends: \(linux-image-[0-9].*\)/\1/p' | head -n 1)
[ -n "$package" ] || { echo "prepare.sh: apt knows no linux-image-amd64; run apt-get update" >&2; exit 3; }
stamp="$package $(cat "$here/prepare.sh" "$here/init" "$here/lib.sh" "$here/../../../hw/60-huika.rules" "$here/../../../hw/devices.tsv" | sha256sum | cut -c1-16)"
[ "$(cat stamp 2>/dev/null)" = "$stamp" ] && exit 0

unpack() { # PACKAGE DIRECTORY
    [ -e "$2/done" ] && return
    rm -rf "$2" deb && mkdir -p "$2" deb
    (cd deb && apt-get -qq download "$1" 2>download.log || { cat download.log >&2; exit 3; })
    dpkg -x deb/*.deb "$2"
    touch "$2/done"
}
unpack "$package" "$package"
for p in udev libudev1 libkmod2; do unpack "$p" "$p"; done

version=${package#linux-image-}
depmod -b "$package" "$version"
/usr/bin/python3 - "$package/boot/vmlinuz-$version" vmlinux <<'PY'
import lzma, sys
image = open(sys.argv[1], "rb").read()
elf = lzma.LZMADecompressor(format=lzma.FORMAT_XZ).decompress(image[image.index(b"\xfd7zXZ\x00"):])
assert elf[:4] == b"\x7fELF"
open(sys.argv[2], "wb").write(elf)
PY

rm -rf root
mkdir -p root/bin root/mod root/etc root/lib/udev/rules.d root/lib64 root/lib/x86_64-linux-gnu
cp "$(command -v busybox)" root/bin/busybox
for m in hid-generic usbhid evdev vhci-hcd cdc-acm usblp usb-storage xhci-pci dummy_hcd libcomposite usb_f_hid usb_f_acm usb_f_printer; do
    modprobe -d "$package" -S "$version" --show-depends "$m"
done | sed -n 's/^insmod //p' | awk '!seen[$1]++' | while read -r file; do
    cp "$file" root/mod/
    basename "$file" >>root/mod/order
done
gconv=root/usr/lib/x86_64-linux-gnu/gconv # encodings of printers
mkdir -p $gconv root/usr/share/huika
(cd /usr/lib/x86_64-linux-gnu/gconv && cp GB18030.so GBK.so EUC-CN.so libGB.so "$OLDPWD/$gconv/")
printf 'module INTERNAL GB18030// GB18030 1\nmodule INTERNAL GBK// GBK 1\nmodule INTERNAL EUC-CN// EUC-CN 1\n' >$gconv/gconv-modules
cp "$here/../../../hw/devices.tsv" root/usr/share/huika/
cp udev/bin/udevadm root/bin/
ln -s udevadm root/bin/systemd-udevd
cp udev/lib/udev/rules.d/50-udev-default.rules "$here/../../../hw/60-huika.rules" root/lib/udev/rules.d/
LD_LIBRARY_PATH=$dir/libudev1/lib/x86_64-linux-gnu:$dir/libudev1/usr/lib/x86_64-linux-gnu:$dir/libkmod2/lib/x86_64-linux-gnu:$dir/libkmod2/usr/lib/x86_64-linux-gnu \
    "$here/libraries.sh" root udev/bin/udevadm
cp "$here/init" "$here/lib.sh" root/
chmod +x root/init
printf 'root:x:0:0:root:/:/bin/sh\nhuika:x:1000:1000:huika:/:/bin/sh\ncashier:x:1001:1000:cashier:/:/bin/sh\nstranger:x:1002:1002:stranger:/:/bin/sh\n' >root/etc/passwd
printf 'root:x:0:\ninput:x:101:\ntty:x:5:\ndisk:x:6:\nkmem:x:15:\nlp:x:7:\naudio:x:29:\nvideo:x:44:\nrender:x:105:\nkvm:x:106:\ncdrom:x:24:\ntape:x:26:\ndialout:x:20:\nsgx:x:107:\nhuika:x:1000:\n' >root/etc/group
printf '127.0.0.1 localhost\n' >root/etc/hosts
(cd root && find . | cpio -o -H newc --quiet) >base.cpio
echo "$stamp" >stamp
