/* SPDX-License-Identifier: Apache-2.0 */
/* huika day, huika day close. */
#include "base/tm.h"
#include "base/ulid.h"
#include "client/cli/commands.h"
#include "client/cli/say.h"
#include "proto/money.h"
#include <inttypes.h>
#include <string.h>

#define STATE_WIDTH 23 /* columns */

static void money_column(const json_t *v, const char *key)
{
    char text[MONEY_LEN];
    money_format(say_int(v, key, 0), text);
    fputs("  ", stdout);
    say_column(text, 11, true);
}

/* What has become of a sale since: of the verdict, of the record, of the goods. */
static const char *state(const json_t *sale)
{
    const char *outcome = say_str(sale, "outcome", "");
    bool provisional = !strcmp(say_str(sale, "verdict", ""), "provisional");
    if (!strcmp(outcome, "contested"))
        return _("contested");
    if (!strcmp(outcome, "held"))
        return _("held");
    if (!strcmp(outcome, "unsent"))
        return provisional ? _("provisional, to be sent") : _("to be sent");
    if (say_int(sale, "returned_fen", 0) == say_int(sale, "total_fen", 0))
        return _("voided");
    if (say_int(sale, "returned_fen", 0))
        return _("returned in part");
    return provisional ? _("confirmed later") : _("counted");
}

/* Below the row: why the service does not count it. */
static void say_why(const struct cli *c, const json_t *sale)
{
    const char *code = say_str(sale, "code", NULL);
    if (code)
        printf("%10s%s%s%s\n", "", cli_color(c, "33"), err_text(err_from_code(code), i18n_lang()), cli_color(c, "0"));
}

static void row(const struct cli *c, const json_t *sale)
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
    say_column(state(sale), STATE_WIDTH, false);
    fputs("  ", stdout);
    say_text(json_is_true(json_object_get(sale, "own_price")) ? _("the shop's own price")
                                                              : say_str(sale, "offer_title", ""));
    putchar('\n');
    say_why(c, sale);
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
        heading(_("State"), STATE_WIDTH, false);
        printf("%s%s\n", _("Offer"), cli_color(c, "0"));
    }
    json_array_foreach (sales, i, sale) {
        row(c, sale);
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
    char path[64], today[TM_DAY_LEN + 1];
    const char *day = c->arg_cnt ? c->arg[0] : today;
    int32_t number;
    tm_day_format(tm_day(tm_wall_utc_ms()), today);
    if (!tm_day_parse(day, &number))
        return cli_usage(c, _("%s is not a day like 2026-01-31."), day);
    snprintf(path, sizeof path, "/v1/sales?day=%s", day);
    return api_show(c, &(struct api_request){.method = "GET", .path = path}, _("asking the terminal"), table);
}

static void sheet(const struct cli *c, const json_t *v)
{
    (void)c;
    fputs(say_str(v, i18n_lang() == ERR_LANG_ZH ? "sheet_zh" : "sheet_en", ""), stdout);
}

/* The sheet as text; on paper, too, where there is a printer. */
int day_close_run(struct cli *c)
{
    const char *day = cli_text(c, "day");
    int32_t number;
    if (day && !tm_day_parse(day, &number))
        return cli_usage(c, _("%s is not a day like 2026-01-31."), day);
    json_t *body = day ? json_pack("{s:s}", "day", day) : json_object();
    int code = api_show(c, &(struct api_request){.method = "POST", .path = "/v1/day/close", .body = body},
        _("asking the terminal"), sheet);
    json_decref(body);
    return code;
}
