/* SPDX-License-Identifier: Apache-2.0 */
/* The terminal's durable log: proto/record's chain in one SQLite file (WAL, synchronous FULL). It is the outbox too:
 * what the service has not countersigned is still to be sent.
 *
 *     journal_open(path, terminal, epoch, &j)
 *     journal_append(j, entry, n, &head)         durable when it returns
 *     journal_unsent(j, ...)                     the next batch         journal_countersigned(j, ...)   the answer to
 * it journal_close(&j)
 *
 * Blocking, one thread. Other processes may read and verify at the same time. Does not know what bodies mean, except
 * that their blob hashes are checked by journal_verify; does not sign. */
#ifndef HUIKA_JOURNAL_H
#define HUIKA_JOURNAL_H
#include "proto/body.h"
#include "proto/record.h"

enum { JOURNAL_KEY_MAX = 64, JOURNAL_TOGETHER_MAX = 64 };

struct journal;

/* What is to be appended; everything borrowed. The three ids are how a sale is found again: each unique for ever. */
struct journal_entry {
    enum record_kind kind;
    int64_t at_utc_ms; /* as in the body */
    int64_t
        floor_utc_ms; /* an instant that has surely passed (client/ports/floor.h), kept beside the record; 0: not known */
    const char *body; /* exact JSON text, at most RECORD_BODY_MAX */
    size_t body_len;
    const void *blob;        /* what may be erased later; NULL: none */
    size_t blob_len;         /* at most RECORD_BLOB_MAX */
    const uint8_t *salt;     /* RECORD_SALT bytes with a blob: the one that the body's blob hash was made with */
    const char *sale_id;     /* ULID; NULL: none */
    const char *checkout_id; /* ULID; NULL: none */
    const char *key;         /* Idempotency-Key of the counter's request, 1 .. JOURNAL_KEY_MAX bytes; NULL: none */
    const uint8_t *request;  /* KEY_HASH bytes: hash of that request's body, given back with the record; NULL: none */
};

/* One record as stored; everything is borrowed until the callback returns. */
struct journal_record {
    uint32_t epoch;
    uint64_t seq;
    enum record_kind kind;
    int64_t at_utc_ms;
    uint8_t hash[KEY_HASH];
    const char *body; /* not closed by 0 */
    size_t body_len;
    const void *blob; /* NULL: none, or erased */
    size_t blob_len;
    uint8_t salt[RECORD_SALT]; /* with a blob */
    const uint8_t *request;    /* KEY_HASH bytes; NULL: none was given */
    enum body_outcome outcome; /* BODY_OUTCOME_NONE until the service answered; never BODY_KNOWN */
    enum err code;             /* why held */
};
/* Not 0 ends the walk, which returns it. The journal must not be written to from here. */
typedef enum err journal_each_fn(void *ctx, const struct journal_record *r);

/* Opens, or makes (0600), or brings an older version's up to date, and finds the head. ERR_BAD_VALUE: another terminal's journal, or of an epoch beyond `epoch`,
 * or not a journal; ERR_CHAIN_BROKEN: the newest record does not match its hash, or is not there any more;
 * ERR_DISK_FULL, ERR_IO, ERR_NOMEM. */
enum err journal_open(const char *path, const uint8_t terminal[static ULID_SIZE], uint32_t epoch, struct journal **out);
void journal_close(struct journal **j);

/* All n (1 .. JOURNAL_TOGETHER_MAX, ERR_TOO_LARGE) or none, in one commit, on disk when it returns. ERR_EXISTS: a sale_id, checkout_id or key is there already;
 * ERR_DISK_FULL, ERR_IO, ERR_TOO_LARGE, ERR_NOMEM: nothing was stored, later appends may work. *head (may be NULL): the
 * new end. */
enum err journal_append(struct journal *j, const struct journal_entry *entry, size_t n, struct record_head *head);
/* The end of the chain, borrowed. */
const struct record_head *journal_head(const struct journal *j);
/* Up to where the service countersigned this epoch: seq 0 if nowhere. */
uint64_t journal_sent_seq(const struct journal *j);
/* Records of all epochs that the service does not have, neither countersigned nor kept apart; and those of this epoch. */
int64_t journal_unsent_cnt(const struct journal *j);
int64_t journal_unsent_here(const struct journal *j);

/* The floor that the newest record with one was kept with; 0: none. */
int64_t journal_floor_ms(struct journal *j);

