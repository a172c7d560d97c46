/* SPDX-License-Identifier: Apache-2.0 */
/* One terminal: what client/terminal/run.c does around the till, with files in a directory of its own. A power cut is what it is
 * by stopping every write at that moment, closing, and beginning again with what is on disk. */
#include "base/file.h"
#include "base/text.h"
#include "client/ports/journal_db.h"
#include "tests/sim/whole/whole.h"
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum err __real_file_write(const char *path, const void *p, size_t n, mode_t mode);
enum err __wrap_file_write(const char *path, const void *p, size_t n, mode_t mode);
enum err __real_journal_append(
    struct journal *j, const struct journal_entry *entry, size_t n, struct record_head *head);
enum err __wrap_journal_append(
    struct journal *j, const struct journal_entry *entry, size_t n, struct record_head *head);

/* What cannot work is tried by the real loop each minute, or more often: here it is slower. */
enum { IN_VAIN_MS = 180 * MINUTE_MS };

static const char *machine(const struct whole *w)
{
    static char path[TEXT_MAX];
    snprintf(path, sizeof path, "%.80s/machine", w->root_dir);
    return path;
}

static struct box *box_of(const char *path)
{
    struct whole *w = whole_now;
    for (int i = 0; w && i < BOXES; i++) {
        size_t n = strlen(w->box[i].dir);
        if (n && !strncmp(path, w->box[i].dir, n) && path[n] == '/')
            return &w->box[i];
    }
    return NULL;
}

/* Small files: the disk may be full, and the power may go before or after. */
enum err __wrap_file_write(const char *path, const void *p, size_t n, mode_t mode)
{
    struct box *b = box_of(path);
    if (!b || !b->on)
        return __real_file_write(path, p, n, mode);
    uint32_t what = b->w->quiet ? 999 : pick(b->w, 400);
    if (b->dying)
        return ERR_IO;
    if (what == 0) {
        b->w->tally.disk_full++;
        return ERR_DISK_FULL;
    }
    b->dying = what == 1;
    enum err e = b->dying ? ERR_IO : __real_file_write(path, p, n, mode);
    if (!e)
        oracle_file(b, strrchr(path, '/') + 1, p, n);
    b->dying |= what == 2;
    return e;
}

/* Stored or not; in the second case of dying nobody sees that it was. */
enum err __wrap_journal_append(struct journal *j, const struct journal_entry *entry, size_t n, struct record_head *head)
{
    struct whole *w = whole_now;
    struct box *b = w->box;
    struct record_head own;
    while (b->till.journal != j)
        b++;
    uint32_t what = w->quiet ? 999 : pick(w, 100);
    if (b->dying)
        return ERR_IO;
    if (what == 0) {
        b->dying = true;
        w->tally.torn++;
        return ERR_IO;
    }
    if (what < 3) {
        w->tally.disk_full++;
        return ERR_DISK_FULL;
    }
    enum err e = __real_journal_append(j, entry, n, &own);
    if (e)
        return e;
    if (head)
        *head = own;
    b->dying = what == 3;
    w->tally.half_seen += b->dying;
    oracle_record(b, entry, &own, !b->dying);
    return ERR_OK;
}

int64_t box_wall_ms(const struct box *b)
{
    return b->clock_1970 ? b->w->now - b->booted_at + 20000 : b->w->now + b->wall_off_ms;
}

static int64_t wall(void *ctx)
{
    return box_wall_ms(ctx);
}

static int64_t boot(void *ctx)
{
    const struct box *b = ctx;
    return b->w->now - b->booted_at + 20000;
}

void box_id(char kind, uint32_t shop, int n, char out[static ULID_LEN + 1])
{
    snprintf(out, ULID_LEN + 1, "01J%c%09u%013d", kind, shop % 1000000000, n);
}

