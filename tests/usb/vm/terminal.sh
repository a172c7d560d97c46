# SPDX-License-Identifier: Apache-2.0
# QEMU: -device qemu-xhci,id=xhci -device usb-hub,bus=xhci.0,port=1
# The whole path: a service and an enrolled terminal, unmodified; a card's QR comes in through a scanner that is unplugged and
# plugged again, each time as a sale; a keyboard beside it is left alone. The terminal runs as an unprivileged user.
. /lib.sh
export HOME=/
admin() { huika-admin --profile /srv/huika/admin "$@"; }
value() { sed -n "s/.*\"$1\": *\"\\{0,1\\}\\([^\",}]*\\).*/\\1/p" | head -n 1; }

huika-service init /srv/huika --host localhost >/run/init.log 2>&1 || fail "the service is not set up"
huika-service run /srv/huika >/run/service.log 2>&1 &
await "the service listens" grep -q "listens on" /run/service.log
cat >/run/members.csv <<'CSV'
card_number,name,org,status
6200000000000001,张建涛,410000,active
CSV
echo '{"title": "八八折", "kind": "percent", "rate_bp": 1200}' >/run/offer.json
admin member import /run/members.csv >/run/admin.log 2>&1 || fail "no members"
shop=$(admin --json shop add --org 410000 --name 示例饭店 --category dining --region 410102 | value shop)
admin offer set "$shop" --file /run/offer.json >>/run/admin.log 2>&1 || fail "no offer"
admin card print 6200000000000001 --out /run/card.txt >>/run/admin.log 2>&1 || fail "no card"
card=$(cat /run/card.txt)
code=$(admin --json terminal invite "$shop" | value code)
step "a shop, an offer, a card of ${#card} characters"

mkdir -p /srv/terminal && chown huika:huika /srv/terminal
su huika -c "huika-terminal enroll '$code' --state /srv/terminal/state" >/run/enroll.log 2>&1 || fail "not enrolled"
plug_keyboard
plug_bystander mouse 2
plug_bystander fido 3
plug_bystander storage 4
await "the bystanders are the kernel's" bystanders_are_untouched
su huika -c "exec huika-terminal run --state /srv/terminal/state" >/run/terminal.log 2>&1 &
terminal=$!
export HUIKA_SOCKET=/srv/terminal/state/huika.sock
status() { huika --json status >/run/status.json 2>/run/status.err; }
status_has() { status && grep -q "$1" /run/status.json; }
await "the terminal is online" status_has '"online":true'
su cashier -c "huika status" >/run/cashier.log 2>&1 || fail "a cashier of group huika is not let in"
su cashier -c "ls $(dirname $HUIKA_SOCKET)" >/dev/null 2>&1 && fail "a cashier may look around in the state directory"
su stranger -c "huika status" >/dev/null 2>&1 && fail "a stranger is let in"
huika --json events >/run/events.log 2>&1 &
events=$!
await "the keyboard is listed as not used" status_has '"label":"0525:a4a4 Test keyboard","used":false'

