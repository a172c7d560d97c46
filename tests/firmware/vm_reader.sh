# SPDX-License-Identifier: Apache-2.0
# The reader's own firmware, simulated, on Debian's kernel: the unmodified terminal sells with it, by QR and by stripe. Then it gets
# a number and new firmware, through hidraw and Debian's dfu-programmer, and sells again.
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
mkdir -p /srv/terminal && chown huika:huika /srv/terminal
su huika -c "huika-terminal enroll '$code' --state /srv/terminal/state" >/run/enroll.log 2>&1 || fail "not enrolled"
run_terminal() {
    su huika -c "exec huika-terminal run --state /srv/terminal/state" >>/run/terminal.log 2>&1 8>&- &
    terminal=$!
}
run_terminal
export HUIKA_SOCKET=/srv/terminal/state/huika.sock
status() { huika --json status >/run/status.json 2>/run/status.err; }
status_has() { status && grep -q "$1" /run/status.json; }
await "the terminal is online" status_has '"online":true'
huika --json events >/run/events.log 2>&1 &

mkfifo /run/reader.in
simreader /bin/huika-reader.elf 0 </run/reader.in >/run/reader.log 2>&1 &
exec 8>/run/reader.in
reader_is_known() { grep -q "Huika card reader" /sys/bus/usb/devices/*/product; }
await "the kernel knows the reader" reader_is_known
await "the scanner is in use" status_has '"label":"1209:0001 Huika card reader","used":true,"as":"scanner","state":"ready"'

sale() { # N AMOUNT TOTAL-FEN PAY-FEN COMMAND
    huika --json sell "$2" --yes >"/run/sale$1.json" 2>"/run/sale$1.log" &
    await "sale $1 waits for a card" grep -q "\"state\":\"waiting\".*\"total_fen\":$3" /run/events.log
    echo "$5" >&8
    await "sale $1 is applied" grep -q "\"pay_fen\":$4" "/run/sale$1.json"
    for part in '"verdict":"member"' '"card_last4":"0001"'; do
        grep -q "$part" "/run/sale$1.json" || fail "sale $1 has no $part"
    done
}
sale 1 128.00 12800 11264 "scan $card"
grep -q '"name_masked":"\*建涛"' /run/sale1.json || fail "a QR's sale has no masked name"
await "the stripe reader is in use" status_has '"label":"1209:0001 Huika card reader","used":true,"as":"card","state":"ready"'
sale 2 50.00 5000 4400 "swipe ;6200000000000001=30122010000000000?"
sale 3 10.00 1000 880 "back ;6200000000000001=30122010000000000?"
grep -q '"name_masked"' /run/sale2.json && fail "a number's sale has a name"
# New firmware. The terminal lets go of the reader; what follows is the owner's, as root.
kill $terminal
wait $terminal || fail "the terminal did not end in order"
update() { PYTHONHOME=/ PYTHONPATH=/bin/python.zip python3.11 -S -B /bin/reader-update.py "$@" >/run/update.log 2>&1; }
says() { # STATUS TEXT ARGUMENT...: of the update command
    want=$1 text=$2
    shift 2
    update "$@"
    got=$?
    [ $got = "$want" ] && grep -q -- "$text" /run/update.log || fail "update $*: $got, not $want with '$text'"
    step "update $*: $text"
}
has_hidraw() { grep -q "^HID_UNIQ=$1\$" /sys/class/hidraw/hidraw*/device/uevent; }
loader_is_there() { grep -q "ATm32U4DFU" /sys/bus/usb/devices/*/product; }
usb_number() { # PRODUCT: a new one at each plug-in
    for p in /sys/bus/usb/devices/*/product; do
        [ "$(cat "$p")" = "$1" ] && cat "${p%/product}/devnum"
    done
}
came_anew() { [ -n "$(usb_number "$1")" ] && [ "$(usb_number "$1")" != "$old" ]; }
replug() { # hold|release NUMBER
    old=$(usb_number "Huika card reader")
    echo "$1" >&8
    [ "$1" = hold ] && echo "slow 10" >&8 || echo "slow 1" >&8
    echo power >&8
    await "the reader is plugged in anew, $1" came_anew "Huika card reader"
    await "it is number '$2'" has_hidraw "$2"
}
await "hidraw has the reader" has_hidraw ""
says 0 '"unit": null, "version": "0.1.0"' --list
openssl ecparam -name prime256v1 -genkey -noout -out /run/key.pem 2>/run/openssl.log || fail "no key"
mkdir /run/keys && openssl pkey -in /run/key.pem -pubout -out /run/keys/ours.pem
cp /bin/huika-reader.hex /bin/next.hex /run/
says 0 "signed with key" /run/next.hex --sign /run/key.pem
says 0 "signed with key" /run/huika-reader.hex --sign /run/key.pem
says 1 "hold its button" /run/next.hex --keys /run/keys
says 1 "hold its button" --give-unit HK000017
replug hold ""
says 0 "HK000017" --give-unit HK000017
replug release HK000017
grep -q HK000017 /sys/bus/usb/devices/*/serial || fail "the kernel does not know the serial number"
mkfifo /run/second.in
simreader /bin/huika-reader.elf 1 </run/second.in >/run/second.log 2>&1 8>&- &
exec 7>/run/second.in
await "a second reader, the same but for its number" has_hidraw ""
has_hidraw HK000017 || fail "the first reader is not told apart"
says 3 "several readers" /run/next.hex --keys /run/keys
exec 7>&-
second_is_gone() { ! has_hidraw ""; }
await "the second reader is gone" second_is_gone
replug hold HK000017
sed 's/$/\r/' /run/next.hex >/run/bad.hex && cp /run/next.hex.sig /run/bad.hex.sig
says 1 "was changed or is not whole" /run/bad.hex --keys /run/keys
loader_is_there && fail "a bad image got the reader into its loader"
says 0 "written, read back, started: version 0.1.1" /run/next.hex --keys /run/keys
says 0 '"unit": "HK000017", "version": "0.1.1".*"faults": 0' --list
echo "spoil 3" >&8
replug hold HK000017
says 3 "try again with --in-loader" /run/huika-reader.hex --keys /run/keys
loader_is_there || fail "the reader did not stay in its loader"
dfu-programmer atmega32u4 dump >/dev/null 2>&1 || fail "erased, and still read protected"
old=$(usb_number ATm32U4DFU)
echo power >&8
await "half an image is not started" came_anew ATm32U4DFU
dfu-programmer atmega32u4 dump >/dev/null 2>&1 && fail "the loader gives away what it has without an erase"
says 0 "written, read back, started" /run/huika-reader.hex --keys /run/keys --in-loader
await "the reader is back" has_hidraw HK000017
says 0 '"unit": "HK000017", "version": "0.1.0"' --list
echo "slow 1" >&8
run_terminal
await "the terminal is online again" status_has '"online":true'
await "the stripe reader is in use again" status_has '"label":"1209:0001 Huika card reader","used":true,"as":"card","state":"ready"'
huika --json events >/run/events.log 2>&1 8>&- &
sale 4 20.00 2000 1760 "swipe ;6200000000000001=30122010000000000?"

exec 8>&-
await "the reader is missed" status_has '"label":"1209:0001 Huika card reader","used":[a-z]*,"as":"scanner","state":"gone"'
grep -rq 6200000000000001 /run/terminal.log /run/events.log && fail "a card number in a log"
echo "RESULT PASS"
