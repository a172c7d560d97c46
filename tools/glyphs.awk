# SPDX-License-Identifier: Apache-2.0
# Unifont's hex file (code point:32 or 64 hex digits, one row after the other) into the tables of client/print/glyph_table.h: runs of
# consecutive characters of one width, and their rows as words, two per narrow glyph (8x16), four per wide one (16x16).
# Only what can stand in a name, a shop or an offer: Latin, Greek, Cyrillic, symbols, kana, Chinese. No Hangul, no Yi.
#   awk -f glyphs.awk unifont.hex >glyphs.c
function number(hex, n, i) {
    for (i = 1; i <= length(hex); i++)
        n = n * 16 + index("0123456789ABCDEF", substr(hex, i, 1)) - 1
    return n
}
function wanted(cp) {
    return cp >= 32 && cp < 127 || cp >= 160 && cp < 1280 || cp >= 7680 && cp < 11264 || cp >= 11904 && cp < 40960 ||
        cp >= 63744 && cp < 64256 || cp >= 65072 && cp < 65104 || cp >= 65280 && cp < 65520
}
BEGIN {
    FS = ":"
    print "#include \"client/print/glyph_table.h\"\nconst uint64_t glyph_words[] = {"
}
wanted(number($1)) {
    cp = number($1)
    n = length($2) / 16
    if (n != 2 && n != 4)
        next
    if (cp != last + 1 || n != width)
        runs[++run] = sprintf("{0x%04X, %d, %d, ", cp, n, at)
    last_of[run] = last = cp
    width = n
    at += n
    for (i = 0; i < n; i++)
        printf "0x%s,%s", substr($2, 1 + 16 * i, 16), i == n - 1 ? "\n" : " "
}
END {
    print "};\nconst struct glyph_run glyph_runs[] = {"
    for (i = 1; i <= run; i++)
        printf "%s0x%04X},\n", runs[i], last_of[i]
    print "};\nconst size_t glyph_run_cnt = sizeof glyph_runs / sizeof *glyph_runs;"
    if (!run)
        exit 1
}
