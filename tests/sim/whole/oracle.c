/* SPDX-License-Identifier: Apache-2.0 */
/* Judges each sale at the moment that it becomes durable, by what was written to the terminal's disk before it (read there by
 * this file, not asked of the terminal) and by the true time, which no terminal knows; and in the end, when everything has worked
 * again for days, what became of each. */
#include "tests/sim/whole/whole.h"
#include <stdlib.h>
#include <string.h>

static size_t find_sent(const struct whole *w, const struct notice *n)
{
    for (size_t i = w->sent_cnt; i-- > 0;)
        if (w->sent[i].kind == n->kind && !memcmp(w->sent[i].hash, n->hash, KEY_HASH))
            return i + 1;
    return 0;
}

static void see_notice(struct box *b, const struct notice *n)
{
    struct whole *w = b->w;
    struct disk *d = &b->disk;
    struct notice_trust *t = calloc(1, sizeof *t);
    size_t at = find_sent(w, n);
    if (!at || !t) {
        whole_broken(w, "t%d: keeps a notice that nobody signed", b->n);
    } else if (n->kind == NOTICE_SHOP) {
        w->tally.relistings += d->standing > STANDING_LISTED && w->sent[at - 1].standing == STANDING_LISTED;
        d->standing = w->sent[at - 1].standing;
        d->shop_version = n->version;
    } else if (n->kind == NOTICE_REVOKED) {
        d->inactive = w->sent[at - 1].inactive;
        d->revoked_version = n->version;
    } else if (n->kind == NOTICE_TRUST && !notice_trust_parse(n, t)) {
        d->trust_version = n->version;
        d->keyed = t->offline_keyed;
        w->tally.floors_lowered += t->reset_floor_utc_ms >= 0;
        notice_trust_release(t);
    } else if (n->kind == NOTICE_LEASE && !notice_lease_parse(n, &d->lease)) {
        d->lease_sent = at;
    }
    free(t);
}

void oracle_file(struct box *b, const char *name, const void *p, size_t n)
{
    struct notice in;
    if (!strcmp(name, STATE_INI)) {
        /* From the file and not from the terminal's turn that wrote it: the power may go right after, and what comes up again
         * is of the epoch that is on the disk. */
        const char *epoch = memmem(p, n, "\nepoch = ", 9);
        b->disk.epoch = epoch ? (uint32_t)strtoul(epoch + 9, NULL, 10) : 0;
        return;
    }
    if (!strcmp(name, "offline.ini")) {
        const char *forked = memmem(p, n, "forked = ", 9);
        b->disk.forked_epoch = forked ? (uint32_t)strtoul(forked + 9, NULL, 10) : 0;
        return;
    }
    if (!strcmp(name, STATE_HEAD)) {
        const char *epoch = memmem(p, n, "\"epoch\":", 8), *seq = memmem(p, n, "\"seq\":", 6);
        b->disk.head_epoch = epoch ? (uint32_t)strtoul(epoch + 8, NULL, 10) : 0;
        b->disk.head_seq = seq ? strtoull(seq + 6, NULL, 10) : 0;
        return;
    }
    if (strcmp(name, STATE_TRUST) && strcmp(name, STATE_SHOP) && strcmp(name, STATE_LEASE) &&
        strcmp(name, STATE_REVOKED))
        return;
    if (notice_open(p, n, &in)) {
        whole_broken(b->w, "t%d: %s is no notice", b->n, name);
        return;
    }
    see_notice(b, &in);
    notice_release(&in);
}

struct sums {
    int64_t sales, amount_fen, keyed, keyed_fen, starts, of_card;
};

/* What is on disk under that lease; `of_card`: of this card on this day as the terminal's clock has it, under the same key (which a
 * floor_reset ends), whatever lease. */
static struct sums under_lease(const struct box *b, int card, bool keyed, int32_t day)
{
    const struct disk *d = &b->disk;
    struct sums u = {0};
    for (size_t i = 0; i < d->row_cnt; i++) {
        const struct row *r = &d->row[i];
        const struct sold *s = r->sold >= 0 ? &b->w->sold[r->sold] : NULL;
        bool provisional = s && s->provisional;
        u.of_card +=
            provisional && s->card == card && s->keyed == keyed && r->key_day == b->till.offline.day && r->day == day;
        if (r->lease_sent != d->lease_sent)
            continue;
        u.starts += r->kind == RECORD_STARTED;
        u.sales += provisional;
        u.amount_fen += provisional ? s->total_fen : 0;
        u.keyed += provisional && s->keyed;
        u.keyed_fen += provisional && s->keyed ? s->total_fen : 0;
    }
    return u;
}

