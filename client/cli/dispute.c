/* SPDX-License-Identifier: Apache-2.0 */
/* huika dispute new, list, show. */
#include "proto/dispute.h"
#include "base/tm.h"
#include "base/ulid.h"
#include "client/cli/commands.h"
#include "client/cli/order.h"
#include "client/cli/say.h"
#include <string.h>

static const char *kind_text(const char *kind)
{
    static const struct {
        const char *code, *text;
    } texts[] = {{"refused_valid", N_("valid card refused")}, {"rate_not_given", N_("registered discount not given")},
        {"amount_wrong", N_("amount wrong")}, {"card_suspect", N_("card looks forged or borrowed")},
        {"double_charge", N_("charged twice")}, {"offline_contested", N_("offline sale contested")},
        {"other", N_("other")}};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (!strcmp(texts[i].code, kind))
            return _(texts[i].text);
    return kind;
}

static const char *state_text(const char *state)
{
    static const struct {
        const char *code, *text;
    } texts[] = {{"unsent", N_("not sent yet")}, {"open", N_("being handled")}, {"answered", N_("answered")},
        {"closed", N_("closed")}, {"escalated", N_("passed on to the union above")}};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (!strcmp(texts[i].code, state))
            return _(texts[i].text);
    return state;
}

/* A whole text: "-" reads standard input. False: too long, not UTF-8. */
static bool read_text(const char *arg, char out[static DISPUTE_TEXT_MAX + 1])
{
    size_t n = strlen(arg);
    if (!strcmp(arg, "-")) {
        n = fread(out, 1, DISPUTE_TEXT_MAX, stdin);
        if (!feof(stdin) && fgetc(stdin) != EOF)
            return false;
        while (n && (out[n - 1] == '\n' || out[n - 1] == '\r'))
            n--;
    } else if (n <= DISPUTE_TEXT_MAX) {
        memcpy(out, arg, n);
    } else {
        return false;
    }
    out[n] = 0;
    return dispute_text_ok(out, n);
}

static json_t *order(const struct cli *c, const char *text)
{
    static const char *const optional[][2] = {{"sale", "sale_id"}, {"cashier", "cashier"}};
    const char *by = cli_text(c, "by");
    json_t *v = json_pack("{s:s, s:s}", "kind", cli_text(c, "kind"), "reporter", by ? by : "shop");
    for (size_t i = 0; v && i < sizeof optional / sizeof *optional; i++)
        if (cli_text(c, optional[i][0]))
            json_object_set_new(v, optional[i][1], json_string(cli_text(c, optional[i][0])));
    if (v && *text)
        json_object_set_new(v, "text", json_string(text));
    return v;
}

static int made(const struct cli *c, const struct api_answer *answer)
{
    if (c->json) {
        say_json(json_incref(answer->json));
        return CLI_OK;
    }
    fputs(say_str(answer->json, "slip", ""), stdout);
    return CLI_OK;
}

int dispute_new_run(struct cli *c)
{
    char text[DISPUTE_TEXT_MAX + 1] = "", key[ULID_LEN + 1];
    struct api a;
    struct api_answer answer;
    int code;
    int64_t refusal = 0;
    if (dispute_kind_from_name(cli_text(c, "kind")) == DISPUTE_NONE)
        return cli_usage(c, "%s",
            _("--kind is refused_valid, rate_not_given, amount_wrong, card_suspect, double_charge, offline_contested "
              "or "
              "other."));
    if (cli_text(c, "by") && dispute_reporter_from_name(cli_text(c, "by")) == DISPUTE_BY_NONE)
        return cli_usage(c, "%s", _("--by is shop or member."));
    if (!cli_int(c, "refusal", 1, JSONX_INT_MAX, &refusal))
        return CLI_USAGE;
    if (order_check_cashier(c))
        return CLI_USAGE;
    if (cli_text(c, "text") && !read_text(cli_text(c, "text"), text))
        return cli_usage(c, _("--text: at most %d characters of UTF-8."), DISPUTE_TEXT_CHARS);
    if (!api_open(c, &a, &code))
        return code;
    json_t *body = order(c, text);
    if (body && refusal)
        json_object_set_new(body, "refusal_seq", json_integer(refusal));
    enum err e = body ? ulid_new_text(tm_wall_utc_ms(), key) : ERR_BAD_VALUE;
    answer = (struct api_answer){.err = e};
    if (!e)
        e = api_call(&a,
            &(struct api_request){.method = "POST",
                .path = i18n_lang() == ERR_LANG_ZH ? "/v1/disputes?lang=zh" : "/v1/disputes?lang=en",
                .body = body,
                .key = key},
            &answer);
    code = e ? api_fail(c, e, _("logging the dispute")) : made(c, &answer);
    json_decref(body);
    api_answer_release(&answer);
    api_close(&a);
    return code;
}

