# SPDX-License-Identifier: Apache-2.0
# proto/errors.tsv -> enum err and its texts (err.h, err.c). The numbers follow the order of lines; the names are the contract.
BEGIN { FS = "\t" }
/^#/ || /^$/ { next }
NF != 6 { printf "errors.tsv:%d: %d columns, 6 wanted\n", NR, NF > "/dev/stderr"; bad = 1; exit 1 }
seen[$1]++ { printf "errors.tsv:%d: %s twice\n", NR, $1 > "/dev/stderr"; bad = 1; exit 1 }
{ name[++n] = $1; class[n] = $2; retry[n] = $3; http[n] = $4; en[n] = $5; zh[n] = $6 }
function esc(s) { gsub(/\\/, "\\\\", s); gsub(/"/, "\\\"", s); return s }
END {
    if (bad) exit 1
    h = out ".h"; c = out ".c"
    print "/* Generated from proto/errors.tsv. */\n#ifndef HUIKA_ERR_H\n#define HUIKA_ERR_H\n#include <stdbool.h>\n" > h
    print "/* What a function could not do; 0 is good, everything else negative. Codes of class `answer` name a business\n * answer (a refusal's reason) on the wire; functions do not return them as failures. */\nenum err {\n    ERR_OK = 0," > h
    for (i = 1; i <= n; i++) printf "    ERR_%s = %d,\n", toupper(name[i]), -i > h
    print "};\nenum err_class { ERR_CLASS_NONE, ERR_CLASS_BUG, ERR_CLASS_SYSTEM, ERR_CLASS_PEER, ERR_CLASS_USER, ERR_CLASS_ANSWER };\nenum err_lang { ERR_LANG_EN, ERR_LANG_ZH };\n" > h
    print "/* The code as it stands on the wire (\"card_lost\"; \"ok\" for 0, \"internal\" for a value that is none). Static. */\nconst char *err_code(enum err e);\n/* The sentence for people: what failed and what to do next. Static, UTF-8. */\nconst char *err_text(enum err e, enum err_lang lang);\n/* HTTP status that carries it; 200 for 0 and for answers. */\nint err_http(enum err e);\n/* True if the same call may go through later. */\nbool err_retry(enum err e);\nenum err_class err_class(enum err e);\n/* The value for a wire code; ERR_INTERNAL for one we do not know. `code` may be NULL. */\nenum err err_from_code(const char *code);\n#endif" > h
    print "/* Generated from proto/errors.tsv. */\n#include \"err.h\"\n#include <string.h>\n\nstatic const struct row {\n    const char *code, *en, *zh;\n    short http;\n    char retry, class;\n} rows[] = {\n    {\"ok\", \"Done.\", \"完成。\", 200, 0, ERR_CLASS_NONE}," > c
    for (i = 1; i <= n; i++) printf "    {\"%s\", \"%s\", \"%s\", %d, %d, ERR_CLASS_%s},\n", name[i], esc(en[i]), esc(zh[i]), http[i], retry[i] == "yes", toupper(class[i]) > c
    print "};\n\nstatic const struct row *row_of(enum err e)\n{\n    int i = -(int)e;\n    return &rows[i >= 0 && i < (int)(sizeof rows / sizeof *rows) ? i : -(int)ERR_INTERNAL];\n}\n" > c
    print "const char *err_code(enum err e)\n{\n    return row_of(e)->code;\n}\n\nconst char *err_text(enum err e, enum err_lang lang)\n{\n    return lang == ERR_LANG_ZH ? row_of(e)->zh : row_of(e)->en;\n}\n\nint err_http(enum err e)\n{\n    return row_of(e)->http;\n}\n\nbool err_retry(enum err e)\n{\n    return row_of(e)->retry;\n}\n\nenum err_class err_class(enum err e)\n{\n    return (enum err_class)row_of(e)->class;\n}\n" > c
    print "enum err err_from_code(const char *code)\n{\n    for (int i = 0; code && i < (int)(sizeof rows / sizeof *rows); i++)\n        if (!strcmp(rows[i].code, code))\n            return (enum err)(-i);\n    return ERR_INTERNAL;\n}" > c
}
