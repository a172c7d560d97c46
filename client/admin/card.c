/* SPDX-License-Identifier: Apache-2.0 */
/* card print, card reissue, card export. What they write holds card tokens: files are 0600 and never replaced unless asked. */
#include "base/file.h"
#include "base/qr.h"
#include "client/admin/admin.h"
#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PNG_SCALE = 8, SVG_MM = 25, IMAGE_MAX = 4 * 1024 * 1024, PATH_SIZE = 4096, PAGE = 1000, CURSOR_MAX = 512 };

enum form { FORM_NONE, FORM_PNG, FORM_SVG, FORM_TXT };

static const struct show_col cols[] = {{"card_last4", N_("last four digits"), SHOW_TEXT},
    {"name_masked", N_("name"), SHOW_TEXT}, {"expiry", N_("valid until"), SHOW_TEXT},
    {"out", N_("written to"), SHOW_IF}, {0}};

static enum form form_of(const char *path)
{
    const char *dot = strrchr(path, '.');
    if (!dot)
        return FORM_NONE;
    return !strcasecmp(dot, ".png")   ? FORM_PNG
           : !strcasecmp(dot, ".svg") ? FORM_SVG
           : !strcasecmp(dot, ".txt") ? FORM_TXT
                                      : FORM_NONE;
}

static enum err draw(const char *text, enum form form, struct buf *b)
{
    if (form == FORM_TXT) {
        enum err e = buf_adds(b, text);
        return e ? e : buf_adds(b, "\n");
    }
    struct qr *q = malloc(sizeof *q);
    enum err e = q ? qr_make(text, q) : ERR_NOMEM;
    if (!e)
        e = form == FORM_PNG ? qr_png(q, PNG_SCALE, b) : qr_svg(q, SVG_MM, b);
    if (q)
        OPENSSL_cleanse(q, sizeof *q);
    free(q);
    return e;
}

static enum err write_card(const struct cli *c, const char *text, const char *path)
{
    struct buf b;
    buf_init(&b, IMAGE_MAX);
    enum err e = draw(text, form_of(path), &b);
    if (!e)
        e = cli_flag(c, "force") ? file_write(path, b.data, b.len, 0600) : file_create(path, b.data, b.len, 0600);
    buf_wipe(&b);
    return e;
}

/* --out is judged before the service is asked: after a reissue it would be too late. */
static int check_out(const struct cli *c)
{
    const char *path = cli_text(c, "out");
    if (path && form_of(path) == FORM_NONE)
        return cli_usage(c, _("--out FILE ends in .svg, .png or .txt."));
    if (path && !cli_flag(c, "force") && access(path, F_OK) == 0)
        return cli_fail(c, ERR_EXISTS, _("writing %s (--force replaces it)"), path);
    return CLI_OK;
}

static int fetch(struct cli *c, const char *what, const char *path)
{
    const char *out = cli_text(c, "out"), *text = NULL;
    char number[CARD_NUMBER_MAX + 1];
    json_t *answer = NULL;
    int rc = check_out(c);
    if (!rc)
        rc = admin_number(c, c->arg[0], number);
    if (rc)
        return rc;
    json_t *body = json_pack("{s:s}", "number", number);
    OPENSSL_cleanse(number, sizeof number);
    rc = admin_call(c, what, "POST", path, body, &answer);
    if (!rc && jsonx_str(answer, "qr_text", 1, CARD_QR_TEXT_MAX, &text))
        rc = cli_fail(c, ERR_NET_PROTOCOL, "%s", what);
    enum err e = !rc && out ? write_card(c, text, out) : ERR_OK;
    if (e)
        rc = cli_fail(c, cli_path_err(e), _("writing %s"), out);
    if (!rc && out)
        json_object_set_new(answer, "out", json_string(out));
    if (!rc)
        json_object_del(answer, "qr_text");
    if (!rc)
        rc = admin_show(c, what, cols, answer);
    json_decref(answer);
    return rc;
}

int card_print(struct cli *c)
{
    return fetch(c, _("printing the card"), "/v1/cards/print");
}

int card_reissue(struct cli *c)
{
    return fetch(c, _("reissuing the card"), "/v1/cards/reissue");
}

