/* SPDX-License-Identifier: Apache-2.0 */
/* huika sell: amount and card to the terminal, its verdict and quote to the cashier, the sale on a yes. What the cashier typed is
 * read in order.c. */
#include "base/tm.h"
#include "base/ulid.h"
#include "client/cli/commands.h"
#include "client/cli/order.h"
#include "client/cli/say.h"
#include "proto/money.h"
#include <string.h>
#include <time.h>

enum { WAIT_S = 30, CONFIRM_MS = 10000, CONFIRM_PAUSE_MS = 200 };

struct sell {
    struct cli *cli;
    struct api api;
    struct order order;
    json_t *checkout; /* as last heard; NULL: none began */
    bool said_wait;
    int64_t said_rev;
    bool without_receipt; /* the printer's trouble is no reason to wait */
};

static const char *state_of(const struct sell *s)
{
    return say_str(s->checkout, "state", "");
}

static bool is(const struct sell *s, const char *state)
{
    return !strcmp(state_of(s), state);
}

/* One request about the checkout; keeps the answer if it is one. */
static enum err ask(struct sell *s, const struct api_request *r)
{
    struct api_answer answer;
    enum err e = api_call(&s->api, r, &answer);
    if (!e && !say_str(answer.json, "checkout_id", NULL)) {
        /* A reason of refusal travels in a 200. */
        const char *code = say_str(answer.json, "code", NULL);
        e = code ? err_from_code(code) : ERR_NET_PROTOCOL;
    }
    if (!e) {
        json_decref(s->checkout);
        s->checkout = json_incref(answer.json);
    }
    api_answer_release(&answer);
    return e;
}

static const char *lang(void)
{
    return i18n_lang() == ERR_LANG_ZH ? "zh" : "en";
}

/* What a person agreed to is named, so that nothing else is applied. */
static enum err confirm(struct sell *s)
{
    char path[128];
    json_t *body = json_object();
    snprintf(path, sizeof path, "/v1/checkouts/%s/confirm?lang=%s", say_str(s->checkout, "checkout_id", ""), lang());
    if (s->order.person)
        json_object_set(body, "pay_fen", json_object_get(s->checkout, "pay_fen"));
    if (s->without_receipt)
        json_object_set_new(body, "without_receipt", json_true());
    enum err e = ask(s, &(struct api_request){.method = "POST", .path = path, .body = body});
    json_decref(body);
    return e;
}

static enum err look_again(struct sell *s)
{
    char path[128];
    snprintf(path, sizeof path, "/v1/checkouts/%s", say_str(s->checkout, "checkout_id", ""));
    return ask(s, &(struct api_request){.method = "GET", .path = path});
}

/* A checkout that nobody will finish must not stand at the counter; if that fails, it ends by itself. What was said about it
 * stays said. */
static void let_go(struct sell *s)
{
    char path[128];
    json_t *none = json_object();
    struct api_answer answer;
    snprintf(path, sizeof path, "/v1/checkouts/%s/cancel", say_str(s->checkout, "checkout_id", ""));
    if (s->checkout) {
        s->api.steady = true;
        api_call(&s->api, &(struct api_request){.method = "POST", .path = path, .body = none}, &answer);
        api_answer_release(&answer);
    }
    json_decref(none);
}

static void set_text(json_t *v, enum err e)
{
    json_object_set_new(
        v, "text", json_pack("{s:s, s:s}", "zh", err_text(e, ERR_LANG_ZH), "en", err_text(e, ERR_LANG_EN)));
}

/* It could not be done: no sale. With --json what is known of the checkout, and `error`. */
static int failed(struct sell *s, enum err e)
{
    if (s->cli->json) {
        json_t *v = s->checkout ? json_copy(s->checkout) : json_object();
        json_object_del(v, "sale_id");
        json_object_set_new(v, "error", json_string(err_code(e)));
        set_text(v, e);
        say_json(v);
    }
    bool unanswered = is(s, "failed");
    let_go(s);
    int code = cli_fail(s->cli, e, "%s", _("no sale was made"));
    /* Whatever kept the service from answering, a checkout that failed is no answer about the card. */
    return unanswered ? CLI_FAILED : code;
}

