/* SPDX-License-Identifier: Apache-2.0 */
/* report: a union's month in numbers, as table, CSV or JSON. */
#include "client/admin/admin.h"
#include "proto/money.h"
#include <inttypes.h>
#include <string.h>

enum { PATH_SIZE = 128, ORGS_MAX = 65536 };
#define DAY_MS INT64_C(86400000)

static const struct show_col cols[] = {{"name", N_("ORG"), SHOW_INDENT}, {"joined", N_("JOINED"), SHOW_INT},
    {"listed", N_("LISTED"), SHOW_INT}, {"delisted", N_("DELISTED"), SHOW_INT}, {"sales", N_("SALES"), SHOW_INT},
    {"discount_fen", N_("DISCOUNT"), SHOW_YUAN}, {"provisional_share", N_("OFFLINE"), SHOW_TEXT},
    {"disputes", N_("DISPUTES"), SHOW_INT}, {"in_time", N_("IN TIME"), SHOW_INT}, {"overdue", N_("OVERDUE"), SHOW_INT},
    {"objected", N_("OBJECTED"), SHOW_INT}, {"median_days", N_("MEDIAN DAYS"), SHOW_TEXT}, {0}};

/* What a reader wants beside the numbers: a share in per cent, a median in days; tenths, rounded to the nearest. */
static void add_words(json_t *row)
{
    char text[32];
    int64_t sales = json_integer_value(json_object_get(row, "sales")),
            n = json_integer_value(json_object_get(row, "provisional"));
    const json_t *median = json_object_get(row, "median_ms");
    int64_t tenths = sales > 0 ? (2000 * n + sales) / (2 * sales) : 0;
    snprintf(text, sizeof text, "%" PRId64 ".%" PRId64 " %%", tenths / 10, tenths % 10);
    json_object_set_new(row, "provisional_share", json_string(sales > 0 ? text : "-"));
    tenths = (20 * json_integer_value(median) + DAY_MS) / (2 * DAY_MS);
    snprintf(text, sizeof text, "%" PRId64 ".%" PRId64, tenths / 10, tenths % 10);
    json_object_set_new(row, "median_days", json_string(json_is_integer(median) ? text : "-"));
}

/* RFC 4180; a spreadsheet must not take an org's name for a formula. */
static void csv_text(const char *s)
{
    putchar('"');
    if (*s && strchr("=+-@\t\r", *s))
        putchar('\'');
    for (; *s; s++) {
        if (*s == '"')
            putchar('"');
        if ((unsigned char)*s >= 0x20)
            putchar(*s);
    }
    putchar('"');
}

static int print_csv(const json_t *rows)
{
    static const char *const members[] = {"joined", "listed", "delisted", "sales", "total_fen", "discount_fen",
        "provisional", "keyed", "voids", "back_fen", "disputes", "in_time", "overdue", "objected", "median_ms"};
    fputs("org,name", stdout);
    for (size_t i = 0; i < sizeof members / sizeof *members; i++)
        printf(",%s", members[i]);
    fputs("\r\n", stdout);
    for (size_t r = 0; r < json_array_size(rows); r++) {
        const json_t *row = json_array_get(rows, r);
        csv_text(json_string_value(json_object_get(row, "org")));
        putchar(',');
        csv_text(json_string_value(json_object_get(row, "name")));
        for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
            const json_t *v = json_object_get(row, members[i]);
            if (json_is_integer(v))
                printf(",%" PRId64, (int64_t)json_integer_value(v));
            else
                putchar(',');
        }
        fputs("\r\n", stdout);
    }
    return CLI_OK;
}

static int print(struct cli *c, const char *what, json_t *out)
{
    json_t *rows;
    if (jsonx_arr(out, "orgs", ORGS_MAX, &rows))
        return cli_fail(c, ERR_NET_PROTOCOL, "%s", what);
    for (size_t i = 0; i < json_array_size(rows); i++) {
        const json_t *row = json_array_get(rows, i);
        if (!json_is_string(json_object_get(row, "org")) || !json_is_string(json_object_get(row, "name")))
            return cli_fail(c, ERR_NET_PROTOCOL, "%s", what);
        add_words(json_array_get(rows, i));
    }
    if (c->json)
        return admin_json(c, what, out);
    if (cli_flag(c, "csv"))
        return print_csv(rows);
    printf("%s - %s\n", json_string_value(json_object_get(out, "from")), json_string_value(json_object_get(out, "to")));
    return admin_table(c, what, cols, rows);
}

static bool plain(const char *s)
{
    return !s ||
           (*s && !s[strspn(s, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-")] && strlen(s) <= 16);
}

int report_run(struct cli *c)
{
    const char *what = _("making the report"), *org = cli_text(c, "org"), *month = cli_text(c, "month");
    char path[PATH_SIZE];
    json_t *out = NULL;
    if (!plain(org) || !plain(month))
        return cli_usage(c, "%s", _("--org is a code like 410100, --month is like 2026-01 (or 2026)."));
    snprintf(path, sizeof path, "/v1/report%s%s%s%s", org ? "?org=" : "", org ? org : "",
        !month ? ""
        : org  ? "&month="
               : "?month=",
        month ? month : "");
    int rc = admin_call(c, what, "GET", path, NULL, &out);
    if (!rc)
        rc = print(c, what, out);
    json_decref(out);
    return rc;
}