static void judge_time(struct box *b)
{
    struct whole *w = b->w;
    const struct notice_lease *l = &b->disk.lease;
    int64_t ran = b->ran_ms + w->now - b->booted_at - b->ran_at_lease_ms;
    int64_t starts = b->starts - b->starts_at_lease;
    if (box_wall_ms(b) >= w->now && w->now >= l->stop_at_utc_ms)
        whole_broken(w, "t%d: sold after stop_at with a clock that is right", b->n);
    if (!b->rolled_back && ran > l->stop_at_utc_ms - l->issued_utc_ms + starts * 2 * MINUTE_MS)
        whole_broken(w, "t%d: sold after the terminal ran for longer than its lease", b->n);
}

static void judge_provisional(struct box *b, const struct visit *v, const struct body_sale *s)
{
    struct whole *w = b->w;
    const struct disk *d = &b->disk;
    const struct notice_allowance *a = &d->lease.allowance;
    bool keyed = s->by == BODY_BY_NUMBER;
    struct sums u = under_lease(b, v->card, keyed, tm_day(s->at_utc_ms));
    if (!d->lease_sent || d->lease.epoch != d->epoch || s->lease != d->lease.version)
        whole_broken(w, "t%d: sold provisionally without its lease", b->n);
    if (strcmp(d->lease.terminal_id, b->state.info.terminal_id) != 0)
        whole_broken(w, "t%d: sold under another terminal's lease", b->n);
    if (d->head_epoch == d->epoch && d->head_seq > journal_head(b->till.journal)->seq)
        whole_broken(w, "t%d: sold provisionally with a journal that was cut short", b->n);
    if (d->forked_epoch == d->epoch)
        whole_broken(w, "t%d: sold provisionally with a forked journal", b->n);
    if (d->shop_version < d->lease.shop.version || d->revoked_version < d->lease.revoked.version ||
        d->trust_version < d->lease.trust.version)
        whole_broken(w, "t%d: sold provisionally without what the lease names", b->n);
    if (!keyed && (d->inactive & 1u << v->card))
        whole_broken(w, "t%d: sold to a card on its list of revoked ones", b->n);
    if (keyed && !d->keyed)
        whole_broken(w, "t%d: sold by number against the policy", b->n);
    if (u.sales + 1 > a->sales || u.amount_fen + s->total_fen > a->amount_fen || u.starts > a->starts ||
        (keyed && (u.keyed + 1 > a->keyed_sales || u.keyed_fen + s->total_fen > a->keyed_amount_fen)))
        whole_broken(w, "t%d: sold beyond the lease's allowance", b->n);
    if (u.of_card + 1 > a->per_card_day)
        whole_broken(w, "t%d: sold once too often to one card in a day", b->n);
    if (v->told_no)
        whole_broken(w, "t%d: sold provisionally although the service had said no", b->n);
    w->tally.clock_1970_sales += b->clock_1970;
    judge_time(b);
}

static void judge_member(struct box *b, const struct visit *v, const struct body_sale *s)
{
    struct whole *w = b->w;
    if (v->said_card != v->card + 1)
        whole_broken(w, "t%d: called a member's card what the service did not", b->n);
    w->tally.provisional_replaced += v->was_provisional;
    if (s->own_price || s->offer_id[ULID_LEN - 1] != '1')
        return;
    w->tally.limited++;
    if (!service_holds(w, s->checkout_id, v->card) && !w->restored)
        whole_broken(w, "t%d: a limited offer without a reservation", b->n);
}

static void judge_sale(struct box *b, const struct body_sale *s)
{
    const struct visit *v = people_visit(b->w, s->checkout_id);
    if (!v) {
        whole_broken(b->w, "t%d: a sale to nobody", b->n);
        return;
    }
    int32_t day = tm_day(v->shown_utc_ms), last = tm_day(INT64_C(1780000000000)) + (v->card == CARDS - 1 ? 30 : 3650);
    if (b->disk.standing != STANDING_LISTED)
        whole_broken(b->w, "t%d: sold after a delisting was applied", b->n);
    if (v->forged)
        whole_broken(b->w, "t%d: sold to a forged card", b->n);
    if (s->by == BODY_BY_QR && day > last)
        whole_broken(b->w, "t%d: sold to a card that was past its expiry day when it was shown", b->n);
    if (s->verdict == VERDICT_PROVISIONAL)
        judge_provisional(b, v, s);
    else
        judge_member(b, v, s);
}

