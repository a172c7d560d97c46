/* SPDX-License-Identifier: Apache-2.0 */
/* The only door to the database. Nothing here names an engine: what stands behind it is SQLite today.
 *
 *     store_open(path, &s)
 *     store_read_begin(s, &tx)   store_member_by_token(tx, ...) ...   store_read_end(&tx)
 *     store_write(s, fn, ctx)    fn(tx, ctx): any store_*_... function, durable when store_write returns ERR_OK
 *     store_close(&s)
 *
 * Functions by topic: store_org.h store_member.h store_import.h store_shop.h store_terminal.h store_limit.h
 * store_record.h store_audit.h. They take a struct store_tx: a snapshot (reads only) or the writer's transaction (reads
 * see what it wrote). Writing through a snapshot is ERR_INTERNAL. Any of them may also return ERR_NOMEM, ERR_IO,
 * ERR_DISK_FULL; out parameters are untouched on error. Ids are ULIDs in binary (16 bytes); times UTC milliseconds;
 * money fen; days Shanghai days since 1970.
 *
 * Promise about freshness: a snapshot begun after any store_write returned sees what it wrote. A card reported lost is
 * never answered active afterwards. */
#ifndef HUIKA_STORE_H
#define HUIKA_STORE_H
#include "base/buf.h"
#include "base/ulid.h"
#include <stdbool.h>

struct store;
struct store_tx;

enum { STORE_ID = ULID_SIZE };

/* Makes an empty database (0600) and closes it again. ERR_EXISTS: something is there; nothing was changed. */
enum err store_create(const char *path);
/* Takes the database for this process alone and starts the writer thread. ERR_NOT_FOUND, ERR_SERVICE_RUNNING (another
 * process has it), ERR_BAD_VALUE (not a database of this program), ERR_DB_NEWER. One of an older version is brought up to date. */
enum err store_open(const char *path, struct store **out);
/* Finishes what was submitted, folds the log back, frees. No snapshot may be open. Accepts NULL and pointer to NULL. */
void store_close(struct store **s);

/* Rises with every commit, before those who waited for it are told. What was read under one number is true as long as
 * the number stands. Any thread, no lock. */
uint64_t store_commit_number(const struct store *s);

/* A small fact about the whole database, by name. ERR_NOT_FOUND: never set. */
enum { STORE_MARK_MAX = 64 };
enum err store_mark_get(struct store_tx *tx, const char *name, char out[static STORE_MARK_MAX]);
enum err store_mark_set(struct store_tx *tx, const char *name, const char *value);

/* A snapshot for the calling thread until store_read_end: not older than the last commit whose writer was told. Cheap
 * while nothing is committed (the snapshot is kept and handed out again). Keep it short: no waiting for the network
 * inside. Never blocks on the writer. ERR_IO, ERR_NOMEM. */
enum err store_read_begin(struct store *s, struct store_tx **out);
void store_read_end(struct store_tx **tx); /* accepts pointer to NULL */

/* Runs on the writer thread inside its transaction. Anything but ERR_OK undoes what this function wrote, and nothing
 * else. It may be run again if a commit has to be repeated: set results anew each time, touch nothing outside ctx,
 * never call store_write. To keep what was written beside a negative outcome, put the outcome into ctx and return
 * ERR_OK. */
typedef enum err store_fn(struct store_tx *tx, void *ctx);

/* Waits until fn's changes are on disk. fn's error, or ERR_DISK_FULL, ERR_IO (nothing was written), ERR_STOPPING. Calls
 * that wait at the same time share one commit. */
enum err store_write(struct store *s, store_fn *fn, void *ctx);

/* The same without waiting. Caller's storage, until `done` is called (on the writer thread, after the commit; be brief,
 * never call store_write there). */
struct store_job {
    store_fn *fn;
    void *ctx;
    void (*done)(void *ctx, enum err e);
    struct store_job *next; /* the store's */
    enum err result;        /* the store's */
};
void store_submit(struct store *s, struct store_job *job);
#endif
