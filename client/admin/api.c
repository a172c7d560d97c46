/* SPDX-License-Identifier: Apache-2.0 */
#include "base/config.h"
#include "base/file.h"
#include "client/admin/admin.h"
#include "client/ports/link.h"
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

enum { PATH_SIZE = 4096, TIMEOUT_MS = 30000 };

struct admin {
    struct link *link; /* NULL before the first call */
};

struct admin *admin_new(void)
{
    return calloc(1, sizeof(struct admin));
}

void admin_free(struct admin **a)
{
    if (!*a)
        return;
    link_free(&(*a)->link);
    free(*a);
    *a = NULL;
}

static enum err open_link(const char *dir, struct link **out)
{
    char ini[PATH_SIZE], ca[PATH_SIZE], cert[PATH_SIZE], key[PATH_SIZE];
    struct config config;
    enum err e = file_path(dir, "profile.ini", ini, sizeof ini);
    e = e ? e : file_path(dir, "ca.crt", ca, sizeof ca);
    e = e ? e : file_path(dir, "admin.crt", cert, sizeof cert);
    e = e ? e : file_path(dir, "admin.key", key, sizeof key);
    if (e)
        return e;
    e = config_load(&config, ini);
    if (!e) {
        struct link_config lc = {.url = config_text(&config, "service", "url", NULL),
            .ca_path = ca,
            .cert_path = cert,
            .key_path = key,
            .clock = &clock_system,
            .answer_max = LINK_ANSWER_MAX};
        e = lc.url ? link_new(&lc, out) : ERR_BAD_VALUE;
    }
    config_release(&config);
    return e;
}

int admin_connect(struct cli *c)
{
    struct admin *a = c->ctx;
    const char *dir = cli_text(c, "profile");
    dir = dir ? dir : getenv("HUIKA_ADMIN");
    if (a->link)
        return CLI_OK;
    if (!dir || !*dir)
        return cli_usage(c, _("--profile DIR (or HUIKA_ADMIN) names the administrator's profile."));
    enum err e = open_link(dir, &a->link);
    return e ? (cli_fail(c, cli_path_err(e), _("opening the profile %s"), dir), CLI_FAILED) : CLI_OK;
}

enum err admin_send(struct cli *c, const struct admin_request *r, struct buf *answer)
{
    struct admin *a = c->ctx;
    struct link_request lr = {.method = r->method,
        .path = r->path,
        .type = r->type,
        .body = r->body,
        .len = r->len,
        .answer_max = LINK_FILE_MAX,
        .deadline_mono_ms = clock_system.mono_ms(clock_system.ctx) + (r->timeout_ms ? r->timeout_ms : TIMEOUT_MS)};
    return link_call(a->link, &lr, NULL, answer);
}

/* Where the service says more than its code does (which member is wrong), that goes into the line. */
static int fail(struct cli *c, enum err e, const char *what, const struct buf *answer)
{
    json_t *problem = NULL;
    const char *detail = NULL;
    int rc;
    if (answer->len && !jsonx_parse(buf_str(answer), answer->len, &problem))
        detail = json_string_value(json_object_get(problem, "detail"));
    if (detail && *detail && strlen(detail) < 200 && strcmp(detail, err_text(e, ERR_LANG_EN)))
        rc = cli_fail(c, e, "%s (%s)", what, detail);
    else
        rc = cli_fail(c, e, "%s", what);
    json_decref(problem);
    return rc;
}

int admin_call(struct cli *c, const char *what, const char *method, const char *path, json_t *body, json_t **out)
{
    struct buf request, answer;
    json_t *v = NULL;
    int rc = admin_connect(c);
    buf_init(&request, LINK_BODY_MAX);
    buf_init(&answer, LINK_FILE_MAX);
    enum err e = body && !rc ? jsonx_write(body, &request) : ERR_OK;
    struct admin_request r = {.method = method, .path = path, .body = body ? request.data : NULL, .len = request.len};
    if (!rc && !e)
        e = admin_send(c, &r, &answer);
    if (!rc && e)
        rc = fail(c, e, what, &answer);
    if (!rc && out && jsonx_parse(buf_str(&answer), answer.len, &v))
        rc = cli_fail(c, ERR_NET_PROTOCOL, "%s", what);
    if (!rc && out)
        *out = v;
    json_decref(body);
    buf_wipe(&request);
    buf_wipe(&answer);
    return rc;
}

enum err admin_path(char *out, size_t size, const char *before, const char *id, const char *after)
{
    static const char ok[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-";
    size_t n = strlen(id);
    if (n < 1 || n > 64 || strspn(id, ok) != n)
        return ERR_BAD_VALUE;
    return (size_t)snprintf(out, size, "%s%s%s", before, id, after) < size ? ERR_OK : ERR_TOO_LARGE;
}

bool admin_cursor_ok(const char *cursor)
{
    return cursor[strspn(cursor, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~")] == 0;
}

int admin_number(const struct cli *c, const char *arg, char out[static CARD_NUMBER_MAX + 1])
{
    char line[128] = "", *given = NULL;
    if (!strcmp(arg, "-")) {
        if (!fgets(line, sizeof line, stdin))
            line[0] = 0;
        line[strcspn(line, "\r\n")] = 0;
        arg = line;
    } else {
        given = (char *)(uintptr_t)arg;
    }
    /* An identity number is told as such before the letter in it makes it merely not a number. */
    enum err e = card_number_check(arg, strlen(arg));
    if (e && e != ERR_ID_NUMBER) {
        e = card_number_strip(arg, strlen(arg), out);
        e = e ? e : card_number_check(out, strlen(out));
    } else if (!e) {
        memcpy(out, arg, strlen(arg) + 1);
    }
    OPENSSL_cleanse(line, sizeof line);
    if (given) /* out of the list of processes, where every user of the machine sees it */
        OPENSSL_cleanse(given, strlen(given));
    return e ? (cli_fail(c, e, _("reading the card number")), CLI_USAGE) : CLI_OK;
}
