/* SPDX-License-Identifier: Apache-2.0 */
#include "client/ports/journal_db.h"
#include "base/file.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/* "HUKJ", so that file(1) and we can tell a journal from any other database. */
#define APPLICATION_ID "1213549386"

/* Up to where the service keeps records of that epoch apart, for they contradict what it has countersigned. */
#define KEPT_TABLE "CREATE TABLE kept(epoch INTEGER PRIMARY KEY, seq INTEGER NOT NULL);"

static const char schema[] =
    "BEGIN IMMEDIATE;"
    "CREATE TABLE owner(id INTEGER PRIMARY KEY CHECK(id = 1), terminal BLOB NOT NULL,"
    " indexed INTEGER NOT NULL DEFAULT 0);"
    "CREATE TABLE records(id INTEGER PRIMARY KEY, kind INTEGER NOT NULL, at_ms INTEGER NOT NULL, hash BLOB NOT NULL,"
    " body TEXT NOT NULL, blob BLOB, salt BLOB, request BLOB, sale BLOB, checkout BLOB, idem BLOB, outcome INTEGER NOT "
    "NULL DEFAULT 0, code TEXT, floor_ms INTEGER);"
    "CREATE TABLE days(id INTEGER PRIMARY KEY, day INTEGER NOT NULL);"
    "CREATE TABLE ids(id BLOB PRIMARY KEY, record INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE heads(epoch INTEGER PRIMARY KEY, seq INTEGER NOT NULL, hash BLOB NOT NULL, at_ms INTEGER NOT NULL,"
    " sig BLOB NOT NULL, keyid TEXT NOT NULL);" KEPT_TABLE "PRAGMA application_id=" APPLICATION_ID ";"
    "PRAGMA user_version=4;"
    "COMMIT;";

/* What is not must still be sent whole. */
#define COUNTERSIGNED                                                                                                  \
    " AND (id >> 40) IN (SELECT epoch FROM heads)"                                                                     \
    " AND (id & 0xffffffffff) <= (SELECT seq FROM heads WHERE epoch = (records.id >> 40))"

static const char *const sql[JOURNAL_STMTS] = {
    [JOURNAL_BEGIN] = "BEGIN IMMEDIATE",
    [JOURNAL_COMMIT] = "COMMIT",
    [JOURNAL_ROLLBACK] = "ROLLBACK",
    [JOURNAL_INSERT] =
        "INSERT INTO records(id, kind, at_ms, hash, body, blob, salt, request, sale, checkout, idem, floor_ms)"
        " VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12)",
    /* Another process that closed the journal may have written some of them already. */
    [JOURNAL_INSERT_ID] = "INSERT INTO ids(id, record) VALUES(?1,?2) ON CONFLICT DO NOTHING",
    [JOURNAL_FIND_ID] = "SELECT record FROM ids WHERE id = ?1",
    [JOURNAL_SET_INDEXED] = "UPDATE owner SET indexed = max(indexed, ?1)",
    [JOURNAL_BY_ID] = "SELECT " JOURNAL_COLUMNS " FROM records WHERE id = ?1",
    [JOURNAL_TAIL] = "SELECT id, sale, checkout, idem FROM records WHERE id > (SELECT indexed FROM owner) ORDER BY id",
    [JOURNAL_INSERT_DAY] = "INSERT INTO days(id, day) VALUES(?1,?2)",
    [JOURNAL_BY_DAY] = "SELECT r.id, kind, at_ms, hash, body, blob, salt, request, outcome, code FROM days AS d CROSS "
                       "JOIN records AS r ON r.id >= d.id AND r.id <"
                       " coalesce((SELECT min(n.id) FROM days AS n WHERE n.id > d.id), 0x7fffffffffffffff)"
                       " WHERE d.day = ?1 AND r.kind = ?2 ORDER BY r.id",
    [JOURNAL_AFTER] = "SELECT " JOURNAL_COLUMNS " FROM records WHERE id > ?1 AND id <= ?2 ORDER BY id LIMIT ?3",
    [JOURNAL_SET_OUTCOME] = "UPDATE records SET outcome = ?2, code = ?3 WHERE id = ?1",
    [JOURNAL_SET_HEAD] =
        "INSERT INTO heads(epoch, seq, hash, at_ms, sig, keyid) VALUES(?1,?2,?3,?4,?5,?6) ON CONFLICT(epoch)"
        " DO UPDATE SET seq=?2, hash=?3, at_ms=?4, sig=?5, keyid=?6 WHERE ?2 >= seq",
    [JOURNAL_SET_KEPT] =
        "INSERT INTO kept(epoch, seq) VALUES(?1,?2) ON CONFLICT(epoch) DO UPDATE SET seq=?2 WHERE ?2 > seq",
    [JOURNAL_ERASE] =
        "UPDATE records SET blob = NULL, salt = NULL WHERE blob IS NOT NULL AND kind <> 6 AND at_ms < ?1" COUNTERSIGNED,
    [JOURNAL_ERASE_ONE] =
        "UPDATE records SET blob = NULL, salt = NULL WHERE id = ?1 AND blob IS NOT NULL" COUNTERSIGNED,
    [JOURNAL_DISPUTES_KEPT] =
        "SELECT " JOURNAL_COLUMNS " FROM records WHERE blob IS NOT NULL AND kind = 6 AND at_ms < ?1" COUNTERSIGNED,
};

