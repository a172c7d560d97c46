/* SPDX-License-Identifier: Apache-2.0 */
/* huika day, huika day close. */
#include "base/tm.h"
#include "base/ulid.h"
#include "client/cli/commands.h"
#include "client/cli/say.h"
#include "proto/money.h"
#include <inttypes.h>
#include <string.h>

static void money_column(const json_t *v, const char *key)
{
    char text[MONEY_LEN];
    money_format(say_int(v, key, 0), text);
    fputs("  ", stdout);
    say_column(text, 11, true);
}

static void row(const json_t *sale)
{
    char at[20];
    tm_local(say_int(sale, "at_ms", 0), at);
    say_column(at + 11, 8, false);
    fputs("  ", stdout);
    say_column(say_str(sale, "sale_id", ""), ULID_LEN, false);
    money_column(sale, "total_fen");
    money_column(sale, "discount_fen");
    money_column(sale, "pay_fen");
    fputs("  ", stdout);
    say_column(say_str(sale, "card_last4", ""), 4, false);
    fputs("  ", stdout);
    say_text(json_is_true(json_object_get(sale, "own_price")) ? _("the shop's own price")
                                                              : say_str(sale, "offer_title", ""));
    putchar('\n');
}

static void heading(const char *title, size_t columns, bool right)
{
    say_column(title, columns, right);
    fputs("  ", stdout);
}

static void table(const struct cli *c, const json_t *v)
{
    json_t *sales = json_object_get(v, "sales"), *sale;
    size_t i;
    printf("%s%s%s\n", cli_color(c, "1"), say_str(v, "day", ""), cli_color(c, "0"));
    if (json_array_size(sales)) {
        fputs(cli_color(c, "2"), stdout);
        heading(_("Time"), 8, false);
        heading(_("Sale"), ULID_LEN, false);
        heading(_("Total"), 11, true);
        heading(_("Discount"), 11, true);
        heading(_("Paid"), 11, true);
        heading(_("Card"), 4, false);
        printf("%s%s\n", _("Offer"), cli_color(c, "0"));
    }
    json_array_foreach (sales, i, sale) {
        row(sale);
    }
    say_column(_("Sum"), 8, false);
    fputs("  ", stdout);
    char cnt[48];
    snprintf(cnt, sizeof cnt, _("%" PRId64 " sales"), say_int(v, "count", 0));
    say_column(cnt, ULID_LEN, false);
    money_column(v, "total_fen");
    money_column(v, "discount_fen");
    money_column(v, "pay_fen");
    putchar('\n');
}

int day_run(struct cli *c)
{
    char path[64] = "/v1/sales", today[TM_DAY_LEN + 1];
    const char *day = c->arg_cnt ? c->arg[0] : today;
    struct api a;
    struct api_answer answer;
    int32_t number;
    int code;
    tm_day_format(tm_day(tm_wall_utc_ms()), today);
    if (!tm_day_parse(day, &number))
        return cli_usage(c, _("%s is not a day like 2026-01-31."), day);
    if (!api_open(c, &a, &code))
        return code;
    snprintf(path, sizeof path, "/v1/sales?day=%s", day);
    enum err e = api_call(&a, &(struct api_request){.method = "GET", .path = path}, &answer);
    if (!e && !answer.json)
        e = ERR_NET_PROTOCOL;
    if (e)
        code = api_fail(c, e, _("asking the terminal"));
    else if (c->json)
        say_json(json_incref(answer.json));
    else
        table(c, answer.json);
    api_answer_release(&answer);
    api_close(&a);
    return code;
}

/* The sheet as text; on paper, too, where there is a printer. */
int day_close_run(struct cli *c)
{
    const char *day = cli_text(c, "day");
    struct api a;
    struct api_answer answer;
    int32_t number;
    int code;
    if (day && !tm_day_parse(day, &number))
        return cli_usage(c, _("%s is not a day like 2026-01-31."), day);
    if (!api_open(c, &a, &code))
        return code;
    json_t *body = day ? json_pack("{s:s}", "day", day) : json_object();
    enum err e = api_call(&a, &(struct api_request){.method = "POST", .path = "/v1/day/close", .body = body}, &answer);
    if (!e && !answer.json)
        e = ERR_NET_PROTOCOL;
    if (e)
        code = api_fail(c, e, _("asking the terminal"));
    else if (c->json)
        say_json(json_incref(answer.json));
    else
        fputs(say_str(answer.json, i18n_lang() == ERR_LANG_ZH ? "sheet_zh" : "sheet_en", ""), stdout);
    json_decref(body);
    api_answer_release(&answer);
    api_close(&a);
    return code;
}
