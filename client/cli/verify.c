/* SPDX-License-Identifier: Apache-2.0 */
/* huika journal verify: reads STATE/journal.db itself, so that nobody has to take the terminal's word for it. */
#include "base/file.h"
#include "base/text.h"
#include "client/cli/commands.h"
#include "client/cli/say.h"
#include "client/ports/headfile.h"
#include "client/ports/journal.h"
#include <inttypes.h>
#include <string.h>

struct verify {
    struct cli *cli;
    char dir[STATE_DIR_MAX + 1];
    struct notice_trust trust;
    bool trusted;   /* trust is filled */
    json_t *faults; /* [{"epoch", "seq", "fault"}] */
};

/* --state DIR, else the directory of the terminal's socket. */
static int find_state(struct verify *v)
{
    const char *dir = cli_text(v->cli, "state");
    int code = CLI_OK;
    if (dir) {
        if (snprintf(v->dir, sizeof v->dir, "%s", dir) >= (int)sizeof v->dir)
            code = cli_usage(v->cli, "%s", _("The path of the state directory is too long."));
        return code;
    }
    struct api a;
    if (!api_open(v->cli, &a, &code))
        return code;
    char *slash = strrchr(a.socket, '/');
    if (slash)
        *slash = 0;
    snprintf(v->dir, sizeof v->dir, "%s", slash ? a.socket : ".");
    api_close(&a);
    return code;
}

/* A trust notice that vouches for itself: that of --trust, got from elsewhere, or the one beside the journal, which whoever rewrites a
 * journal could have made, too. Without it countersignatures stay unchecked. */
static enum err load_trust(struct verify *v, const char *path)
{
    struct notice n = {0};
    struct buf b;
    buf_init(&b, NOTICE_MAX);
    enum err e = file_read(path, &b);
    if (!e)
        e = notice_open(buf_str(&b), b.len, &n);
    if (!e)
        e = notice_trust_parse(&n, &v->trust);
    if (!e && (e = notice_verify(&n, &v->trust)))
        notice_trust_release(&v->trust);
    v->trusted = !e;
    notice_release(&n);
    buf_release(&b);
    return e;
}

static void found(void *ctx, enum journal_fault f, uint32_t epoch, uint64_t seq)
{
    struct verify *v = ctx;
    json_array_append_new(v->faults, json_pack("{s:I, s:I, s:s}", "epoch", (json_int_t)epoch, "seq", (json_int_t)seq,
                                         "fault", journal_fault_name(f)));
}

static const char *explain(const char *fault)
{
    static const struct {
        enum journal_fault fault;
        const char *text;
    } texts[] = {{JOURNAL_ALTERED, N_("was changed, or stands in another's place")},
        {JOURNAL_MISSING, N_("is missing")}, {JOURNAL_BLOB, N_("has personal data that do not belong to it")},
        {JOURNAL_INDEX, N_("is indexed under ids that are not its own")},
        {JOURNAL_HEAD, N_("is not what the service countersigned: the chain was rewritten or cut short")},
        {JOURNAL_HEAD_SIG, N_("carries a countersignature that is not the service's")},
        {JOURNAL_FILE, N_("the file is damaged")}};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (!strcmp(journal_fault_name(texts[i].fault), fault))
            return _(texts[i].text);
    return fault;
}

static void say_report(const struct verify *v, const struct journal_report *r, enum err e)
{
    json_t *f;
    size_t i;
    json_array_foreach (v->faults, i, f) {
        printf(_("Record %" PRId64 " of epoch %" PRId64), say_int(f, "seq", 0), say_int(f, "epoch", 0));
        printf(" %s\n", explain(say_str(f, "fault", "")));
    }
    printf("%s%s%s  ", cli_color(v->cli, e ? "1;31" : "1;32"),
        e ? _("The journal was changed") : _("The journal is whole"), cli_color(v->cli, "0"));
    printf(_("%" PRId64 " records, epoch %" PRIu32 ", head at %" PRIu64), r->record_cnt, r->epoch, r->head_seq);
    putchar('\n');
    if (r->erased_cnt > 0) {
        printf(_("Personal data were erased from %" PRId64 " of them, as their bodies show."), r->erased_cnt);
        putchar('\n');
    }
    if (r->countersign_checked)
        printf(_("Countersigned by the service up to record %" PRIu64 "."), r->countersigned_seq);
    else
        fputs(_("Countersignatures were not checked: no trust notice beside the journal."), stdout);
    putchar('\n');
    if (r->old_key_cnt > 0) {
        printf(_("%" PRId64
                 " earlier epochs were countersigned with keys that are no longer in force; give an older trust notice "
                 "(--trust) to check them."),
            r->old_key_cnt);
        putchar('\n');
    }
}

static void say_object(const struct verify *v, const struct journal_report *r, enum err e)
{
    char hash[TEXT_HEX_LEN(KEY_HASH) + 1];
    text_hex(r->head_hash, KEY_HASH, hash);
    say_json(json_pack("{s:b, s:I, s:I, s:I, s:{s:I, s:s}, s:I, s:b, s:I, s:O}", "ok", !e, "records",
        (json_int_t)r->record_cnt, "erased", (json_int_t)r->erased_cnt, "epoch", (json_int_t)r->epoch, "head", "seq",
        (json_int_t)r->head_seq, "hash", hash, "countersigned_seq", (json_int_t)r->countersigned_seq,
        "countersign_checked", r->countersign_checked, "old_keys", (json_int_t)r->old_key_cnt, "faults", v->faults));
}

/* The last countersigned head stands in a file of its own, too: what it names must be in the journal. */
static void check_head(struct verify *v, const char *path, struct journal_report *r, enum err *e)
{
    struct state s;
    struct headfile h;
    uint8_t hash[KEY_HASH];
    if (state_peek(v->dir, &s) || headfile_load(&s, v->trusted ? &v->trust : NULL, &h))
        return;
    enum err got = journal_hash_at(path, h.epoch, h.seq, hash);
    if (!got && !memcmp(hash, h.hash, KEY_HASH)) {
        if (h.epoch == r->epoch && h.seq > r->countersigned_seq)
            r->countersigned_seq = h.seq;
        return;
    }
    found(v, JOURNAL_HEAD, h.epoch, h.seq);
    if (!*e)
        *e = ERR_CHAIN_BROKEN;
}

static int verify(struct verify *v)
{
    struct journal_report r = {0};
    char path[STATE_PATH_MAX], own[STATE_PATH_MAX];
    const char *trust = cli_text(v->cli, "trust");
    snprintf(path, sizeof path, "%s/" STATE_JOURNAL, v->dir);
    snprintf(own, sizeof own, "%s/" STATE_TRUST, v->dir);
    enum err e = load_trust(v, trust ? trust : own);
    if (e && trust)
        return api_fail(v->cli, e, trust);
    e = journal_verify(path, v->trusted ? &v->trust : NULL, found, v, &r);
    if (!e || e == ERR_CHAIN_BROKEN)
        check_head(v, path, &r, &e);
    if (e && e != ERR_CHAIN_BROKEN)
        return api_fail(v->cli, cli_path_err(e), path);
    if (v->cli->json)
        say_object(v, &r, e);
    else
        say_report(v, &r, e);
    return e ? cli_fail(v->cli, e, "%s", path) : CLI_OK;
}

int verify_run(struct cli *c)
{
    struct verify v = {.cli = c, .faults = json_array()};
    int code = find_state(&v);
    if (!code)
        code = verify(&v);
    if (v.trusted)
        notice_trust_release(&v.trust);
    json_decref(v.faults);
    return code;
}
