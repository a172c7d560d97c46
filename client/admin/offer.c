/* SPDX-License-Identifier: Apache-2.0 */
/* offer set, offer list: a shop's registered discounts. The terms are checked here first, so that a mistake is named before
 * anything is sent; the service checks them again. */
#include "proto/offer.h"
#include "base/file.h"
#include "client/admin/admin.h"
#include <string.h>

enum { PATH_SIZE = 160, FILE_MAX = 262144 };

static const struct show_col cols[] = {{"title", N_("OFFER"), SHOW_TEXT}, {"kind", N_("KIND"), SHOW_WORD},
    {"rate_bp", N_("RATE, BP"), SHOW_INT}, {"off_fen", N_("OFF"), SHOW_YUAN}, {"over_fen", N_("OVER"), SHOW_YUAN},
    {"price_fen", N_("PRICE"), SHOW_YUAN}, {"cap_fen", N_("CAP"), SHOW_YUAN}, {"min_fen", N_("LEAST"), SHOW_YUAN},
    {"per_card_day", N_("PER DAY"), SHOW_INT}, {"from", N_("FROM"), SHOW_TEXT}, {"to", N_("TO"), SHOW_TEXT},
    {"when", N_("WHEN"), SHOW_TEXT}, {"goods", N_("GOODS"), SHOW_TEXT}, {"round", N_("ROUND"), SHOW_WORD},
    {"id", N_("ID"), SHOW_TEXT}, {0}};

/* What a member of offer.json wants, for whoever wrote it wrongly. */
static const struct {
    const char *member, *wants;
} wants[] = {{"kind", N_("percent, off_over or fixed")}, {"title", N_("a text of 1 to 120 bytes")},
    {"rate_bp", N_("the discount, 1 to 10000: 1200 is 12 per cent off; with percent alone")},
    {"over_fen", N_("fen, more than 0; with off_over alone")},
    {"off_fen", N_("fen, more than 0 and at most over_fen; with off_over alone")},
    {"repeat", N_("true or false; with off_over alone")}, {"price_fen", N_("fen, more than 0; with fixed alone")},
    {"cap_fen", N_("fen; 0: no cap")}, {"min_fen", N_("fen; 0: no minimum")}, {"from", N_("a day like 2026-01-31")},
    {"to", N_("a day like 2026-01-31, not before from")}, {"weekdays", N_("days from 1, Monday, to 7, each once")},
    {"hours", N_("spans like 10:00-14:00, at most eight")}, {"include", N_("categories, texts of at most 32 bytes")},
    {"exclude", N_("categories, texts of at most 32 bytes")}, {"per_card_day", N_("0, no limit, to 1000")},
    {"round", N_("fen, jiao or yuan")}, {"id", N_("the offer's id, or nothing for a new one")}};

static const char *wanted(const char *member)
{
    for (size_t i = 0; i < sizeof wants / sizeof *wants; i++)
        if (!strcmp(wants[i].member, member))
            return _(wants[i].wants);
    return _("no member of an offer has that name");
}

static enum err read_all(const char *path, struct buf *b)
{
    char block[4096];
    size_t n;
    enum err e = ERR_OK;
    if (strcmp(path, "-"))
        return file_read(path, b);
    while (!e && (n = fread(block, 1, sizeof block, stdin)) > 0)
        e = buf_add(b, block, n);
    return !e && ferror(stdin) ? ERR_IO : e;
}

/* *out: an array of offers as they stand in the file, each known to be good. */
static int read_offers(struct cli *c, const char *path, json_t **out)
{
    struct buf b;
    struct offer offer;
    json_t *v = NULL, *list;
    int line = 0;
    buf_init(&b, FILE_MAX);
    enum err e = read_all(path, &b);
    if (!e)
        e = jsonx_parse_file(buf_str(&b), b.len, &v, &line);
    buf_release(&b);
    if (e == ERR_BAD_JSON)
        return cli_fail(c, e, _("reading the offers in %s, line %d"), path, line), CLI_USAGE;
    if (e)
        return cli_fail(c, cli_path_err(e), _("reading the offers in %s"), path);
    list = json_is_array(v) ? v : json_pack("[o]", v);
    if (!list)
        return cli_fail(c, ERR_NOMEM, _("reading the offers in %s"), path);
    for (size_t i = 0; !e && i < json_array_size(list); i++) {
        char why[64] = "";
        e = offer_parse(json_array_get(list, i), &offer, why);
        if (e)
            cli_fail(c, e, _("offer %zu in %s, member \"%s\" (%s)"), i + 1, path, why, wanted(why));
    }
    if (!e && json_array_size(list) > OFFER_PER_SHOP)
        cli_fail(c, e = ERR_TOO_LARGE, _("the offers in %s, at most %d"), path, OFFER_PER_SHOP);
    if (e) {
        json_decref(list);
        return cli_exit_code(e);
    }
    *out = list;
    return CLI_OK;
}