# The cashier enters an amount, the member's card is scanned: in the background, for the command waits for the reader.
sale() { # N AMOUNT TOTAL-FEN PAY-FEN [DELIVER...]
    n=$1 amount=$2 total=$3 pay=$4
    shift 4
    huika --json sell "$amount" --yes >"/run/sale$n.json" 2>"/run/sale$n.log" &
    await "sale $n waits for a card" grep -q "\"state\":\"waiting\".*\"total_fen\":$total" /run/events.log
    if [ $# = 0 ]; then echo "scan $card" >&8; else "$@"; fi
    await "sale $n is applied" grep -q "\"pay_fen\":$pay" "/run/sale$n.json"
    for part in '"verdict":"member"' '"card_last4":"0001"' '"input":"reader"'; do
        grep -q "$part" "/run/sale$n.json" || fail "sale $n has no $part"
    done
}
by_qr() { grep -q '"by":"qr".*"name_masked":"\*建涛"\|"name_masked":"\*建涛".*"by":"qr"' "/run/sale$1.json" || fail "sale $1 is not by QR"; }
by_number() {
    grep -q '"by":"number"' "/run/sale$1.json" || fail "sale $1 is not by number"
    grep -q name_masked "/run/sale$1.json" && fail "sale $1 names the member"
    true
}
scanner_is() { status_has "\"label\":\"1eab:0d10 Test scanner\",\"used\":[a-z]*,\"as\":\"scanner\",\"state\":\"$1\""; }

plug_scanner aim
await "the scanner is in use" scanner_is ready
driver_is "Test scanner" usbfs || fail "the scanner is not claimed"
only_the_scanner_is_open || fail "the rule opened more than the scanner"
sale 1 128.00 12800 11264
keyboard_types
unplug_scanner
await "the scanner is missed" scanner_is gone
plug_scanner plain
await "the scanner is back" scanner_is ready
echo stall >&8
sale 2 50.00 5000 4400
keyboard_types
bystanders_are_untouched || fail "a bystander was taken"

# Each other kind of reader, through the same kernel: plugged in, used for a sale, unplugged.
track=";6200000000000001=30121010000000000?"
device_is() { status_has "\"label\":\"[0-9a-f:]* $1\",\"used\":[a-z]*,\"as\":\"$2\",\"state\":\"$3\""; }
n=2
try() { # KIND AS COMMAND by_qr|by_number
    n=$((n + 1))
    number=$n how=$4
    plug "$1" 5
    await "a $1 is in use" device_is "Test $1" "$2" ready
    driver_is "Test $1" usbfs || fail "the $1 is not claimed"
    say=$3
    sale $number $((number * 25)).00 $((number * 2500)) $((number * 2200)) deliver
    $how $number
    bystanders_are_untouched || fail "a bystander was taken"
    unplug
    await "the $1 is missed" device_is "Test $1" "$2" gone
    n=$number
}
deliver() { echo "$say" >&6; }
unplug_scanner
await "the scanner is missed again" scanner_is gone
try keyboard-scanner scanner "type $card" by_qr
try bitmap-scanner scanner "type $card" by_qr
try serial scanner "serial $card" by_qr
try both scanner "scan $card" by_qr
try both card "swipe $track" by_number
try msr card "swipe $track" by_number
try magtek card "swipe $track" by_number
try wedge card "type $track" by_number

# And once more by devices that are not ours.
gadget
await "the gadget is configured" is_configured
await "the gadget is in use" device_is "Test gadget" scanner ready
await "the gadget's serial port is there" [ -c /dev/ttyGS0 ]
to_serial() { printf '%s\r\n' "$card" >/dev/ttyGS0; }
to_hid() { usbip_dev reports aim "$card" >/dev/hidg0; }
stty raw </dev/ttyGS0
sale 11 275.00 27500 24200 to_serial
by_qr 11
sale 12 300.00 30000 26400 to_hid
by_qr 12
ungadget
await "the gadget is missed" device_is "Test gadget" scanner gone
bystanders_are_untouched || fail "a bystander was taken"
plug_scanner aim
await "the scanner is back once more" scanner_is ready

# A second scanner, the same to the last digit: both read, and one goes without the other.
scanners_ready() { status && [ "$(grep -o 'Test scanner","used":true' /run/status.json | wc -l)" = "$1" ]; }
plug scanner 5 aim
await "two identical scanners are in use" scanners_ready 2
say="scan $card"
sale 13 325.00 32500 28600 deliver
sale 14 350.00 35000 30800
unplug_scanner
await "one of them is missed" scanners_ready 1
sale 15 375.00 37500 33000 deliver
by_qr 15
plug_scanner aim
await "both are back" scanners_ready 2
unplug
await "one remains" scanners_ready 1

# A scanner that types, below a hub, both by QEMU: the shop names it, plugs it in, and it is pulled again. The hub stays the kernel's.
hub=$(driver "QEMU USB Hub")
[ "$hub" = hub ] || fail "no hub below the root hub: $hub"
mkdir -p /etc/huika
printf '0627\t0001\tmsr_keyboard\t-\tQEMU\tthis shop\n' >/etc/huika/devices.tsv
kill $terminal
wait $terminal || fail "the terminal did not end in order"
su huika -c "exec huika-terminal run --state /srv/terminal/state" >>/run/terminal.log 2>&1 &
terminal=$!
await "the terminal is back online" status_has '"online":true'
kill $events
huika --json events >>/run/events.log 2>&1 &
echo "HOST do device_add usb-kbd,bus=xhci.0,port=1.3,id=wedge"
await "the reader below the hub is in use" device_is "QEMU USB Keyboard" card ready
driver_is "QEMU USB Keyboard" usbfs || fail "the reader below the hub is not claimed"
typed() { echo "HOST keys $track"; }
sale 16 400.00 40000 35200 typed
by_number 16
echo "HOST do device_del wedge"
await "the reader below the hub is missed" device_is "QEMU USB Keyboard" card gone
[ "$(driver "QEMU USB Hub")" = hub ] || fail "the hub was taken"

# A receipt printer: taken from usblp; its roll ends, it is pulled in mid print and comes back, it falls silent.
printer_is() { status_has "\"printer\":{\"state\":\"$1\""; }
job_is() { status_has "{\"id\":\"$1\",\"state\":\"$2\""; }
sale_id() { value sale_id <"/run/sale$1.json"; }
plug_printer /run/paper1
await "the printer is ready" printer_is ready
driver_is "Test printer" usbfs || fail "the printer is not claimed"
device_is "Test printer" printer ready || fail "the printer is not listed"
sale 17 425.00 42500 37400
await "receipt 17 is out" job_is "$(sale_id 17)" done
expect paper1 =1 "$(sale_id 17)"
expect paper1 374.00
echo "answers 1a 32 12" >&9
huika print test >/dev/null
await "the roll has ended" printer_is paper_out
huika --json sell 1.00 --scan "$card" --yes >/run/refused.json 2>&1 && fail "sold without paper and without a word"
grep -q printer_paper_out /run/refused.json || fail "sold without paper for another reason"
echo "answers 12 12 12" >&9
await "a new roll is seen" printer_is ready
echo hold >&9
sale 18 450.00 45000 39600
await "receipt 18 is going out" job_is "$(sale_id 18)" printing
unplug_printer
await "receipt 18 was cut off" job_is "$(sale_id 18)" interrupted
await "the printer is missed" printer_is absent
plug_printer /run/paper2
await "the printer is ready again" printer_is ready
[ -e /run/paper2 ] && fail "something came out by itself"
huika status | grep -q "huika reprint $(sale_id 18)" || fail "no copy is offered"
huika reprint "$(sale_id 18)" >/dev/null
await "the copy is out" job_is "$(sale_id 18)" done
expect paper2 =1 "$(sale_id 18)"
expect paper2 =2 "*** 副本 ***"
printf 'silent\nlines 38\n' >&9
huika print test >/dev/null
await "its port's lines say no paper" printer_is paper_out
echo "lines 18" >&9
await "and then say nothing" printer_is unknown
show_paper paper1 /run/paper1
show_paper paper2 /run/paper2
unplug_printer
await "the printer is missed again" printer_is absent

# And by Linux's own printer gadget, which answers no question; while nobody reads from it, the lines of its port say offline.
gadget_printer
await "the printer gadget is configured" is_configured
await "the printer gadget is offline" printer_is offline
device_is "Test printer gadget" printer ready || fail "the printer gadget is not listed"
cat /dev/g_printer0 >/run/paper3 &
reader=$!
await "the printer gadget is there" printer_is unknown
sale 19 475.00 47500 41800
await "receipt 19 is out" job_is "$(sale_id 19)" done
cut() { hexdump -v -e '1/1 "%02x"' /run/paper3 | grep -q 1d564200; }
await "it is on paper" cut
expect paper3 =1 "$(sale_id 19)"
show_paper paper3 /run/paper3
kill $reader
ungadget_printer
bystanders_are_untouched || fail "a bystander was taken"

await "every record is sent" status_has '"unsent":0'
admin --json shop show "$shop" >/run/shop.json 2>&1
grep -q '"count":19' /run/shop.json || fail "the service does not know nineteen sales"
huika journal verify >/run/verify.log 2>&1 || fail "the journal does not verify"
kill $terminal
wait $terminal || fail "the terminal did not end in order"
await "the kernel has the scanner again" driver_is "Test scanner" usbhid
su stranger -c "exec poscan" >/run/stranger.log 2>&1 &
stranger=$!
await "who is not in the group is told so" grep -q "waiting no_access 1eab:0d10 Test scanner" /run/stranger.log
kill $stranger
driver_is "Test scanner" usbhid || fail "a stranger took the scanner"
echo "RESULT PASS"
