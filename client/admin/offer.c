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
    {"id", N_("ID"), SHOW_TEXT}, {0}};

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
    buf_init(&b, FILE_MAX);
    enum err e = read_all(path, &b);
    if (!e)
        e = jsonx_parse(buf_str(&b), b.len, &v);
    buf_release(&b);
    if (e)
        return cli_fail(c, e, _("reading the offers in %s"), path);
    list = json_is_array(v) ? v : json_pack("[o]", v);
    if (!list)
        return cli_fail(c, ERR_NOMEM, _("reading the offers in %s"), path);
    for (size_t i = 0; !e && i < json_array_size(list); i++) {
        char why[64] = "";
        e = offer_parse(json_array_get(list, i), &offer, why);
        if (e)
            cli_fail(c, e, _("offer %zu in %s, member \"%s\""), i + 1, path, why);
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

static int print_offers(struct cli *c, const char *what, const json_t *answer)
{
    const json_t *list = json_is_array(answer) ? answer : json_object_get(answer, "offers");
    int rc = CLI_OK;
    if (!json_is_array(list))
        return cli_fail(c, ERR_NET_PROTOCOL, "%s", what);
    if (!c->json)
        return admin_table(c, what, cols, list);
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
