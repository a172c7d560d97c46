/* SPDX-License-Identifier: Apache-2.0 */
#include "client/cli/order.h"
#include "base/buf.h"
#include "base/file.h"
#include "base/text.h"
#include "client/cli/api.h"
#include "client/cli/hidden.h"
#include "client/cli/say.h"
#include "proto/body.h"
#include "proto/money.h"
#include "proto/offer.h"
#include "proto/scan.h"
#include <openssl/crypto.h>
#include <string.h>
#include <unistd.h>

enum { NUMBER_TEXT_MAX = 64, LINES_FILE_MAX = 65536 };

enum err order_line(char *out, size_t size)
{
    if (!fgets(out, (int)size, stdin))
        return ERR_IO;
    size_t n = strcspn(out, "\r\n");
    if (!out[n] && n == size - 1)
        return ERR_TOO_LARGE;
    out[n] = 0;
    return ERR_OK;
}

bool order_yes(const char *question)
{
    static const char *const yes[] = {"", "y", "Y", "yes", "是", "好"};
    char line[64];
    fputs(question, stderr);
    fflush(stderr);
    if (order_line(line, sizeof line))
        return false;
    for (size_t i = 0; i < sizeof yes / sizeof *yes; i++)
        if (!strcmp(line, yes[i]))
            return true;
    return false;
}

static int read_amounts(struct cli *c, json_t *body)
{
    const char *own = cli_text(c, "own-price");
    int64_t total, own_fen;
    enum err e = money_parse(c->arg[0], &total);
    if (e)
        return api_fail(c, e, _("the amount"));
    json_object_set_new(body, "total_fen", json_integer(total));
    if (!own)
        return CLI_OK;
    e = money_parse(own, &own_fen);
    if (e)
        return api_fail(c, e, _("the shop's own price"));
    if (own_fen > total)
        return cli_usage(c, "%s", _("The shop's own price is above the amount."));
    json_object_set_new(body, "own_price_fen", json_integer(own_fen));
    return CLI_OK;
}

/* [{"category", "amount_fen"}]; *sum is theirs. False: not of this form. */
static bool lines_good(const json_t *lines, int64_t *sum)
{
    json_t *line;
    size_t i;
    *sum = 0;
    if (!json_is_array(lines) || !json_array_size(lines) || json_array_size(lines) > OFFER_LINES)
        return false;
    json_array_foreach (lines, i, line) {
        const char *category;
        int64_t fen;
        if (jsonx_int(line, "amount_fen", 0, OFFER_FEN_MAX, &fen))
            return false;
        if (jsonx_has(line, "category") && jsonx_str(line, "category", 0, OFFER_CATEGORY_MAX, &category))
            return false;
        *sum += fen;
    }
    return true;
}

static int read_lines(struct cli *c, json_t *body)
{
    const char *path = cli_text(c, "lines");
    json_t *lines = NULL;
    int64_t sum = 0;
    struct buf b;
    int code = CLI_OK;
    if (!path)
        return CLI_OK;
    buf_init(&b, LINES_FILE_MAX);
    enum err e = file_read(path, &b);
    if (e)
        code = api_fail(c, cli_path_err(e), path);
    else if (jsonx_parse(buf_str(&b), b.len, &lines) || !lines_good(lines, &sum))
        code = cli_usage(c, _("%s is not a list of {\"category\", \"amount_fen\"} in JSON."), path);
    else if (sum != json_integer_value(json_object_get(body, "total_fen")))
        code = cli_usage(c, "%s", _("The lines do not add up to the amount."));
    else
        json_object_set(body, "lines", lines);
    json_decref(lines);
    buf_release(&b);
    return code;
}

static void set_number(struct order *o, const char *number, bool luhn_ok)
{
    json_object_set_new(o->body, "number", json_string(number));
    if (luhn_ok)
        json_object_set_new(o->body, "luhn_ok", json_true());
}

/* Out of the list of processes, as soon as it was read; until then every user of the machine could see it. */
static void hide(const char *argument)
{
    OPENSSL_cleanse((char *)(uintptr_t)argument, strlen(argument));
}

/* --number N or -; --scan TEXT or -. Neither: the terminal waits for its reader. */
static int read_card(struct cli *c, struct order *o)
{
    const char *number = cli_text(c, "number"), *scan = cli_text(c, "scan"), *given = number ? number : scan;
    bool keyboard = isatty(STDIN_FILENO);
    char line[SCAN_MAX] = "";
    if (!given)
        return CLI_OK;
    if (number && scan)
        return cli_usage(c, "%s", _("Either --number or --scan, not both."));
    if (!strcmp(given, "-")) {
        if (keyboard)
            fputs(number ? _("Card number: ") : _("Text of the QR: "), stderr);
        enum err e = hidden_line(line, number ? NUMBER_TEXT_MAX : sizeof line);
        if (e)
            return api_fail(c, e == ERR_TOO_LARGE && number ? ERR_BAD_NUMBER : e, _("reading standard input"));
        given = line;
    }
    if (!*given) /* whoever forgot to fill a variable must not hear of the card */
        return cli_usage(c, "%s", number ? _("--number is empty.") : _("--scan is empty."));
    if (number)
        set_number(o, given, cli_flag(c, "accept-luhn"));
    else
        json_object_set_new(o->body, "scan", json_string(given));
    json_object_set_new(o->body, "input", json_string(keyboard && number ? "keyed" : "api"));
    hide(number ? number : scan);
    OPENSSL_cleanse(line, sizeof line);
    /* A text that is not UTF-8 makes no JSON string. */
    return json_object_get(o->body, number ? "number" : "scan")
               ? CLI_OK
               : cli_usage(c, "%s", _("The card's text is not UTF-8."));
}

int order_check_cashier(const struct cli *c)
{
    const char *s = cli_text(c, "cashier");
    size_t n = s ? strlen(s) : 0;
    if (n <= BODY_CASHIER_MAX && (!s || (text_is_utf8(s, n) && text_is_plain(s, n, ""))))
        return CLI_OK;
    return cli_usage(c, _("--cashier: at most %d bytes of UTF-8 without control characters."), BODY_CASHIER_MAX);
}

int order_read(struct cli *c, struct order *out)
{
    const char *cashier = cli_text(c, "cashier");
    *out = (struct order){.body = json_object(), .person = isatty(STDIN_FILENO) && !cli_flag(c, "yes")};
    if (!out->body)
        return api_fail(c, ERR_NOMEM, _("the amount"));
    int code = read_amounts(c, out->body);
    if (!code)
        code = read_lines(c, out->body);
    if (!code)
        code = order_check_cashier(c);
    if (!code && cashier)
        json_object_set_new(out->body, "cashier", json_string(cashier));
    return code ? code : read_card(c, out);
}

void order_release(struct order *o)
{
    json_decref(o->body);
    o->body = NULL;
}

bool order_number_again(struct cli *c, struct order *o)
{
    char line[NUMBER_TEXT_MAX];
    fprintf(stderr, "%s%s%s\n%s", cli_color(c, "33"), err_text(ERR_NUMBER_LUHN, i18n_lang()), cli_color(c, "0"),
        _("Card number (the same again if it is right, empty to give up): "));
    if (hidden_line(line, sizeof line) || !*line)
        return false;
    set_number(o, line, !strcmp(line, say_str(o->body, "number", "")));
    OPENSSL_cleanse(line, sizeof line);
    return true;
}
