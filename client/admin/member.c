/* SPDX-License-Identifier: Apache-2.0 */
/* member import, member status. An import is safe to repeat: lines that are known already change nothing. */
#include "base/csv.h"
#include "base/file.h"
#include "client/admin/admin.h"
#include "client/admin/import.h"
#include "client/admin/progress.h"
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <openssl/crypto.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { PATH_SIZE = 4096, TIMEOUT_MS = 300000, TRIES = 4, ANSWER_MAX = 4 * 1024 * 1024 };

static const char *const statuses[] = {"active", "frozen", "lost", "left"};
static const struct show_col status_cols[] = {{"card_last4", N_("last four digits"), SHOW_TEXT},
    {"status", N_("status"), SHOW_WORD}, {"was", N_("was"), SHOW_WORD}, {0}};
static const struct show_col import_cols[] = {{"imported", N_("imported"), SHOW_INT},
    {"changed", N_("changed"), SHOW_INT}, {"unchanged", N_("unchanged"), SHOW_INT},
    {"rejected", N_("rejected"), SHOW_INT}, {"rejects_file", N_("rejects in"), SHOW_IF}, {0}};

int member_status(struct cli *c)
{
    const char *what = _("setting the member's status"), *status = NULL;
    char number[CARD_NUMBER_MAX + 1];
    for (size_t i = 0; i < sizeof statuses / sizeof *statuses; i++)
        if (!strcmp(statuses[i], c->arg[1]))
            status = statuses[i];
    if (!status)
        return cli_usage(c, _("the status is active, frozen, lost or left."));
    int rc = admin_number(c, c->arg[0], number);
    if (rc)
        return rc;
    json_t *out = NULL, *body = json_pack("{s:s, s:s}", "number", number, "status", status);
    OPENSSL_cleanse(number, sizeof number);
    rc = admin_call(c, what, "POST", "/v1/members/status", body, &out);
    if (!rc)
        rc = admin_show(c, what, status_cols, out);
    json_decref(out);
    return rc;
}

struct run {
    struct cli *cli;
    struct import_file *file;
    struct import_chunk chunk[2]; /* one on its way, one being prepared */
    struct progress progress;
    int64_t imported, changed, unchanged, rejected;
    char rejects_path[PATH_SIZE];
    FILE *rejects; /* NULL: no bad line yet */
};

/* Some lines of a chunk on their way. */
struct part {
    const char *text;
    size_t len;
    uint64_t line; /* of its first */
};