static void say_refusal(const struct sell *s, const char *why)
{
    printf("%s%s%s  ", cli_color(s->cli, "1;31"), _("Refused"), cli_color(s->cli, "0"));
    say_text(why);
    putchar('\n');
}

/* The answer is no: a reason of the registry that the terminal has not put into a checkout. */
static int refused(struct sell *s, enum err reason)
{
    json_t *v = s->checkout ? json_copy(s->checkout) : json_object();
    json_object_del(v, "sale_id");
    json_object_del(v, "error");
    json_object_set_new(v, "state", json_string(reason == ERR_CANCELLED ? "cancelled" : "refused"));
    json_object_set_new(v, "verdict", json_string("refused"));
    json_object_set_new(v, "reason", json_string(err_code(reason)));
    set_text(v, reason);
    let_go(s);
    if (s->cli->json)
        say_json(json_incref(v));
    else
        say_refusal(s, say_translation(json_object_get(v, "text")));
    json_decref(v);
    return CLI_NO;
}

static int began(struct sell *s)
{
    char key[ULID_LEN + 1];
    enum err e;
    do {
        e = ulid_new_text(tm_wall_utc_ms(), key);
        if (!e)
            e = ask(s, &(struct api_request){"POST", "/v1/checkouts?wait=30", s->order.body, key, WAIT_S, NULL, NULL});
    } while (e == ERR_NUMBER_LUHN && s->order.person && order_number_again(s->cli, &s->order));
    if (e == ERR_NUMBER_LUHN) {
        fprintf(stderr, "%s\n",
            _("If the number is the card's, say so with --accept-luhn: some cards have no check digit that fits."));
        return refused(s, e);
    }
    return e == ERR_CANCELLED ? refused(s, e) : e ? failed(s, e) : CLI_OK;
}

/* The reader itself may be silent about what it lost. */
static void say_waiting(struct sell *s)
{
    const char *lost = say_str(s->checkout, "error", NULL);
    if (lost)
        fprintf(stderr, "%s\n", err_text(err_from_code(lost), i18n_lang()));
    else if (!s->said_wait)
        fprintf(stderr, "%s\n", _("Scan or swipe the card at the reader. Ctrl-C cancels."));
    s->said_wait = true;
}

/* Until the terminal has an answer about the card. */
static int settled(struct sell *s)
{
    while (is(s, "waiting") || is(s, "verifying") || is(s, "amount")) {
        char path[160];
        int64_t rev = say_int(s->checkout, "rev", 0);
        if (is(s, "waiting") && rev != s->said_rev)
            say_waiting(s);
        s->said_rev = rev;
        snprintf(path, sizeof path, "/v1/checkouts/%s?wait=%d&rev=%lld", say_str(s->checkout, "checkout_id", ""),
            WAIT_S, (long long)rev);
        enum err e = ask(s, &(struct api_request){.method = "GET", .path = path, .wait_s = WAIT_S});
        if (e)
            return e == ERR_CANCELLED ? refused(s, e) : failed(s, e);
    }
    return CLI_OK;
}

static void say_verdict(const struct sell *s)
{
    const char *name = say_str(s->checkout, "name_masked", NULL);
    bool member = !strcmp(say_str(s->checkout, "verdict", ""), "member");
    printf("%s%s%s  ", cli_color(s->cli, member ? "1;32" : "1;33"),
        member ? _("Member confirmed") : _("Checked offline (provisional)"), cli_color(s->cli, "0"));
    if (name) {
        say_text(name);
        fputs("  ", stdout);
    }
    printf("**** ");
    say_text(say_str(s->checkout, "card_last4", "????"));
    printf("  %s%s%s\n", cli_color(s->cli, "2"), _("compare with the card"), cli_color(s->cli, "0"));
}

static void say_amount(const struct sell *s, const char *label, const char *key, int sign)
{
    char text[MONEY_LEN];
    money_format(sign * say_int(s->checkout, key, 0), text);
    say_label(label);
    say_column(text, 12, true);
}

static void say_quote(const struct sell *s)
{
    say_amount(s, _("Total"), "total_fen", 1);
    putchar('\n');
    say_amount(s, _("Discount"), "discount_fen", -1);
    fputs("  ", stdout);
    say_text(json_is_true(json_object_get(s->checkout, "own_price")) ? _("the shop's own price")
                                                                     : say_str(s->checkout, "offer_title", ""));
    printf("\n%s", cli_color(s->cli, "1"));
    say_amount(s, _("To pay"), "pay_fen", 1);
    printf("%s\n", cli_color(s->cli, "0"));
}

