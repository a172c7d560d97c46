/* SPDX-License-Identifier: Apache-2.0 */
/* Twelve million cards decide the shape: one narrow table clustered by token, so that a scan is one descent; one index by
 * number. Small integers cost a byte or none, hence numbers for states and orgs. */
#include "service/store/db.h"
#include <stdio.h>

enum { APPLICATION_ID = 0x4855494b, VERSION = 3 }; /* "HUIK" */

static const char marks[] = "PRAGMA application_id = 1213548875; PRAGMA user_version = 1;";

static const char orgs[] =
    "CREATE TABLE org(id INTEGER PRIMARY KEY, code TEXT NOT NULL UNIQUE, name TEXT NOT NULL,"
    " parent INTEGER REFERENCES org, level INTEGER NOT NULL CHECK(level BETWEEN 1 AND 3)) STRICT;"
    "CREATE UNIQUE INDEX org_root ON org(level) WHERE level = 1;"
    "CREATE INDEX org_parent ON org(parent);";

/* number: first 16 bytes of the HMAC under key hmac_key. listed: the status that the last list gave, so that the
     * same list again does not undo what was reported since. */
static const char cards[] =
    "CREATE TABLE card(token BLOB PRIMARY KEY CHECK(length(token) = 10), number BLOB NOT NULL,"
    " last4 INTEGER NOT NULL, status INTEGER NOT NULL, listed INTEGER NOT NULL, org INTEGER NOT NULL,"
    " expiry INTEGER NOT NULL, hmac_key INTEGER NOT NULL, name TEXT NOT NULL, legacy BLOB) STRICT, WITHOUT ROWID;"
    "CREATE UNIQUE INDEX card_number ON card(number);"
    "CREATE INDEX card_legacy ON card(legacy) WHERE legacy IS NOT NULL;"
    "CREATE TABLE card_old(token BLOB PRIMARY KEY, number BLOB NOT NULL, at_ms INTEGER NOT NULL)"
    " STRICT, WITHOUT ROWID;";

static const char shops[] =
    "CREATE TABLE shop(id BLOB PRIMARY KEY CHECK(length(id) = 16), org INTEGER NOT NULL REFERENCES org,"
    " name TEXT NOT NULL, category TEXT NOT NULL, region TEXT NOT NULL, standing INTEGER NOT NULL,"
    " reason TEXT NOT NULL, since_ms INTEGER NOT NULL, version INTEGER NOT NULL, created_ms INTEGER NOT NULL)"
    " STRICT, WITHOUT ROWID;"
    "CREATE TABLE offer(id BLOB PRIMARY KEY CHECK(length(id) = 16), shop BLOB NOT NULL REFERENCES shop,"
    " place INTEGER NOT NULL, current INTEGER NOT NULL, per_card_day INTEGER NOT NULL, terms TEXT NOT NULL)"
    " STRICT, WITHOUT ROWID;"
    "CREATE INDEX offer_shop ON offer(shop, place);"
    "CREATE TABLE notice(shop BLOB NOT NULL REFERENCES shop, version INTEGER NOT NULL, envelope TEXT NOT NULL,"
    " UNIQUE(shop, version)) STRICT;";

static const char identities[] =
    "CREATE TABLE admin(id BLOB PRIMARY KEY CHECK(length(id) = 16), org INTEGER NOT NULL REFERENCES org,"
    " name TEXT NOT NULL, state INTEGER NOT NULL, at_ms INTEGER NOT NULL) STRICT, WITHOUT ROWID;"
    "CREATE TABLE terminal(id BLOB PRIMARY KEY CHECK(length(id) = 16), number INTEGER NOT NULL UNIQUE,"
    " shop BLOB NOT NULL REFERENCES shop, state INTEGER NOT NULL, enrolled_ms INTEGER NOT NULL,"
    " seen_ms INTEGER NOT NULL, not_after_ms INTEGER NOT NULL, epoch INTEGER NOT NULL, seq INTEGER NOT NULL,"
    " head BLOB NOT NULL, shop_version INTEGER NOT NULL, shop_version_ms INTEGER NOT NULL,"
    " trust_version INTEGER NOT NULL) STRICT, WITHOUT ROWID;"
    "CREATE INDEX terminal_shop ON terminal(shop);"
    "CREATE TABLE cert(hash BLOB PRIMARY KEY CHECK(length(hash) = 32), role INTEGER NOT NULL, holder BLOB NOT NULL,"
    " state INTEGER NOT NULL, not_after_ms INTEGER NOT NULL, der BLOB NOT NULL) STRICT, WITHOUT ROWID;"
    "CREATE INDEX cert_holder ON cert(holder);"
    "CREATE TABLE invitation(hash BLOB PRIMARY KEY CHECK(length(hash) = 32), shop BLOB NOT NULL REFERENCES shop,"
    " at_ms INTEGER NOT NULL, expires_ms INTEGER NOT NULL, terminal BLOB REFERENCES terminal, spki BLOB, cert BLOB,"
    " clash_ms INTEGER) STRICT, WITHOUT ROWID;";