/* What enrolment leaves behind. */
void box_init(struct whole *w, struct box *b, int n)
{
    struct state_info i = {.number = n + 1, .epoch = 1};
    const struct sent *trust = &w->sent[w->service->trust_sent];
    b->w = w;
    b->n = n;
    b->clock = (struct clock){wall, boot, boot, b};
    b->device = whole_keys.device[n];
    b->online = true;
    b->disk.epoch = 1;
    b->disk.trust_version = trust->version;
    b->disk.keyed = w->keyed;
    snprintf(b->dir, sizeof b->dir, "%.60s/%u-t%d", w->root_dir, w->number, n);
    snprintf(b->snap, sizeof b->snap, "%.60s/%u-s%d", w->root_dir, w->number, n);
    text_copy(i.url, sizeof i.url, "https://localhost:8443");
    box_id('T', w->number, n, i.terminal_id);
    box_id('P', w->number, 0, i.shop_id);
    if (__real_file_write(machine(w), "0123456789abcdef", 16, 0600) || state_begin(b->dir, &b->state) ||
        ulid_decode(i.terminal_id, ULID_LEN, i.terminal) ||
        state_write(&b->state, STATE_TRUST, trust->text, strlen(trust->text)) ||
        state_commit(&b->state, &i, machine(w)))
        abort();
    state_release(&b->state);
}

static void on_notice(void *ctx, const struct notice *n)
{
    till_notice(ctx, n);
}

static void on_link(void *ctx)
{
    till_link(ctx);
}

static void on_resumed(void *ctx, uint32_t epoch)
{
    ((struct till *)ctx)->resume_epoch = epoch;
}

static enum err open_journal(struct box *b)
{
    struct till *t = &b->till;
    struct keep k;
    char path[STATE_PATH_MAX];
    enum err e = state_open(b->dir, machine(b->w), &b->state);
    if (e)
        return e;
    t->state = &b->state;
    (void)keep_load(&b->state, &k); /* zero on error: no floor is kept */
    floor_init(&t->floor, &b->clock, k.floor_utc_ms);
    t->clock = floor_clock(&t->floor);
    (void)slips_open(&t->slips, &b->state, b->device);
    state_path(&b->state, STATE_JOURNAL, path);
    e = journal_open(path, b->state.info.terminal, b->state.info.epoch, &t->journal);
    if (!e)
        floor_raise(&t->floor, journal_floor_ms(t->journal));
    return e;
}

static enum err open_all(struct box *b)
{
    struct till *t = &b->till;
    enum err e = open_journal(b);
    if (e)
        return e;
    t->link = link_fake_new(b);
    box_link(b, b->online);
    const struct sync_config c = {.link = t->link,
        .journal = t->journal,
        .state = &b->state,
        .clock = t->clock,
        .device = b->device,
        .floor = &t->floor,
        .offline = &t->offline,
        .notice = on_notice,
        .resumed = on_resumed,
        .ctx = t};
    e = sync_new(&c, &t->sync);
    if (!e)
        e = after_new(t, &t->after);
    if (e)
        return e;
    till_ops(t);
    (void)till_started(t); /* a full disk: sales will say so themselves */
    sync_start(t->sync);
    link_on_change(t->link, on_link, t);
    return ERR_OK;
}