static int applied(struct sell *s)
{
    if (s->cli->json) {
        say_json(json_incref(s->checkout));
        return CLI_OK;
    }
    if (!s->order.person)
        say_verdict(s);
    putchar('\n');
    fputs(say_str(s->checkout, "receipt", ""), stdout);
    return CLI_OK;
}

/* What the terminal's own answer means, once the card and the amount are there. */
static int concluded(struct sell *s)
{
    enum err e = err_from_code(say_str(s->checkout, "error", NULL));
    if (is(s, "applied"))
        return applied(s);
    if (!is(s, "refused") && !is(s, "cancelled"))
        return failed(s, e);
    if (s->cli->json)
        say_json(json_incref(s->checkout));
    else
        say_refusal(s, say_translation(json_object_get(s->checkout, "text")));
    let_go(s);
    return CLI_NO;
}

static bool unheard(enum err e)
{
    return e == ERR_NOT_RUNNING || e == ERR_NET_CUT || e == ERR_NET_TIMEOUT;
}

static int unknown(struct sell *s, enum err e)
{
    if (s->cli->json)
        say_json(json_pack("{s:s, s:s, s:s}", "checkout_id", say_str(s->checkout, "checkout_id", ""), "state",
            "unknown", "error", err_code(e)));
    return cli_fail(
        s->cli, e, "%s", _("it is not known whether the sale was made; look with 'huika day' before you try again"));
}

static bool printer_waits(enum err e)
{
    return e == ERR_PRINTER_PAPER_OUT || e == ERR_PRINTER_COVER_OPEN || e == ERR_PRINTER_OFFLINE ||
           e == ERR_PRINTER_FAULT;
}

static bool do_without(struct sell *s, enum err e)
{
    fprintf(stderr, "%s\n", err_text(e, i18n_lang()));
    s->without_receipt = order_yes(_("Go on without a receipt? [Y/n] "));
    return s->without_receipt;
}

/* The terminal makes one sale of a checkout, however often it is told: so what got no answer is said again. */
static int confirmed(struct sell *s)
{
    const struct timespec pause = {0, CONFIRM_PAUSE_MS * 1000000};
    int64_t deadline_mono_ms = tm_mono_ms() + CONFIRM_MS;
    enum err e;
    s->api.steady = true;
    while (unheard(e = confirm(s)) && tm_mono_ms() < deadline_mono_ms)
        nanosleep(&pause, NULL);
    if (printer_waits(e) && s->order.person && do_without(s, e))
        return confirmed(s);
    if (unheard(e))
        return unknown(s, e);
    if (e)
        return err_class(e) == ERR_CLASS_ANSWER ? refused(s, e) : failed(s, e);
    return concluded(s);
}

/* 0: yes. Otherwise the exit code. */
static int agreed(struct sell *s)
{
    if (!s->cli->json) {
        say_verdict(s);
        say_quote(s);
        fflush(stdout);
    }
    return order_yes(_("Apply the discount? [Y/n] ")) ? CLI_OK : refused(s, ERR_CANCELLED);
}

static int quoted(struct sell *s)
{
    int64_t pay = say_int(s->checkout, "pay_fen", 0);
    int code = s->order.person ? agreed(s) : CLI_OK;
    if (code)
        return code;
    /* New terms may have come while the person thought it over: they are asked again. */
    if (s->order.person && !look_again(s) && is(s, "quoted") && say_int(s->checkout, "pay_fen", 0) != pay)
        return quoted(s);
    return is(s, "quoted") ? confirmed(s) : concluded(s);
}

int sell_run(struct cli *c)
{
    struct sell s = {.cli = c, .without_receipt = cli_flag(c, "no-receipt")};
    int code = order_read(c, &s.order);
    if (!code && api_open(c, &s.api, &code)) {
        code = began(&s);
        if (!code)
            code = settled(&s);
        if (!code)
            code = is(&s, "quoted") ? quoted(&s) : concluded(&s);
        api_close(&s.api);
    }
    json_decref(s.checkout);
    order_release(&s.order);
    return code;
}