/* expires_ms 0: taken by a sale. */
static const char holds[] =
    "CREATE TABLE hold(checkout BLOB PRIMARY KEY CHECK(length(checkout) = 16), offer BLOB NOT NULL,"
    " member BLOB NOT NULL, day INTEGER NOT NULL, terminal BLOB NOT NULL, expires_ms INTEGER NOT NULL)"
    " STRICT, WITHOUT ROWID;"
    "CREATE INDEX hold_use ON hold(member, offer, day);"
    "CREATE INDEX hold_day ON hold(day);";

static const char records[] =
    "CREATE TABLE record(terminal INTEGER NOT NULL, epoch INTEGER NOT NULL, seq INTEGER NOT NULL,"
    " kind INTEGER NOT NULL, hash BLOB NOT NULL CHECK(length(hash) = 32), body TEXT NOT NULL, salt BLOB, blob TEXT,"
    " outcome INTEGER NOT NULL, code TEXT, at_ms INTEGER NOT NULL, UNIQUE(terminal, epoch, seq)) STRICT;"
    "CREATE TABLE sale(id BLOB PRIMARY KEY CHECK(length(id) = 16), checkout BLOB NOT NULL UNIQUE,"
    " shop BLOB NOT NULL, terminal INTEGER NOT NULL, epoch INTEGER NOT NULL, seq INTEGER NOT NULL,"
    " at_ms INTEGER NOT NULL, total_fen INTEGER NOT NULL, discount_fen INTEGER NOT NULL, pay_fen INTEGER NOT NULL,"
    " offer BLOB, title TEXT NOT NULL, own_price INTEGER NOT NULL, card_by INTEGER NOT NULL, card_input INTEGER NOT "
    "NULL,"
    " member BLOB, last4 TEXT NOT NULL, code TEXT) STRICT, WITHOUT ROWID;"
    "CREATE INDEX sale_shop ON sale(shop, at_ms);"
    "CREATE TABLE shop_day(shop BLOB NOT NULL, day INTEGER NOT NULL, sales INTEGER NOT NULL,"
    " total_fen INTEGER NOT NULL, discount_fen INTEGER NOT NULL, PRIMARY KEY(shop, day)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE refusal(shop BLOB NOT NULL, day INTEGER NOT NULL, terminal INTEGER NOT NULL, reason TEXT NOT NULL,"
    " cnt INTEGER NOT NULL, PRIMARY KEY(shop, day, terminal, reason)) STRICT, WITHOUT ROWID;";

static const char audits[] =
    "CREATE TABLE audit(n INTEGER PRIMARY KEY, at_ms INTEGER NOT NULL, org INTEGER NOT NULL, admin TEXT NOT NULL,"
    " act TEXT NOT NULL, target TEXT NOT NULL, detail TEXT NOT NULL, hash BLOB NOT NULL) STRICT;";

static const char *const schema[] = {marks, orgs, cards, shops, identities, holds, records, audits, NULL};

static enum err run_all(sqlite3 *db, const char *const *sql)
{
    enum err e = ERR_OK;
    for (; *sql && !e; sql++)
        e = db_err(sqlite3_exec(db, *sql, NULL, NULL, NULL));
    return e;
}

/* From `version` to the newest. */
static enum err bring_up(sqlite3 *db, int version)
{
    static const char *const *const steps[] = {db_schema_2, db_schema_3};
    char mark[40];
    enum err e = ERR_OK;
    for (; version < VERSION && !e; version++)
        e = run_all(db, steps[version - 1]);
    snprintf(mark, sizeof mark, "PRAGMA user_version = %d", VERSION);
    return e ? e : db_err(sqlite3_exec(db, mark, NULL, NULL, NULL));
}

enum err db_schema_make(sqlite3 *db)
{
    enum err e = run_all(db, schema);
    return e ? e : bring_up(db, 1);
}

static enum err pragma_int(sqlite3 *db, const char *sql, int *out)
{
    sqlite3_stmt *st = NULL;
    enum err e = db_err(sqlite3_prepare_v2(db, sql, -1, &st, NULL));
    if (!e && !(e = db_next(st)))
        *out = sqlite3_column_int(st, 0);
    sqlite3_finalize(st);
    return e;
}

/* In one transaction: a power cut leaves the old version. */
static enum err upgrade(sqlite3 *db, int version)
{
    enum err e = db_err(sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL));
    if (e)
        return e;
    e = bring_up(db, version);
    if (!e)
        e = db_err(sqlite3_exec(db, "COMMIT", NULL, NULL, NULL));
    if (e && !sqlite3_get_autocommit(db))
        sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
    return e;
}

enum err db_schema_check(sqlite3 *db)
{
    int id = 0, version = 0;
    enum err e = pragma_int(db, "PRAGMA application_id", &id);
    if (!e)
        e = pragma_int(db, "PRAGMA user_version", &version);
    if (e)
        return e;
    if (id != APPLICATION_ID || version < 1)
        return ERR_BAD_VALUE;
    if (version > VERSION)
        return ERR_DB_NEWER;
    return version == VERSION ? ERR_OK : upgrade(db, version);
}
