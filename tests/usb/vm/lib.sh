# SPDX-License-Identifier: Apache-2.0
# Shared by the checks that run in the guest.
TEXT=$(cat /text)

step() { echo "GUEST $(cut -d' ' -f1 /proc/uptime) $*"; }

fail() {
    step "FAILED: $*"
    for log in /run/*.log; do
        echo "--- $log"
        tail -n 40 "$log"
    done
    echo "RESULT FAIL $*"
    exit 1
}

# await WHAT COMMAND...: until the command succeeds, at most a minute.
await() {
    what=$1
    shift
    end=$(($(date +%s) + 60))
    until "$@" >/dev/null 2>&1; do
        [ "$(date +%s)" -lt $end ] || fail "$what"
        usleep 20000
    done
    step "$what"
}

# lines N PATTERN FILE: the pattern is on exactly N lines.
lines() { [ "$(grep -c -- "$2" "$3")" = "$1" ]; }

# Devices: what is written to the descriptor goes to the device, closing it unplugs.
plug_scanner() { # [LAYOUT]
    rm -f /run/scanner.in && mkfifo /run/scanner.in
    usbip_dev scanner 0 "${1:-aim}" </run/scanner.in 2>/run/scanner.log 6>&- &
    exec 8>/run/scanner.in
}
unplug_scanner() { exec 8>&-; }
plug_keyboard() {
    mkfifo /run/keyboard.in
    usbip_dev keyboard 1 </run/keyboard.in 2>/run/keyboard.log &
    exec 7>/run/keyboard.in
}

plug() { # KIND PORT [LAYOUT]: one of kinds.h; what is written to the descriptor 6 goes to it
    rm -f /run/device.in && mkfifo /run/device.in
    usbip_dev "$@" </run/device.in 2>/run/device.log 8>&- & # or it would keep the scanner plugged in
    exec 6>/run/device.in
}
unplug() { exec 6>&-; }
plug_bystander() { # KIND PORT: stays
    mkfifo "/run/$1.in"
    usbip_dev "$1" "$2" <"/run/$1.in" 2>"/run/$1.log" &
    sleep 1000000 >"/run/$1.in" &
}

plug_printer() { # PAPER
    rm -f /run/printer.in && mkfifo /run/printer.in
    usbip_dev printer 6 "$1" </run/printer.in 2>/run/printer.log 6>&- 8>&- &
    exec 9>/run/printer.in
}
unplug_printer() { exec 9>&-; }
# What came out, for the interpreter on the host (paper.py).
show_paper() { # NAME FILE
    echo "PAPER $1"
    base64 "$2"
    echo "PAPER END"
}
expect() { echo "EXPECT $*"; }

# gadget: a device by Linux's own gadget drivers, on a bus of its own: CDC-ACM and HID in one. Nothing of it is ours.
gadget() {
    mount -t configfs none /sys/kernel/config
    g=/sys/kernel/config/usb_gadget/g
    mkdir -p $g/strings/0x409 $g/configs/c.1 $g/functions/acm.0 $g/functions/hid.0
    echo 0x05e0 >$g/idVendor
    echo 0x0600 >$g/idProduct
    echo "Test gadget" >$g/strings/0x409/product
    echo 64 >$g/functions/hid.0/report_length
    usbip_dev desc aim >$g/functions/hid.0/report_desc
    ln -s $g/functions/acm.0 $g/functions/hid.0 $g/configs/c.1/
    ls /sys/class/udc | head -n 1 >$g/UDC
}
# The same for a printer (Documentation/usb/gadget_printer.rst): /dev/g_printer0 is its paper, and it answers no DLE EOT.
gadget_printer() {
    p=/sys/kernel/config/usb_gadget/p
    mkdir -p $p/strings/0x409 $p/configs/c.1 $p/functions/printer.0
    echo 0x0416 >$p/idVendor
    echo 0x5011 >$p/idProduct
    echo "Test printer gadget" >$p/strings/0x409/product
    ln -s $p/functions/printer.0 $p/configs/c.1/
    ls /sys/class/udc | head -n 1 >$p/UDC
}
ungadget_printer() { echo >/sys/kernel/config/usb_gadget/p/UDC; }
ungadget() { echo >/sys/kernel/config/usb_gadget/g/UDC; }
is_configured() { grep -q "^configured" /sys/class/udc/*/state; }

# driver PRODUCT: the kernel driver of the device's interface 0 ("usbfs": a program has claimed it).
driver() {
    for p in /sys/bus/usb/devices/*/product; do
        [ "$(cat "$p")" = "$1" ] && basename "$(readlink "${p%/product}"/*:1.0/driver)"
    done
}
driver_is() { [ "$(driver "$1")" = "$2" ]; }

# The udev rule gave the reader to the group huika, and nothing else.
only_the_scanner_is_open() { [ "$(stat -c '%G %a' /dev/bus/usb/*/* | grep -c '^huika 660$')" = 1 ]; }
bystanders_are_untouched() {
    driver_is "Test keyboard" usbhid && driver_is "Test mouse" usbhid && driver_is "Test fido" usbhid &&
        driver_is "Test storage" usb-storage && [ "$(driver_of_hubs)" = hub ]
}
driver_of_hubs() {
    for h in /sys/bus/usb/devices/*-0:1.0/driver; do basename "$(readlink "$h")"; done | sort -u
}

# The input device that the kernel made of the keyboard.
keyboard_event() {
    for p in /sys/bus/usb/devices/*/product; do
        [ "$(cat "$p")" = "Test keyboard" ] && basename "$(echo "${p%/product}"/*:1.0/*/input/input*/event*)"
    done
}
keyboard_is_input() { [ -c "/dev/input/$(keyboard_event)" ]; }

# A key on the keyboard beside the scanner still arrives at the kernel's input layer.
keyboard_types() {
    : >/run/keys
    cat "/dev/input/$(keyboard_event)" >/run/keys &
    reader=$!
    await "the keyboard types" key_arrives
    kill $reader
}
key_arrives() { # again each time: the first ones may be too early for the reader
    echo "key 04" >&7
    hexdump -v -e '24/1 "%02x" "\n"' /run/keys | grep -q '01001e0001000000$'
}