/* Bad lines go to a file of their own, which only its owner may read. */
static enum err note_rejects(struct run *r, struct import_chunk *chunk)
{
    if (chunk->reject_cnt && !r->rejects) {
        int fd = open(r->rejects_path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
        r->rejects = fd < 0 ? NULL : fdopen(fd, "w");
        if (!r->rejects)
            return file_err(errno);
        fputs("line,reason,text,last4\r\n", r->rejects);
    }
    import_sort_rejects(chunk);
    for (size_t i = 0; i < chunk->reject_cnt; i++) {
        const struct import_reject *x = &chunk->rejects[i];
        fprintf(r->rejects, "%" PRIu64 ",%s,\"%s\",%s\r\n", x->line, err_code(x->reason),
            err_text(x->reason, i18n_lang()), x->last4);
    }
    r->rejected += (int64_t)chunk->reject_cnt;
    return r->rejects && (fflush(r->rejects) || ferror(r->rejects)) ? file_err(errno) : ERR_OK;
}

static enum err add_counts(struct run *r, const json_t *answer, struct import_chunk *chunk)
{
    int64_t imported, changed, unchanged, line;
    json_t *rejected = NULL;
    enum err e = jsonx_int(answer, "imported", 0, JSONX_INT_MAX, &imported);
    e = e ? e : jsonx_int(answer, "changed", 0, JSONX_INT_MAX, &changed);
    e = e ? e : jsonx_int(answer, "unchanged", 0, JSONX_INT_MAX, &unchanged);
    e = e ? e : jsonx_arr(answer, "rejected", chunk->records, &rejected);
    for (size_t i = 0; !e && i < json_array_size(rejected); i++) {
        const json_t *x = json_array_get(rejected, i);
        const char *reason = NULL, *last4 = NULL;
        e = jsonx_int(x, "line", 1, JSONX_INT_MAX, &line);
        e = e ? e : jsonx_str(x, "reason", 1, 64, &reason);
        if (!e && (jsonx_str(x, "last4", 0, 4, &last4) || last4[strspn(last4, "0123456789")]))
            last4 = "";
        if (!e)
            e = import_add_reject(chunk, (uint64_t)line, err_from_code(reason), last4);
    }
    if (e)
        return e == ERR_BAD_VALUE ? ERR_NET_PROTOCOL : e;
    r->imported += imported;
    r->changed += changed;
    r->unchanged += unchanged;
    return ERR_OK;
}

/* What failed on the way is sent again: the service counts a line that it has already as unchanged. */
static enum err post(struct run *r, const struct part *p, struct buf *answer)
{
    char path[64];
    enum err e = ERR_OK;
    snprintf(path, sizeof path, "/v1/members/import?line=%" PRIu64, p->line);
    struct admin_request request = {
        .method = "POST", .path = path, .type = "text/csv", .body = p->text, .len = p->len, .timeout_ms = TIMEOUT_MS};
    for (int i = 0; i < TRIES; i++) {
        if (i > 0)
            nanosleep(&(struct timespec){.tv_sec = 1 << (i - 1)}, NULL);
        buf_reset(answer);
        e = admin_send(r->cli, &request, answer);
        if (!err_retry(e))
            break;
    }
    return e;
}

/* Cuts *first before the record nearest its middle; false if it is a single one. */
static bool halve(struct part *first, struct part *second)
{
    struct csv csv;
    struct csv_record r;
    size_t at = 0;
    if (csv_init_memory(&csv, first->text, first->len, first->line))
        return false;
    while (csv_next(&csv, &r) == CSV_RECORD && at < first->len / 2) {
        at = (size_t)(r.raw - first->text);
        *second = (struct part){first->text + at, first->len - at, r.line};
    }
    csv_release(&csv);
    first->len = at;
    return at > 0;
}

/* A chunk whose every line is rejected may bring too long an answer: then it goes in halves. */
static enum err send_part(struct run *r, struct import_chunk *chunk, struct part p)
{
    struct buf answer;
    struct part second;
    json_t *v = NULL;
    buf_init(&answer, ANSWER_MAX);
    enum err e = post(r, &p, &answer);
    bool halved = e == ERR_TOO_LARGE && halve(&p, &second);
    if (!e)
        e = jsonx_parse(buf_str(&answer), answer.len, &v) ? ERR_NET_PROTOCOL : add_counts(r, v, chunk);
    json_decref(v);
    buf_release(&answer);
    if (halved) {
        e = send_part(r, chunk, p);
        e = e ? e : send_part(r, chunk, second);
    }
    return e;
}

static enum err send_chunk(struct run *r, struct import_chunk *chunk)
{
    struct part whole = {buf_str(&chunk->text), chunk->text.len, chunk->line};
    return chunk->records ? send_part(r, chunk, whole) : ERR_OK;
}

struct prepare {
    struct import_file *file;
    struct import_chunk *chunk;
    enum err result;
};

static void *prepare(void *ctx)
{
    struct prepare *p = ctx;
    p->result = import_next(p->file, IMPORT_CHUNK_MAX, p->chunk);
    return NULL;
}

/* While one chunk is with the service, the next is read. */
static int send_all(struct run *r, const char *what)
{
    enum err e = import_next(r->file, IMPORT_CHUNK_MAX, &r->chunk[0]);
    if (e)
        return cli_fail(r->cli, e, "%s", what);
    for (int now = 0; r->chunk[now].records + r->chunk[now].reject_cnt > 0; now = !now) {
        struct import_chunk *chunk = &r->chunk[now];
        struct prepare p = {.file = r->file, .chunk = &r->chunk[!now]};
        pthread_t thread;
        bool started = pthread_create(&thread, NULL, prepare, &p) == 0;
        e = send_chunk(r, chunk);
        if (started)
            pthread_join(thread, NULL);
        else
            prepare(&p);
        if (e)
            return cli_fail(r->cli, e,
                _("%s from line %" PRIu64 " on (what came before is kept; the same command goes on)"), what,
                chunk->line);
        if ((e = note_rejects(r, chunk)))
            return cli_fail(r->cli, cli_path_err(e), _("writing %s"), r->rejects_path);
        progress_show(&r->progress, chunk->read_to, r->imported + r->changed + r->unchanged + r->rejected);
        if (p.result)
            return cli_fail(r->cli, p.result, "%s", what);
    }
    return CLI_OK;
}

static int report(struct run *r, const char *what)
{
    json_t *v = json_pack("{s:I, s:I, s:I, s:I}", "imported", (json_int_t)r->imported, "changed",
        (json_int_t)r->changed, "unchanged", (json_int_t)r->unchanged, "rejected", (json_int_t)r->rejected);
    if (v && r->rejected)
        json_object_set_new(v, "rejects_file", json_string(r->rejects_path));
    int rc = v ? admin_show(r->cli, what, import_cols, v) : cli_fail(r->cli, ERR_NOMEM, "%s", what);
    json_decref(v);
    return rc ? rc : r->rejected ? CLI_NO : CLI_OK;
}

/* "list.csv" -> "list.rejects.csv"; what an earlier run left there would mislead. */
static int name_rejects(struct run *r, const char *file)
{
    size_t n = strlen(file), stem = n > 4 && !strcasecmp(file + n - 4, ".csv") ? n - 4 : n;
    if ((size_t)snprintf(r->rejects_path, sizeof r->rejects_path, "%.*s.rejects.csv", (int)stem, file) >=
        sizeof r->rejects_path)
        return cli_fail(r->cli, ERR_TOO_LARGE, _("reading %s"), file);
    if (unlink(r->rejects_path) && errno != ENOENT)
        return cli_fail(r->cli, file_err(errno), _("replacing %s"), r->rejects_path);
    return CLI_OK;
}

int member_import(struct cli *c)
{
    const char *what = _("importing members"), *path = c->arg[0];
    struct run *r = calloc(1, sizeof *r);
    if (!r)
        return cli_fail(c, ERR_NOMEM, "%s", what);
    r->cli = c;
    import_chunk_init(&r->chunk[0]);
    import_chunk_init(&r->chunk[1]);
    int rc = admin_connect(c);
    enum err e = rc ? ERR_OK : import_open(&r->file, path);
    if (e)
        rc = cli_fail(c, cli_path_err(e), _("reading %s"), path);
    if (!rc)
        rc = name_rejects(r, path);
    if (!rc) {
        progress_start(&r->progress, import_size(r->file), c->json);
        rc = send_all(r, what);
        progress_end(&r->progress);
    }
    if (!rc)
        rc = report(r, what);
    if (r->rejects && fclose(r->rejects) && rc < CLI_USAGE)
        rc = cli_fail(c, cli_path_err(file_err(errno)), _("writing %s"), r->rejects_path);
    import_chunk_release(&r->chunk[0]);
    import_chunk_release(&r->chunk[1]);
    import_free(&r->file);
    free(r);
    return rc;
}