/* Both fields are of our own making (digits, an upper-case URL); anything else is not written into somebody's spreadsheet. */
static bool plain(const char *s)
{
    return s[strspn(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789:/.-")] == 0;
}

static enum err write_page(FILE *f, json_t *answer, int64_t *cnt)
{
    json_t *cards = NULL;
    enum err e = jsonx_arr(answer, "cards", PAGE, &cards);
    for (size_t i = 0; !e && i < json_array_size(cards); i++) {
        const char *last4 = NULL, *text = NULL;
        e = jsonx_str(json_array_get(cards, i), "card_last4", 4, 4, &last4);
        e = e ? e : jsonx_str(json_array_get(cards, i), "qr_text", 1, CARD_QR_TEXT_MAX, &text);
        if (!e && (!plain(last4) || !plain(text)))
            e = ERR_NET_PROTOCOL;
        if (!e && fprintf(f, "%s,%s\r\n", last4, text) < 0)
            e = file_err(errno);
        *cnt += !e;
    }
    return e == ERR_BAD_VALUE ? ERR_NET_PROTOCOL : e;
}

/* All pages into f. CLI_OK or the exit code after the error line. */
static int export_pages(struct cli *c, const char *what, FILE *f, int64_t *cnt)
{
    char path[1024], cursor[CURSOR_MAX + 1] = "";
    enum err e = fputs("card_last4,qr_text\r\n", f) < 0 ? file_err(errno) : ERR_OK;
    bool more = true;
    while (!e && more) {
        json_t *answer = NULL;
        const char *next = NULL;
        char org_path[256];
        if (admin_path(org_path, sizeof org_path, "/v1/cards/export?org=", cli_text(c, "org"), ""))
            return cli_fail(c, ERR_NOT_FOUND, "%s", what);
        snprintf(path, sizeof path, "%s&limit=%d%s%s", org_path, PAGE, *cursor ? "&after=" : "", cursor);
        int rc = admin_call(c, what, "GET", path, NULL, &answer);
        if (rc)
            return rc;
        e = write_page(f, answer, cnt);
        more = jsonx_has(answer, "next");
        if (!e && more &&
            (jsonx_str(answer, "next", 1, CURSOR_MAX, &next) || !admin_cursor_ok(next) || !strcmp(next, cursor)))
            e = ERR_NET_PROTOCOL;
        if (!e && more)
            snprintf(cursor, sizeof cursor, "%s", next);
        json_decref(answer);
    }
    return e ? cli_fail(c, e, "%s", what) : CLI_OK;
}

static int print_export(struct cli *c, const char *what, const char *out, int64_t cnt)
{
    if (!c->json) {
        printf(_("%lld cards written to %s\n"), (long long)cnt, out);
        return CLI_OK;
    }
    json_t *v = json_pack("{s:I, s:s}", "cards", (json_int_t)cnt, "out", out);
    int rc = admin_json(c, what, v);
    json_decref(v);
    return rc;
}

/* Written beside its place and renamed when whole, so that the printer never gets half a list. */
int card_export(struct cli *c)
{
    const char *what = _("exporting cards"), *out = cli_text(c, "out");
    char part[PATH_SIZE];
    int64_t cnt = 0;
    bool force = cli_flag(c, "force");
    if ((size_t)snprintf(part, sizeof part, "%s.part-%ld", out, (long)getpid()) >= sizeof part)
        return cli_fail(c, ERR_TOO_LARGE, _("writing %s"), out);
    if (!force && access(out, F_OK) == 0)
        return cli_fail(c, ERR_EXISTS, _("writing %s (--force replaces it)"), out);
    int fd = open(part, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    FILE *f = fd < 0 ? NULL : fdopen(fd, "w");
    if (!f) {
        enum err e = file_err(errno);
        if (fd >= 0)
            close(fd);
        return cli_fail(c, cli_path_err(e), _("writing %s"), out);
    }
    int rc = export_pages(c, what, f, &cnt);
    bool written = fflush(f) == 0 && fsync(fd) == 0;
    enum err e = written ? ERR_OK : file_err(errno);
    if (fclose(f) && !e)
        e = file_err(errno);
    if (!rc && !e && (force ? rename(part, out) : link(part, out)))
        e = file_err(errno);
    if (!rc && e)
        rc = cli_fail(c, cli_path_err(e), _("writing %s"), out);
    if (rc || !force)
        unlink(part);
    return rc ? rc : print_export(c, what, out, cnt);
}