/* Sales (RECORD_SALE) of one Shanghai day (base/tm.h), oldest first, all epochs. */
enum err journal_day_sales(struct journal *j, int32_t day, journal_each_fn *each, void *ctx);
/* The same for records of one kind. */
enum err journal_day_records(struct journal *j, int32_t day, enum record_kind kind, journal_each_fn *each, void *ctx);
/* The one record with that sale id, checkout id or idempotency key. ERR_NOT_FOUND. */
enum err journal_by_sale(struct journal *j, const char *sale_id, journal_each_fn *each, void *ctx);
enum err journal_by_checkout(struct journal *j, const char *checkout_id, journal_each_fn *each, void *ctx);
enum err journal_by_key(struct journal *j, const char *key, journal_each_fn *each, void *ctx);
/* Records of this epoch after `seq`, in order: at most cnt of them and, beyond the first, at most `bytes` of body and
 * blob. */
enum err journal_after(struct journal *j, uint64_t seq, size_t cnt, size_t bytes, journal_each_fn *each, void *ctx);
/* The same of an epoch that is over, or this one. */
enum err journal_after_in(
    struct journal *j, uint32_t epoch, uint64_t seq, size_t cnt, size_t bytes, journal_each_fn *each, void *ctx);
/* The first epoch after `beyond` and before this one that the service does not have to its end. ERR_NOT_FOUND: none. */
enum err journal_past(struct journal *j, uint32_t beyond, uint32_t *epoch);
/* How far it has an epoch, this one or one before; *end (may be NULL): that epoch's last seq. */
enum err journal_known(struct journal *j, uint32_t epoch, uint64_t *seq, uint64_t *end);
/* The service keeps records of that epoch up to `seq` apart, for they contradict its chain: they are sent. ERR_IO, ERR_DISK_FULL. */
enum err journal_kept(struct journal *j, uint32_t epoch, uint64_t seq);
/* The hash of one record in a journal that another process may be using. ERR_NOT_FOUND, also if there is no such file; ERR_BAD_VALUE,
 * ERR_IO, ERR_NOMEM. */
enum err journal_hash_at(const char *path, uint32_t epoch, uint64_t seq, uint8_t out[static KEY_HASH]);

/* The service's answer, whose signature the caller has verified: outcomes per record, and the countersigned head, kept
 * if it goes further than the one held. One commit. ERR_CHAIN_FORK: that head is not in our chain (other hash, or
 * beyond our end); ERR_IO, ERR_DISK_FULL. BODY_KNOWN is stored as what it was at first. */
enum err journal_countersigned(struct journal *j, const struct body_results *r);
/* Forgets blobs of records that are countersigned and older than before_utc_ms, but for disputes' (what was complained of is kept until it
 * is settled); *cnt (may be NULL): how many. */
enum err journal_erase_blobs(struct journal *j, int64_t before_utc_ms, int64_t *cnt);
/* The blob of one record, if it is countersigned; nothing to forget is no error. */
enum err journal_erase_one(struct journal *j, uint32_t epoch, uint64_t seq);
/* Disputes that are countersigned, older, and still have their blob. */
enum err journal_disputes_kept(struct journal *j, int64_t before_utc_ms, journal_each_fn *each, void *ctx);

/* What is wrong with a journal file, one call per finding. */
enum journal_fault {
    JOURNAL_ALTERED,  /* does not follow from the record before it: one of the two was changed or stands elsewhere */
    JOURNAL_MISSING,  /* no record with this seq */
    JOURNAL_BLOB,     /* its blob is not the one that was hashed */
    JOURNAL_INDEX,    /* its ids point elsewhere, or to nothing */
    JOURNAL_HEAD,     /* the countersigned head is not this record's hash: the chain was rewritten or cut short */
    JOURNAL_HEAD_SIG, /* the countersignature is not the service's */
    JOURNAL_FILE      /* SQLite finds the file damaged; seq is 0 */
};
const char *journal_fault_name(enum journal_fault f); /* "altered", "missing", ... */
typedef void journal_fault_fn(void *ctx, enum journal_fault f, uint32_t epoch, uint64_t seq);

struct journal_report {
    uint8_t terminal[ULID_SIZE];
    uint32_t epoch; /* the newest */
    int64_t record_cnt, fault_cnt, erased_cnt;
    uint64_t head_seq, countersigned_seq; /* of the newest epoch */
    uint8_t head_hash[KEY_HASH];
    bool countersign_checked; /* a trust notice was given */
    int64_t old_key_cnt;      /* earlier epochs that were countersigned with keys which it does not know any more */
};
/* Recomputes everything, reading only; also while a terminal is running. trust: for countersignatures, NULL to leave
 * them unchecked. ERR_OK: looked at to the end and nothing is wrong; ERR_CHAIN_BROKEN: report->fault_cnt things are;
 * ERR_NOT_FOUND, ERR_BAD_VALUE (not a journal), ERR_IO, ERR_NOMEM. What it cannot show: a tail after the countersigned
 * head that was dropped or made anew; that shows against a printed slip. */
enum err journal_verify(const char *path, const struct notice_trust *trust, journal_fault_fn *fault, void *ctx,
    struct journal_report *report);
#endif
