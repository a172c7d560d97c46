/* SPDX-License-Identifier: Apache-2.0 */
/* huika void, huika return: a sale taken back, whole or in part. */
#include "base/tm.h"
#include "base/ulid.h"
#include "client/cli/commands.h"
#include "client/cli/order.h"
#include "client/cli/say.h"
#include "proto/money.h"
#include <string.h>

enum { WAIT_S = 15, TRIES = 3 };

static void say_done(const struct cli *c, const json_t *v)
{
    char money[MONEY_LEN];
    if (c->json) {
        say_json(json_incref((json_t *)(uintptr_t)v));
        return;
    }
    fputs(say_str(v, "receipt", ""), stdout);
    money_format(say_int(v, "refund_fen", 0), money);
    printf(_("%sRefund %s yuan.%s\n"), cli_color(c, "1"), money, cli_color(c, "0"));
}

static enum err ask(struct api *a, const char *path, const json_t *body, const char *key, struct api_answer *answer)
{
    enum err e = ERR_BUSY;
    for (int i = 0; i < TRIES && e == ERR_BUSY; i++) {
        if (i)
            api_answer_release(answer);
        e = api_call(a,
            &(struct api_request){.method = "POST", .path = path, .body = body, .key = key, .wait_s = WAIT_S}, answer);
    }
    return e;
}

/* A refusal is an answer (1), not a failure (3). */
static int refused(struct cli *c, enum err e, const char *sale)
{
    api_fail(c, e, sale);
    return e == ERR_RETURN_OVER || e == ERR_RETURN_LATE || e == ERR_SALE_UNKNOWN || e == ERR_OFFLINE_ELSEWHERE
               ? CLI_NO
               : CLI_FAILED;
}

static int take_back(struct cli *c, const char *verb, int64_t amount_fen)
{
    char path[96], key[ULID_LEN + 1];
    uint8_t id[ULID_SIZE];
    struct api a;
    struct api_answer answer;
    int code;
    if (ulid_decode(c->arg[0], strlen(c->arg[0]), id))
        return cli_usage(c, "%s", _("A sale's id has 26 characters, as on its receipt."));
    if (order_check_cashier(c))
        return CLI_USAGE;
    if (!api_open(c, &a, &code))
        return code;
    json_t *body = json_pack("{s:s}", "reason", cli_text(c, "reason"));
    if (body && cli_text(c, "cashier"))
        json_object_set_new(body, "cashier", json_string(cli_text(c, "cashier")));
    if (body && amount_fen)
        json_object_set_new(body, "amount_fen", json_integer(amount_fen));
    snprintf(path, sizeof path, "/v1/sales/%s/%s?lang=%s", c->arg[0], verb, i18n_lang() == ERR_LANG_ZH ? "zh" : "en");
    a.steady = true;
    enum err e = body ? ulid_new_text(tm_wall_utc_ms(), key) : ERR_BAD_VALUE;
    answer = (struct api_answer){.err = e};
    if (!e)
        e = ask(&a, path, body, key, &answer);
    if (e)
        code = refused(c, e, c->arg[0]);
    else
        say_done(c, answer.json);
    json_decref(body);
    api_answer_release(&answer);
    api_close(&a);
    return code;
}

int void_run(struct cli *c)
{
    return take_back(c, "void", 0);
}

int void_return_run(struct cli *c)
{
    int64_t fen;
    if (money_parse(c->arg[1], &fen))
        return cli_usage(c, _("%s is not an amount in yuan like 12.00."), c->arg[1]);
    return take_back(c, "return", fen);
}