static void row(const json_t *d)
{
    char at[20];
    tm_local(say_int(d, "at_ms", 0), at);
    say_column(say_str(d, "ref", ""), 20, false);
    printf("  %s  ", at);
    say_column(state_text(say_str(d, "state", "")), 28, false);
    fputs("  ", stdout);
    say_text(kind_text(say_str(d, "kind", "")));
    putchar('\n');
}

static int fetch(struct cli *c, const char *path, void (*show)(const struct cli *c, const json_t *v))
{
    return api_show(c, &(struct api_request){.method = "GET", .path = path}, _("asking the terminal"), show);
}

/* Rows as they come; or all of them in the answer, for scripts. */
static int take_page(const struct cli *c, json_t *all, const json_t *page)
{
    const json_t *list = json_object_get(page, "disputes"), *d;
    size_t i;
    json_array_foreach (list, i, d) {
        if (!c->json)
            row(d);
    }
    return c->json ? json_array_extend(all, (json_t *)(uintptr_t)list) : 0;
}

int dispute_list_run(struct cli *c)
{
    struct api a;
    struct api_answer answer;
    char path[64];
    int64_t before = 0, seen = 0;
    int code;
    if (!api_open(c, &a, &code))
        return code;
    json_t *all = json_array();
    do {
        snprintf(path, sizeof path, "/v1/disputes?limit=100&before=%lld", (long long)before);
        enum err e = api_call(&a, &(struct api_request){.method = "GET", .path = path}, &answer);
        if (!e && (!answer.json || !all || take_page(c, all, answer.json)))
            e = ERR_NET_PROTOCOL;
        if (e)
            code = api_fail(c, e, _("asking the terminal"));
        int64_t next = e ? 0 : say_int(answer.json, "next", 0);
        seen += e ? 0 : (int64_t)json_array_size(json_object_get(answer.json, "disputes"));
        before = next > 1 && (!before || next < before) ? next : 0;
        api_answer_release(&answer);
    } while (before && code == CLI_OK);
    if (code == CLI_OK && c->json)
        say_json(json_pack("{s:O}", "disputes", all));
    else if (code == CLI_OK && !seen)
        printf("%s\n", _("No disputes."));
    json_decref(all);
    api_close(&a);
    return code;
}

static void line(const char *label, const char *value)
{
    say_label(label);
    say_text(value);
    putchar('\n');
}

static void show_one(const struct cli *c, const json_t *d)
{
    const json_t *answer = json_object_get(d, "answer");
    char at[20];
    tm_local(say_int(d, "at_ms", 0), at);
    line(_("Reference"), say_str(d, "ref", ""));
    line(_("Time"), at);
    line(_("About"), kind_text(say_str(d, "kind", "")));
    if (say_str(d, "sale_id", NULL))
        line(_("Sale"), say_str(d, "sale_id", ""));
    if (say_str(d, "text", NULL))
        line(_("Text"), say_str(d, "text", ""));
    line(_("State"), state_text(say_str(d, "state", "")));
    if (!answer)
        return;
    tm_local(say_int(answer, "at_ms", 0), at);
    line(_("Answered"), at);
    line(_("By"), say_str(answer, "by", ""));
    fputs(cli_color(c, "1"), stdout);
    line(_("Answer"), say_str(answer, "text", ""));
    fputs(cli_color(c, "0"), stdout);
}

int dispute_show_run(struct cli *c)
{
    char path[96] = "/v1/disputes/";
    size_t n = strlen(path), len = strlen(c->arg[0]);
    if (!len || len > 40)
        return cli_usage(c, _("%s is no reference like 7-1-42-K."), c->arg[0]);
    for (size_t i = 0; i <= len; i++) {
        char ch = c->arg[0][i];
        if (ch && !strchr("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz- ", ch))
            return cli_usage(c, _("%s is no reference like 7-1-42-K."), c->arg[0]);
        path[n + i] = ch == ' ' ? '-' : ch;
    }
    return fetch(c, path, show_one);
}