int64_t journal_db_id(uint32_t epoch, uint64_t seq)
{
    return (int64_t)((uint64_t)epoch << JOURNAL_SEQ_BITS | seq);
}

uint32_t journal_db_epoch(int64_t id)
{
    return (uint32_t)((uint64_t)id >> JOURNAL_SEQ_BITS);
}

uint64_t journal_db_seq(int64_t id)
{
    return (uint64_t)id & JOURNAL_SEQ_MAX;
}

size_t journal_db_key(char kind, const char *id, uint8_t out[static JOURNAL_ID_MAX])
{
    size_t n = strlen(id);
    if (kind != 'k') {
        if (ulid_decode(id, n, out) != ERR_OK)
            return 0;
        n = ULID_SIZE;
    } else {
        if (n == 0 || n > JOURNAL_KEY_MAX)
            return 0;
        for (size_t i = 0; i < n; i++)
            out[i] = (uint8_t)id[i];
    }
    out[n] = (uint8_t)kind;
    return n + 1;
}

size_t journal_db_column_key(sqlite3_stmt *s, int from, int which, uint8_t out[static JOURNAL_ID_MAX])
{
    const void *p = sqlite3_column_blob(s, from + which);
    size_t n = (size_t)sqlite3_column_bytes(s, from + which);
    if (!p || n == 0 || n > JOURNAL_KEY_MAX)
        return 0;
    memcpy(out, p, n);
    out[n] = (uint8_t) "sck"[which];
    return n + 1;
}

enum err journal_db_err(sqlite3 *db, int rc)
{
    int sys = db ? sqlite3_system_errno(db) : 0;
    if (sys == 0)
        sys = errno; /* a failed COMMIT does not pass the system's reason on; journal_db_run() has cleared it before */
    switch (rc & 0xff) {
    case SQLITE_OK:
    case SQLITE_ROW:
    case SQLITE_DONE:
        return ERR_OK;
    case SQLITE_FULL:
        return ERR_DISK_FULL;
    case SQLITE_NOMEM:
        return ERR_NOMEM;
    case SQLITE_CONSTRAINT:
        return ERR_EXISTS;
    case SQLITE_TOOBIG:
        return ERR_TOO_LARGE;
    case SQLITE_NOTADB:
        return ERR_BAD_VALUE;
    case SQLITE_CORRUPT:
        return ERR_CHAIN_BROKEN;
    case SQLITE_CANTOPEN:
        return sys == ENOENT ? ERR_NOT_FOUND : ERR_IO;
    case SQLITE_IOERR: /* SQLite counts only ENOSPC as full; a quota and a size limit are no different to the cashier */
        return sys == ENOSPC || sys == EDQUOT || sys == EFBIG ? ERR_DISK_FULL : ERR_IO;
    default:
        return ERR_IO;
    }
}