static void close_all(struct box *b)
{
    struct till *t = &b->till;
    if (b->dying && t->journal) { /* nothing is written any more */
        journal_db_exec(t->journal->db, "PRAGMA query_only=1");
        sqlite3_db_config(t->journal->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    }
    sync_free(&t->sync);
    link_free(&t->link);
    till_release(t);
    offline_release(&t->offline);
    journal_close(&t->journal);
    after_free(&t->after);
    slips_release(&t->slips);
    state_release(&b->state);
    *t = (struct till){.clock = NULL};
    b->visit = 0;
    b->life++;
}

void box_on(struct box *b)
{
    struct whole *w = b->w;
    if (b->on)
        return;
    b->on = true;
    b->dying = false;
    b->life++;
    b->booted_at = b->turn_at = w->now;
    b->starts++;
    enum err e = open_all(b);
    whole_trace(w, "t%d on: %s, epoch %u", b->n, err_code(e), b->state.info.epoch);
    if (e && !b->dying)
        whole_broken(w, "t%d: does not start: %s", b->n, err_code(e));
    if (e)
        b->dying = true;
    box_turn(b);
}

/* The real loop stores the floor each minute: where the last try failed, the one before it did not. Nothing else is stored here, so
 * that what a torn write left is as it was. */
static void keep_earlier_floor(struct box *b, int64_t ago_ms)
{
    struct whole *w = b->w;
    struct keep k;
    if (w->now - ago_ms <= b->booted_at || keep_load(&b->state, &k))
        return;
    w->now -= ago_ms;
    b->on = false; /* no fault here */
    int64_t floor_ms = floor_utc_ms(&b->till.floor);
    if (floor_ms > k.floor_utc_ms) {
        k.floor_utc_ms = floor_ms;
        (void)keep_save(&b->state, &k);
    }
    b->on = true;
    w->now += ago_ms;
}

void box_off(struct box *b)
{
    struct whole *w = b->w;
    int64_t now = w->now, ago = pick(w, MINUTE_MS);
    if (!b->on)
        return;
    keep_earlier_floor(b, ago + MINUTE_MS);
    if (!b->dying && now - ago > b->booted_at) {
        w->now -= ago;
        sync_keep(b->till.sync);
        w->now = now;
    }
    b->dying = true;
    b->ran_ms += now - b->booted_at;
    close_all(b);
    b->on = false;
    w->tally.power_cuts++;
    whole_trace(w, "t%d power cut", b->n);
}

void box_release(struct box *b)
{
    b->dying = true;
    if (b->on)
        close_all(b);
    free(b->disk.row);
    free(b->disk_snap.row);
}

/* The oracle counts what a lease allows from when it came. */
static void see_lease(struct box *b)
{
    const struct offline *o = &b->till.offline;
    if (!o->has_lease || o->lease.version == b->lease_seen)
        return;
    b->lease_seen = o->lease.version;
    b->ran_at_lease_ms = b->ran_ms + b->w->now - b->booted_at;
    b->starts_at_lease = b->starts;
}

static void begin_epoch(struct box *b)
{
    struct state_info info = b->state.info;
    info.epoch = b->till.resume_epoch;
    enum err e = state_commit(&b->state, &info, machine(b->w));
    whole_trace(b->w, "t%d epoch %u: %s", b->n, info.epoch, err_code(e));
    if (b->dying)
        return;
    close_all(b);
    b->starts++;
    e = open_all(b);
    if (e && !b->dying)
        whole_broken(b->w, "t%d: does not begin again: %s", b->n, err_code(e));
    b->dying |= e != ERR_OK;
}

static void come_again(struct box *b)
{
    struct whole *w = b->w;
    int64_t at = link_fake_due_ms(b->till.link), ms = till_timeout_ms(&b->till);
    if (ms >= 0 && w->now + ms + 1 < at)
        at = w->now + ms + 1;
    ms = sync_timeout_ms(b->till.sync);
    bool in_vain = !b->online || (b->disk.forked_epoch == b->disk.epoch && !b->w->quiet);
    if (ms >= 0 && in_vain && ms < IN_VAIN_MS)
        ms = IN_VAIN_MS;
    if (ms >= 0 && w->now + ms + 1 < at)
        at = w->now + ms + 1;
    if (at == INT64_MAX || (b->turn_at > w->now && b->turn_at <= at))
        return;
    b->turn_at = at > w->now ? at : w->now + 1;
    world_at(w, b->turn_at, EV_TURN, b->n);
}

void box_turn(struct box *b)
{
    struct till *t = &b->till;
    if (!b->on)
        return;
    if (!b->dying)
        link_dispatch(t->link);
    if (!b->dying && t->resume_epoch)
        begin_epoch(b);
    if (!b->dying)
        till_tick(t);
    if (!b->dying)
        sync_tick(t->sync);
    if (!b->dying) {
        see_lease(b);
        come_again(b);
        return;
    }
    box_off(b);
    world_at(b->w, b->w->now + between(b->w, 5000, 10 * MINUTE_MS), EV_ON, b->n);
}

static void copy_file(const char *from, const char *to)
{
    char bytes[65536];
    ssize_t n;
    int in = open(from, O_RDONLY | O_CLOEXEC), out = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (in < 0 || out < 0)
        abort();
    while ((n = read(in, bytes, sizeof bytes)) > 0)
        if (write(out, bytes, (size_t)n) != n)
            abort();
    close(in);
    close(out);
}

/* Those whose name begins so: copied there; to NULL: removed. */
static void each_file(const char *dir, const char *to, const char *begin)
{
    char path[512], other[512];
    DIR *d = opendir(dir);
    for (struct dirent *f; d && (f = readdir(d));) {
        if (f->d_name[0] == '.' || strstr(f->d_name, "-shm") || strncmp(f->d_name, begin, strlen(begin)) != 0)
            continue;
        snprintf(path, sizeof path, "%s/%s", dir, f->d_name);
        snprintf(other, sizeof other, "%s/%s", to ? to : "", f->d_name);
        if (to)
            copy_file(path, other);
        else
            unlink(path);
    }
    if (d)
        closedir(d);
}

/* The rows of a journal. */
static void copy_rows(struct disk *to, const struct disk *from)
{
    free(to->row);
    to->row_cnt = from->row_cnt;
    to->row_cap = from->row_cap;
    to->row = calloc(from->row_cap ? from->row_cap : 1, sizeof *to->row);
    if (!to->row)
        abort();
    if (from->row_cnt)
        memcpy(to->row, from->row, from->row_cnt * sizeof *to->row);
}

void box_snapshot(struct box *b)
{
    mkdir(b->snap, 0700);
    each_file(b->snap, NULL, "");
    each_file(b->dir, b->snap, "");
    struct row *row = b->disk_snap.row;
    b->disk_snap = b->disk;
    b->disk_snap.row = row;
    copy_rows(&b->disk_snap, &b->disk);
    b->has_snap = true;
    whole_trace(b->w, "t%d disk copied", b->n);
}

static bool is_there(const struct disk *d, uint32_t epoch, int sold, int taken)
{
    for (size_t i = 0; i < d->row_cnt; i++)
        if (d->row[i].epoch == epoch && d->row[i].sold == sold && d->row[i].taken == taken)
            return true;
    return false;
}

/* What a cashier saw and the old disk does not know is lost, unless it was sent. */
void box_roll_back(struct box *b)
{
    struct whole *w = b->w;
    bool all = pick(w, 2); /* else the journal alone */
    struct row *row = b->disk.row;
    each_file(b->dir, NULL, all ? "" : STATE_JOURNAL);
    each_file(b->snap, b->dir, all ? "" : STATE_JOURNAL);
    if (all)
        b->disk = b->disk_snap;
    b->disk.row = row;
    copy_rows(&b->disk, &b->disk_snap);
    b->rolled_back = true;
    b->lease_seen = 0;
    w->tally.rollbacks++;
    for (size_t i = 0; i < w->sold_cnt; i++)
        if (w->sold[i].box == b->n && !is_there(&b->disk, w->sold[i].epoch, (int)i, -1))
            w->sold[i].lost = true;
    for (size_t i = 0; i < w->taken_cnt; i++)
        if (w->taken[i].box == b->n && !is_there(&b->disk, w->taken[i].epoch, -1, (int)i))
            w->taken[i].lost = true;
    whole_trace(w, "t%d disk put back", b->n);
}