static int add_sale(struct box *b, const struct body_sale *s, const struct record_head *head)
{
    struct whole *w = b->w;
    const struct visit *v = people_visit(w, s->sale_id[0] ? s->checkout_id : "");
    w->sold = dice_grow(w->sold, &w->sold_cap, w->sold_cnt + 1, sizeof *w->sold);
    struct sold *n = &w->sold[w->sold_cnt];
    *n = (struct sold){.box = b->n,
        .card = v ? v->card : -1,
        .epoch = head->epoch,
        .seq = head->seq,
        .total_fen = s->total_fen,
        .discount_fen = s->discount_fen,
        .lease = s->lease,
        .provisional = s->verdict == VERDICT_PROVISIONAL,
        .keyed = s->by == BODY_BY_NUMBER};
    memcpy(n->id, s->sale_id, sizeof n->id);
    memcpy(n->hash, head->hash, KEY_HASH);
    w->tally.sales++;
    w->tally.provisional += n->provisional;
    w->tally.keyed += n->provisional && n->keyed;
    whole_trace(w, "t%d sale %zu: card %d, %s, %lld fen", b->n, w->sold_cnt, n->card, verdict_name(s->verdict),
        (long long)n->total_fen);
    return (int)w->sold_cnt++;
}

/* More than was paid for is never given back by one terminal, and what it says of the discount follows from the sale. */
static int add_void(struct box *b, const struct body_void *v, const struct record_head *head)
{
    struct whole *w = b->w;
    size_t sold = 0;
    int64_t before = 0, same = 0;
    while (sold < w->sold_cnt && strcmp(w->sold[sold].id, v->sale_id) != 0)
        sold++;
    if (sold == w->sold_cnt) {
        whole_broken(w, "t%d: takes back what was never sold", b->n);
        return -1;
    }
    for (size_t i = 0; i < b->disk.row_cnt; i++) {
        const struct row *r = &b->disk.row[i];
        const struct taken *t = r->taken >= 0 ? &w->taken[r->taken] : NULL;
        before += t && t->sold == sold ? t->amount_fen : 0;
        same += t && !strcmp(t->id, v->void_id);
    }
    if (before + v->amount_fen > w->sold[sold].total_fen)
        whole_broken(w, "t%d: took back more than was sold", b->n);
    if (v->returned_fen < before + v->amount_fen)
        whole_broken(w, "t%d: forgot a return", b->n);
    if (same)
        whole_broken(w, "t%d: one return written twice", b->n);
    if (!v->granted && w->sold[sold].box != b->n)
        whole_broken(w, "t%d: took back another terminal's sale by itself", b->n);
    w->taken = dice_grow(w->taken, &w->taken_cap, w->taken_cnt + 1, sizeof *w->taken);
    struct taken *n = &w->taken[w->taken_cnt];
    *n = (struct taken){.box = b->n,
        .sold = sold,
        .epoch = head->epoch,
        .seq = head->seq,
        .amount_fen = v->amount_fen,
        .granted = v->granted};
    memcpy(n->id, v->void_id, sizeof n->id);
    memcpy(n->hash, head->hash, KEY_HASH);
    w->tally.voids += v->kind == BODY_VOID_ALL;
    w->tally.returns += v->kind == BODY_VOID_RETURN;
    w->tally.voids_offline += !v->granted;
    whole_trace(w, "t%d return %zu of sale %zu: %lld fen%s", b->n, w->taken_cnt, sold, (long long)v->amount_fen,
        v->granted ? "" : ", by itself");
    return (int)w->taken_cnt++;
}

void oracle_record(struct box *b, const struct journal_entry *e, const struct record_head *head, bool seen)
{
    struct disk *d = &b->disk;
    struct row r = {.epoch = head->epoch, .kind = e->kind, .sold = -1, .taken = -1};
    struct body_started started;
    struct body_sale sale;
    struct body_void back;
    (void)seen;
    if (e->kind == RECORD_SALE && !body_sale_decode(e->body, e->body_len, &sale)) {
        judge_sale(b, &sale);
        r.sold = add_sale(b, &sale, head);
        r.lease_sent = sale.verdict == VERDICT_PROVISIONAL ? d->lease_sent : 0;
        r.key_day = b->till.offline.day;
        r.day = tm_day(sale.at_utc_ms);
        body_sale_release(&sale);
    }
    if (e->kind == RECORD_VOID && !body_void_decode(e->body, e->body_len, &back))
        r.taken = add_void(b, &back, head);
    if (e->kind == RECORD_STARTED && !body_started_decode(e->body, e->body_len, &started) && started.lease)
        r.lease_sent = d->lease_sent;
    d->row = dice_grow(d->row, &d->row_cap, d->row_cnt + 1, sizeof *d->row);
    d->row[d->row_cnt++] = r;
}

/* Its receipt names a record that is not what the service has in that place. */
static bool slip_shows(const struct whole *w, int box, uint32_t epoch, uint64_t seq, const uint8_t *hash)
{
    const struct chain *c = &w->service->account[box].chain[epoch];
    return seq > c->cnt || memcmp(c->row[seq - 1].hash, hash, KEY_HASH) != 0;
}