enum err journal_db_exec(sqlite3 *db, const char *text)
{
    return journal_db_err(db, sqlite3_exec(db, text, NULL, NULL, NULL));
}

enum err journal_db_int(sqlite3 *db, const char *text, int64_t *out)
{
    sqlite3_stmt *s = NULL;
    int rc = sqlite3_prepare_v2(db, text, -1, &s, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_step(s);
    if (rc == SQLITE_ROW)
        *out = sqlite3_column_int64(s, 0);
    enum err e = rc == SQLITE_DONE ? ERR_NOT_FOUND : journal_db_err(db, rc);
    sqlite3_finalize(s);
    return e;
}

/* SQLite makes files 0644 under the usual umask, and gives WAL and shm the mode of the database. */
static enum err make_private(const char *path)
{
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return file_err(errno);
    close(fd);
    return ERR_OK;
}

/* A row's own copy of what the index says of it: journal_db_key without its last byte, the kind. */
#define FROM_IDS(column, kind)                                                                                         \
    "UPDATE records SET " column " = substr(i.id, 1, length(i.id) - 1) FROM ids AS i"                                  \
    " WHERE i.record = records.id AND substr(i.id, -1) = x'" kind "';"

/* What a journal of an older version lacks, [v - 1] taking version v to the next. Version 1 indexed each id as it came. */
static const char *const upgrade[] = {
    "ALTER TABLE owner ADD COLUMN indexed INTEGER NOT NULL DEFAULT 0;"
    "UPDATE owner SET indexed = (SELECT coalesce(max(id), 0) FROM records);"
    "ALTER TABLE records ADD COLUMN sale BLOB;"
    "ALTER TABLE records ADD COLUMN checkout BLOB;"
    "ALTER TABLE records ADD COLUMN idem BLOB;" FROM_IDS("sale", "73") FROM_IDS("checkout", "63")
        FROM_IDS("idem", "6b"),
    "ALTER TABLE records ADD COLUMN floor_ms INTEGER;",
    KEPT_TABLE,
};
enum { VERSION = 1 + sizeof upgrade / sizeof *upgrade };

/* All steps or none. */
static enum err bring_up_to_date(sqlite3 *db)
{
    int64_t version = VERSION;
    enum err e = journal_db_exec(db, "BEGIN IMMEDIATE");
    if (e)
        return e;
    e = journal_db_int(db, "PRAGMA user_version", &version); /* again: nobody else writes from here on */
    for (; !e && version < VERSION; version++)
        e = journal_db_exec(db, upgrade[version - 1]);
    if (!e)
        e = journal_db_exec(db, "PRAGMA user_version=4");
    if (!e)
        e = journal_db_exec(db, "COMMIT");
    if (e)
        sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
    return e;
}

static enum err check_schema(sqlite3 *db, bool writing)
{
    int64_t app = 0, version = 0, tables = 0;
    enum err e = journal_db_int(db, "PRAGMA application_id", &app);
    if (!e)
        e = journal_db_int(db, "PRAGMA user_version", &version);
    if (!e)
        e = journal_db_int(db, "SELECT count(*) FROM sqlite_master", &tables);
    if (!e && writing && app == 0 && tables == 0) {
        e = journal_db_exec(db, schema);
        if (e)
            sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
        return e;
    }
    if (!e && (app != 1213549386 || version < (writing ? 1 : 2) || version > VERSION))
        e = ERR_BAD_VALUE;
    if (!e && writing && version < VERSION)
        e = bring_up_to_date(db);
    return e;
}

enum err journal_db_open(const char *path, bool writing, sqlite3 **out)
{
    sqlite3 *db = NULL;
    int persist = 1;
    if (!writing && access(path, F_OK) != 0)
        return file_err(errno);
    enum err e = writing ? make_private(path) : ERR_OK;
    if (e)
        return e;
    int flags = writing ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY;
    e = journal_db_err(db, sqlite3_open_v2(path, &db, flags | SQLITE_OPEN_NOMUTEX, NULL));
    if (!e)
        e = journal_db_err(db, sqlite3_extended_result_codes(db, 1));
    if (!e)
        e = journal_db_err(db, sqlite3_busy_timeout(db, 5000));
    /* temp_store: nothing of a card may reach a temporary file. secure_delete: an erased blob is overwritten. */
    if (!e)
        e = journal_db_exec(db, "PRAGMA temp_store=MEMORY; PRAGMA cache_size=-256; PRAGMA trusted_schema=OFF");
    if (!e && writing)
        e = journal_db_exec(db, "PRAGMA page_size=4096; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
                                "PRAGMA secure_delete=ON; PRAGMA wal_autocheckpoint=0");
    if (!e && writing)
        sqlite3_file_control(db, "main", SQLITE_FCNTL_PERSIST_WAL, &persist);
    if (!e)
        e = check_schema(db, writing);
    if (e)
        sqlite3_close(db);
    else
        *out = db;
    return e;
}

enum err journal_db_stmt(struct journal *j, enum journal_stmt which, sqlite3_stmt **out)
{
    if (!j->stmt[which]) {
        int rc = sqlite3_prepare_v3(j->db, sql[which], -1, SQLITE_PREPARE_PERSISTENT, &j->stmt[which], NULL);
        if (rc != SQLITE_OK)
            return journal_db_err(j->db, rc);
    }
    *out = j->stmt[which];
    return ERR_OK;
}

int journal_db_run(struct journal *j, enum journal_stmt which)
{
    sqlite3_stmt *s = NULL;
    if (journal_db_stmt(j, which, &s))
        return SQLITE_NOMEM;
    errno = 0;
    int rc = sqlite3_step(s);
    sqlite3_reset(s);
    return rc;
}

enum err journal_db_record(sqlite3_stmt *s, struct journal_record *r)
{
    int64_t id = sqlite3_column_int64(s, 0);
    int64_t outcome = sqlite3_column_int64(s, 8);
    const char *code = (const char *)sqlite3_column_text(s, 9);
    const void *salt = sqlite3_column_blob(s, 6);
    const void *hash = sqlite3_column_blob(s, 3);
    if (sqlite3_column_bytes(s, 3) != KEY_HASH || (salt && sqlite3_column_bytes(s, 6) != RECORD_SALT))
        return ERR_CHAIN_BROKEN;
    *r = (struct journal_record){.epoch = journal_db_epoch(id), .seq = journal_db_seq(id)};
    r->kind = (enum record_kind)sqlite3_column_int(s, 1);
    r->at_utc_ms = sqlite3_column_int64(s, 2);
    memcpy(r->hash, hash, KEY_HASH);
    r->body = (const char *)sqlite3_column_text(s, 4);
    r->body_len = (size_t)sqlite3_column_bytes(s, 4);
    r->blob = sqlite3_column_blob(s, 5);
    r->blob_len = (size_t)sqlite3_column_bytes(s, 5);
    if (salt)
        memcpy(r->salt, salt, RECORD_SALT);
    r->request = sqlite3_column_bytes(s, 7) == KEY_HASH ? sqlite3_column_blob(s, 7) : NULL;
    bool settled = outcome == BODY_COUNTED || outcome == BODY_HELD || outcome == BODY_CONTESTED;
    r->outcome = settled ? (enum body_outcome)outcome : BODY_OUTCOME_NONE;
    r->code = code ? err_from_code(code) : ERR_OK;
    return r->body ? ERR_OK : ERR_CHAIN_BROKEN;
}
