# SPDX-License-Identifier: Apache-2.0
# The reader's own firmware, simulated, on Debian's kernel: the unmodified terminal sells with it, by QR and by stripe.
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
su huika -c "exec huika-terminal run --state /srv/terminal/state" >/run/terminal.log 2>&1 &
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
exec 8>&-
await "the reader is missed" status_has '"label":"1209:0001 Huika card reader","used":[a-z]*,"as":"scanner","state":"gone"'
grep -rq 6200000000000001 /run/terminal.log /run/events.log && fail "a card number in a log"
echo "RESULT PASS"
