#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Checks everything in this folder with openssl, sha256sum, od, grep, sort, comm. Exit 0: all of it fits together.
# 用 openssl 等常用工具检验本档案；全部相符时退出码为 0。
set -eu
LC_ALL=C
export LC_ALL
cd "$(dirname "$0")"
wrong=0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

no() {
    echo "WRONG: $*"
    wrong=1
}
bytes() { # FILE FROM COUNT: those bytes in hex
    od -An -v -tx1 -j "$2" -N "$3" "$1" | tr -d ' \n'
}
signed() { # KEY SIGNATURE FILE
    openssl dgst -sha256 -verify "$1" -signature "$2" "$3" >/dev/null 2>&1
}

# 1. The document is the one that was signed.
signed key.pem evidence.sig evidence.json || no "evidence.json is not what key.pem signed"

# 2. The records are the ones that stand in it: the SHA-256 of each file is the record's hash.
(cd records && sha256sum -- *.rec) >"$work/sums"
cut -d' ' -f1 "$work/sums" | sort >"$work/have"
grep -o '"hash": *"[0-9a-f]*"' evidence.json | grep -o '[0-9a-f]\{64\}' | sort >"$work/want"
cmp -s "$work/have" "$work/want" || no "the files in records/ are not the records of evidence.json"

# 3. Each record holds the hash of the one before it (bytes 44 to 75), as far as both are here; each run of records ends in a head
#    that the terminal signed and the service countersigned.
for crt in terminals/*.crt; do
    openssl x509 -in "$crt" -pubkey -noout >"$work/$(basename "$crt" .crt).pem"
done
heads=0 loose=0 last_base='' last_seq=0 last_hash='' last_head=1
while read -r hash name; do
    base=${name%-*} seq=${name##*-}
    seq=${seq%.rec}
    n=$(echo "$seq" | sed 's/^0*//')
    if [ "$base" = "$last_base" ] && [ "$n" -eq $((last_seq + 1)) ]; then
        [ "$(bytes "records/$name" 44 32)" = "$last_hash" ] || no "records/$name does not follow the record before it"
    elif [ "$last_head" -eq 0 ]; then
        loose=$((loose + 1))
    fi
    last_base=$base last_seq=$n last_hash=$hash last_head=0
    head=heads/$base-$seq
    [ -e "$head.head" ] || continue
    last_head=1 heads=$((heads + 1)) good=0
    [ "$(bytes "$head.head" 14 60)" = "$(bytes "records/$name" 16 28)$hash" ] || no "$head.head is not of records/$name"
    [ "$(bytes "$head.counter" 21 60)" = "$(bytes "$head.head" 14 60)" ] || no "$head.counter is not of $head.head"
    for key in "$work/${base%-*}"-*.pem; do
        signed "$key" "$head.head.sig" "$head.head" && good=1
    done
    [ "$good" -eq 1 ] || no "$head.head is not signed by its terminal"
    signed countersign.pem "$head.counter.sig" "$head.counter" || no "$head.counter is not signed by the service"
done <"$work/sums"
[ "$last_head" -eq 1 ] || loose=$((loose + 1))

echo "records: $(wc -l <"$work/sums" | tr -d ' '), signed heads: $heads, runs without a head signed by the terminal: $loose"
[ "$wrong" -eq 0 ] || exit 1
if [ "$loose" -eq 0 ]; then
    echo "ALL OF IT FITS / 全部相符"
else
    echo "WHAT IS HERE FITS; some runs lead to no head that the terminal signed / 现有内容相符，但有记录未通向终端签名的日志头"
fi
