#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The main job before your eyes, with the real programs and no device: a service with a thousand invented members and three
# shops, one terminal, one card read back from its picture, a sale, a sale without the service, and a delisting. KEEP=1 leaves it running.
set -euo pipefail
cd "$(dirname "$0")/.."
bin=$PWD/${BUILD:-build}
dir=$(mktemp -d "${TMPDIR:-/tmp}/huika-demo.XXXXXX")
pids=()
began=$SECONDS

bold= dim= green= red= amber= off=
if [ -t 1 ]; then
    export CLICOLOR_FORCE=1
    bold=$'\e[1m' dim=$'\e[2m' green=$'\e[32m' red=$'\e[31m' amber=$'\e[33m' off=$'\e[0m'
fi
case ${LC_ALL:-${LC_MESSAGES:-${LANG:-}}} in zh*) zh=1 ;; *) zh= ;; esac
# Whatever the caller's locale lacks, receipts need UTF-8.
{ export LC_ALL=${zh:+zh_CN.UTF-8} LANGUAGE=${zh:+zh_CN}; } 2>/dev/null # which need not be installed
[ -n "$zh" ] || export LC_ALL=C.UTF-8

finish() {
    local code=$?
    for p in "${pids[@]}"; do kill "$p" 2>/dev/null || true; done
    for p in "${pids[@]}"; do wait "$p" 2>/dev/null || true; done
    if [ "$code" != 0 ]; then
        printf '%s%s%s\n' "$red" "$(words "The demonstration stopped (exit $code). What the programs said last:" "演示中断（退出码 $code），各程序最后的输出：")" "$off" >&2
        tail -n 15 "$dir"/*.log >&2 2>/dev/null || true
    fi
    rm -rf "$dir"
    exit "$code"
}
trap finish EXIT
trap 'exit 130' INT TERM

step=0
words() { if [ -n "$zh" ]; then printf '%s' "$2"; else printf '%s' "$1"; fi; } # English, Chinese
say() { step=$((step + 1)) && printf '\n%s%2d  %s%s\n' "$bold" "$step" "$(words "$@")" "$off"; }
show() { printf '    %s$ %s%s\n' "$dim" "$*" "$off"; }
indent() { sed 's/^/    /'; }
field() { /usr/bin/python3 -c 'import json,sys; print(json.load(sys.stdin)[sys.argv[1]])' "$1"; }
free_port() { /usr/bin/python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
until_true() { # what, command...: waits at most 20 s
    local what=$1 end=$((SECONDS + 20))
    shift
    until "$@" >/dev/null 2>&1; do
        [ $SECONDS -lt $end ] || { echo "waited in vain for $what" >&2; exit 1; }
        read -rt 0.05 <> <(:) || true
    done
}

admin() { "$bin/huika-admin" --profile "$dir/service/admin" "$@"; }
huika() { "$bin/huika" --socket "$dir/terminal/huika.sock" "$@"; }

say "A service of its own: keys, certificates, an empty database" "建立中心服务：密钥、证书、空数据库"
port=$(free_port)
show "huika-service init DIR --host localhost"
"$bin/huika-service" init "$dir/service" --host localhost --port "$port" --public-port "$(free_port)" | indent
serve() {
    "$bin/huika-service" run "$dir/service" >>"$dir/service.log" 2>&1 &
    pids+=($!)
    until_true "the service" admin org list
}
serve

say "The union registers: two cities, a thousand members, three shops" "工会登记：两个市、一千名会员、三家商户"
admin org add 410100 郑州市总工会 --parent 410000 >/dev/null
admin org add 410200 开封市总工会 --parent 410000 >/dev/null
/usr/bin/python3 - "$dir/members.csv" <<'PY'
import random, sys
rng = random.Random(20260101)
family, given = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨", "建涛春华试验样例明丽国强小红海燕志军雪梅"
with open(sys.argv[1], "w", encoding="utf-8") as f:
    f.write("card_number,name,org,status\n")
    for i in range(1, 1001):
        name = "张建涛" if i == 1 else rng.choice(family) + "".join(rng.sample(given, rng.choice([1, 2])))
        f.write(f"620000000000{i:04d},{name},{rng.choice(['410100', '410200'])},active\n")
PY
show "huika-admin member import members.csv"
admin member import "$dir/members.csv" | indent
offer() { # shop name, category, region, org, offer JSON
    local id
    id=$(admin --json shop add --org "$4" --name "$1" --category "$2" --region "$3" | field shop)
    printf '%s' "$5" >"$dir/offer.json"
    admin offer set "$id" --file "$dir/offer.json" >/dev/null
    printf '%s' "$id"
}
dining=$(offer 示例饭店 dining 410102 410100 '{"title":"餐饮八八折","kind":"percent","rate_bp":1200,"cap_fen":5000,"per_card_day":2}')
offer 演示超市 supermarket 410202 410200 '{"title":"满100减15","kind":"off_over","over_fen":10000,"off_fen":1500,"repeat":true}' >/dev/null
offer 样例影城 leisure 410103 410100 '{"title":"会员票25元","kind":"fixed","price_fen":2500,"weekdays":[1,2,3,4,5]}' >/dev/null
admin shop list | indent

say "The shop's terminal enrols with a one-time code" "商户终端用一次性注册码入网"
code=$(admin --json terminal invite "$dining" | field code)
show "huika-terminal enroll ${code:0:28}…"
"$bin/huika-terminal" enroll "$code" --state "$dir/terminal" | indent
tport=$(free_port)
"$bin/huika-terminal" run --state "$dir/terminal" --listen "127.0.0.1:$tport" >"$dir/terminal.log" 2>&1 &
pids+=($!)
licensed() { huika --json status | grep -q '"possible":true'; }
until_true "the terminal's licence" licensed
huika status | indent

say "A member's card: its QR printed to a picture, and read back from it" "会员卡：二维码印成图片，再从图片读回"
show "huika-admin card print 6200000000000001 --out card.png; zbarimg card.png"
admin card print 6200000000000001 --out "$dir/card.png" >/dev/null
qr=$(zbarimg --quiet --nodbus --raw "$dir/card.png")
printf '    %s… (%s)\n' "${qr:0:44}" "$(words "${#qr} characters" "共 ${#qr} 个字符")"

say "128.00 yuan at the counter: scan, verdict, quote, sale, receipt" "收银 128.00 元：扫码、核验、报价、成交、小票"
show 'huika sell 128.00 --scan "$(zbarimg --raw card.png)" --yes'
huika sell 128.00 --scan "$qr" --yes | indent

say "The journal: every record chained and checked" "终端日志：逐条成链，逐条核对"
synced() { [ "$(huika --json status | field unsent)" = 0 ]; }
until_true "the records to be sent" synced
huika journal verify | indent
say "The same sale as the service has it, under a countersigned head" "中心服务里的同一笔交易（链头已会签）"
admin shop show "$dining" | indent

say "The service cannot be reached: the signed card is checked here, within a licence, and settled later" "中心服务连不上：终端凭许可脱机核验会员卡，联网后补核"
show "kill SERVICE; huika sell 35.00 --scan … --yes; huika-service run DIR"
kill "${pids[0]}" && wait "${pids[0]}" || true
huika sell 35.00 --scan "$qr" --yes | indent
unset 'pids[0]'
serve
until_true "the provisional sale to be settled" synced
huika day | indent

say "The shop breaks its word: the union takes it off the list" "商户违约：工会将其移出名录"
show "huika-admin shop delist SHOP --reason '拒绝兑现优惠（演示）'"
admin shop delist "$dining" --reason '拒绝兑现优惠（演示）' | indent
at=$(date +%s%N)
delisted() { huika --json status | grep -q '"delisted"'; }
until_true "the terminal to know" delisted
ms=$((($(date +%s%N) - at) / 1000000))
printf '    %s%s%s\n' "$amber" "$(words "the terminal obeyed within $ms ms" "终端在 $ms 毫秒内已执行")" "$off"
show 'huika sell 66.00 --scan … --yes'
code=0
huika sell 66.00 --scan "$qr" --yes >"$dir/refused" 2>&1 || code=$?
indent <"$dir/refused"
[ "$code" = 1 ] || { echo "the delisted shop was not refused (exit $code)" >&2; exit 1; }

printf '\n%s%s%s\n' "$green" "$(words "Done in $((SECONDS - began)) s." "演示完成，用时 $((SECONDS - began)) 秒。")" "$off"
if [ -n "${KEEP:-}" ]; then
    cat <<TXT

$(words "It keeps running until you press Ctrl-C. In another shell:" "演示继续运行，按 Ctrl-C 结束。请在另一个终端窗口中试用：")
    export HUIKA_ADMIN=$dir/service/admin HUIKA_SOCKET=$dir/terminal/huika.sock PATH=$bin:\$PATH
    huika-admin shop relist $dining --reason demo
    huika sell 45.60 --number 6200000000000002
    huika-admin card print 6200000000000003 --out /tmp/card3.png
    huika day; huika status; huika-admin shop list; huika-admin audit list
$(words "The counter API listens on http://127.0.0.1:$tport with the token in" "收银台接口位于 http://127.0.0.1:$tport，令牌在") $dir/terminal/counter.token
TXT
    trap 'exit 0' INT TERM
    wait -n
fi