static void judge_end_sales(struct whole *w)
{
    const struct service *v = w->service;
    for (size_t i = 0; i < v->sale_cnt; i++) {
        if (v->sale[i].counted > 1)
            whole_broken(w, "sale %s was counted %u times", v->sale[i].id, v->sale[i].counted);
        if (v->sale[i].returned_fen > v->sale[i].total_fen)
            whole_broken(w, "of sale %s more was taken back than sold", v->sale[i].id);
    }
    for (size_t i = 0; i < w->sold_cnt; i++) {
        const struct sold *s = &w->sold[i];
        bool there = s->branch;
        for (size_t k = 0; !there && k < v->sale_cnt; k++)
            there = !strcmp(v->sale[k].id, s->id);
        if (s->shown && !there && !(s->lost && slip_shows(w, s->box, s->epoch, s->seq, s->hash)))
            whole_broken(w, "sale %zu was shown and is lost", i);
    }
}

static void judge_end_voids(struct whole *w)
{
    const struct service *v = w->service;
    for (size_t i = 0; i < v->back_cnt; i++)
        if (v->back[i].counted > 1)
            whole_broken(w, "return %s was counted %u times", v->back[i].id, v->back[i].counted);
    for (size_t i = 0; i < w->taken_cnt; i++) {
        const struct taken *t = &w->taken[i];
        bool there = t->branch;
        for (size_t k = 0; !there && k < v->back_cnt; k++)
            there = !strcmp(v->back[k].id, t->id);
        if (t->shown && !there && !(t->lost && slip_shows(w, t->box, t->epoch, t->seq, t->hash)))
            whole_broken(w, "return %zu was shown and is lost", i);
    }
}

struct compare {
    struct box *box;
    const struct account *a;
};

/* What became of each record is known at the terminal, with its reason. */
static enum err compare(void *ctx, const struct journal_record *r)
{
    const struct compare *c = ctx;
    const struct chain *chain = &c->a->chain[r->epoch];
    const struct srv_row *row = &chain->row[r->seq - 1];
    if (r->seq > chain->cnt || memcmp(row->hash, r->hash, KEY_HASH) != 0)
        whole_broken(c->box->w, "t%d: record %llu of its journal is not the service's, and nobody knows", c->box->n,
            (unsigned long long)r->seq);
    else if (!c->box->w->restored && (r->outcome != row->outcome || r->code != row->code))
        whole_broken(c->box->w, "t%d: record %llu is %s (%s) to the service, and the terminal has it as %s (%s)",
            c->box->n, (unsigned long long)r->seq, body_outcome_name(row->outcome), err_code(row->code),
            r->outcome ? body_outcome_name(r->outcome) : "not sent", err_code(r->code));
    return ERR_OK;
}

/* After days in which everything worked, every terminal has what there is, and may sell offline by it. */
static void judge_recovered(struct box *b)
{
    struct whole *w = b->w;
    const struct service *v = w->service;
    const struct disk *d = &b->disk;
    const struct account *a = &v->account[b->n];
    int64_t off_ms = till_utc(&b->till) - w->now;
    if (d->trust_version != v->trust_version || d->shop_version != v->shop_version ||
        d->revoked_version != v->revoked_version)
        whole_broken(w,
            "t%d: never got the newest notices (trust %lld of %lld, shop %lld of %lld, revoked %lld of %lld)", b->n,
            (long long)d->trust_version, (long long)v->trust_version, (long long)d->shop_version,
            (long long)v->shop_version, (long long)d->revoked_version, (long long)v->revoked_version);
    if (off_ms < -MINUTE_MS || off_ms > MINUTE_MS)
        whole_broken(w, "t%d: its time is %lld s off for good", b->n, (long long)off_ms / 1000);
    enum err e = offline_possible(&b->till.offline, sync_trust(b->till.sync), till_utc(&b->till));
    if (a->forked || d->epoch != a->epoch || (e && e != ERR_ALLOWANCE_USED))
        whole_broken(w, "t%d: never sells offline again: %s, epoch %u of %u", b->n, err_code(e), d->epoch, a->epoch);
}

void oracle_end(struct whole *w)
{
    for (int i = 0; i < BOXES && !*w->why; i++) {
        struct box *b = &w->box[i];
        const struct account *a = &w->service->account[i];
        struct compare c = {b, a};
        const struct record_head *h = journal_head(b->till.journal);
        if (h->epoch != a->epoch || h->seq != a->chain[a->epoch].cnt)
            whole_broken(w, "t%d: its journal and the service's are not the same, and nobody knows (%u/%llu, %u/%zu)",
                i, h->epoch, (unsigned long long)h->seq, a->epoch, a->chain[a->epoch].cnt);
        else
            journal_after(b->till.journal, 0, SIZE_MAX, SIZE_MAX, compare, &c);
        judge_recovered(b);
    }
    judge_end_sales(w);
    judge_end_voids(w);
}