static enum err add_list(struct buf *b, const char *before, const json_t *list)
{
    enum err e = ERR_OK;
    for (size_t i = 0; !e && i < json_array_size(list); i++) {
        const json_t *v = json_array_get(list, i);
        e = buf_printf(b, "%s%s", i ? " " : before, json_is_string(v) ? json_string_value(v) : "");
        if (!e && json_is_integer(v))
            e = buf_printf(b, "%d", (int)json_integer_value(v));
    }
    return e;
}

/* The terms that are lists become cells of the table. */
static enum err add_cells(json_t *offer)
{
    struct buf when, goods;
    buf_init(&when, SHOW_MAX);
    buf_init(&goods, SHOW_MAX);
    enum err e = add_list(&when, _("days "), json_object_get(offer, "weekdays"));
    e = e ? e : add_list(&when, when.len ? ", " : "", json_object_get(offer, "hours"));
    e = e ? e : add_list(&goods, "", json_object_get(offer, "include"));
    e = e ? e : add_list(&goods, goods.len ? _(", not ") : _("not "), json_object_get(offer, "exclude"));
    if (!e && when.len && json_object_set_new(offer, "when", json_string(buf_str(&when))))
        e = ERR_NOMEM;
    if (!e && goods.len && json_object_set_new(offer, "goods", json_string(buf_str(&goods))))
        e = ERR_NOMEM;
    if (!e && json_is_true(json_object_get(offer, "repeat")))
        e = json_object_set_new(offer, "kind", json_string("off_each")) ? ERR_NOMEM : ERR_OK;
    buf_release(&when);
    buf_release(&goods);
    return e;
}

static int print_offers(struct cli *c, const char *what, const json_t *answer)
{
    const json_t *list = json_is_array(answer) ? answer : json_object_get(answer, "offers");
    int rc = CLI_OK;
    if (!json_is_array(list))
        return cli_fail(c, ERR_NET_PROTOCOL, "%s", what);
    for (size_t i = 0; !rc && !c->json && i < json_array_size(list); i++)
        if (add_cells(json_array_get(list, i)))
            rc = cli_fail(c, ERR_NOMEM, "%s", what);
    if (!c->json)
        return rc ? rc : admin_table(c, what, cols, list);
    for (size_t i = 0; !rc && i < json_array_size(list); i++)
        rc = admin_json(c, what, json_array_get(list, i));
    return rc;
}

int offer_set(struct cli *c)
{
    const char *what = _("setting the shop's offers");
    char path[PATH_SIZE];
    json_t *offers = NULL, *out = NULL;
    if (admin_path(path, sizeof path, "/v1/shops/", c->arg[0], "/offers"))
        return cli_fail(c, ERR_NOT_FOUND, "%s", what);
    int rc = read_offers(c, cli_text(c, "file"), &offers);
    if (!rc)
        rc = admin_call(c, what, "PUT", path, offers, &out);
    if (!rc)
        rc = print_offers(c, what, out);
    json_decref(out);
    return rc;
}

int offer_list(struct cli *c)
{
    const char *what = _("listing the shop's offers");
    char path[PATH_SIZE];
    json_t *out = NULL;
    if (admin_path(path, sizeof path, "/v1/shops/", c->arg[0], "/offers"))
        return cli_fail(c, ERR_NOT_FOUND, "%s", what);
    int rc = admin_call(c, what, "GET", path, NULL, &out);
    if (!rc)
        rc = print_offers(c, what, out);
    json_decref(out);
    return rc;
}
