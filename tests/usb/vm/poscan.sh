# SPDX-License-Identifier: Apache-2.0
# The bus alone: an unprivileged user reads a scanner that comes and goes, and a keyboard beside it is left alone.
. /lib.sh
export HOME=/

plug_keyboard
await "the keyboard is the kernel's" driver_is "Test keyboard" usbhid
await "the keyboard has its input device" keyboard_is_input
su huika -c "exec poscan" >/run/poscan.log 2>&1 &
program=$!
await "the keyboard is seen and not used" grep -q "unused keyboard 0525:a4a4 Test keyboard" /run/poscan.log

plug_scanner aim
await "the scanner is ready" lines 1 "ready ok 1eab:0d10 Test scanner" /run/poscan.log
await "the program has it" driver_is "Test scanner" usbfs
echo "scan $TEXT" >&8
await "a scan arrives" lines 1 "^scan .*]Q1. ${#TEXT} $TEXT\$" /run/poscan.log
keyboard_types

unplug_scanner
await "the scanner is gone" lines 1 "gone unplugged" /run/poscan.log
plug_scanner plain
await "the scanner is back" lines 2 "ready ok 1eab:0d10 Test scanner" /run/poscan.log
echo "scan $TEXT" >&8
await "a scan arrives again" lines 2 "^scan .* $TEXT\$" /run/poscan.log
echo stall >&8
echo "scan $TEXT" >&8
await "a stall is cleared" lines 3 "^scan .* $TEXT\$" /run/poscan.log
driver_is "Test keyboard" usbhid || fail "the keyboard was taken"
keyboard_types

kill $program
wait $program || fail "the program did not end in order"
grep -q '^end$' /run/poscan.log || fail "the program ended early"
await "the kernel has the scanner again" driver_is "Test scanner" usbhid
only_the_scanner_is_open || fail "the rule opened more than the scanner"
echo "RESULT PASS"
