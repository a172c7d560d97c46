/* SPDX-License-Identifier: Apache-2.0 */
/* What version 2 adds: leases, revocation, histories that settle sales made offline, voids, forks, administrators'
 * invitations. Each statement also runs on databases with years of rows in them. */
#include "service/store/db.h"

/* held_*: as the terminal's last poll reported. lease_*: the newest one signed for it, and what that names. */
static const char terminals[] = "ALTER TABLE terminal ADD COLUMN trust_version_ms INTEGER NOT NULL DEFAULT 0;"
                                "ALTER TABLE terminal ADD COLUMN revoked_version INTEGER NOT NULL DEFAULT 0;"
                                "ALTER TABLE terminal ADD COLUMN revoked_version_ms INTEGER NOT NULL DEFAULT 0;"
                                "ALTER TABLE terminal ADD COLUMN lease_version INTEGER NOT NULL DEFAULT 0;"
                                "ALTER TABLE terminal ADD COLUMN lease_epoch INTEGER NOT NULL DEFAULT 0;"
                                "ALTER TABLE terminal ADD COLUMN lease_issued_ms INTEGER NOT NULL DEFAULT 0;"
                                "ALTER TABLE terminal ADD COLUMN lease_stop_ms INTEGER NOT NULL DEFAULT 0;"
                                "ALTER TABLE terminal ADD COLUMN lease_trust INTEGER NOT NULL DEFAULT 0;"
                                "ALTER TABLE terminal ADD COLUMN lease_shop INTEGER NOT NULL DEFAULT 0;"
                                "ALTER TABLE terminal ADD COLUMN lease_revoked INTEGER NOT NULL DEFAULT 0;"
                                "ALTER TABLE terminal ADD COLUMN held_trust INTEGER NOT NULL DEFAULT 0;"
                                "ALTER TABLE terminal ADD COLUMN held_shop INTEGER NOT NULL DEFAULT 0;"
                                "ALTER TABLE terminal ADD COLUMN held_revoked INTEGER NOT NULL DEFAULT 0;"
                                "ALTER TABLE terminal ADD COLUMN held_lease INTEGER NOT NULL DEFAULT 0;"
                                "ALTER TABLE terminal ADD COLUMN held_answer INTEGER NOT NULL DEFAULT 0;"
                                "ALTER TABLE terminal ADD COLUMN forked_ms INTEGER NOT NULL DEFAULT 0;";

/* Leases as signed, for as long as a sale under them may come in. */
static const char leases[] =
    "CREATE TABLE lease(terminal INTEGER NOT NULL, version INTEGER NOT NULL, epoch INTEGER NOT NULL,"
    " issued_ms INTEGER NOT NULL, stop_ms INTEGER NOT NULL, sales INTEGER NOT NULL, amount_fen INTEGER NOT NULL,"
    " per_card_day INTEGER NOT NULL, keyed_sales INTEGER NOT NULL, keyed_amount_fen INTEGER NOT NULL,"
    " PRIMARY KEY(terminal, version)) STRICT, WITHOUT ROWID;";

/* past: the heads of epochs that ended. branch: what contradicts the chain, from the record `base` of it or of the branch `parent` on.
 * sig: the device's, of the head at that record. sound: these records lead to the head that was signed. */
static const char branches[] =
    "CREATE TABLE past(terminal INTEGER NOT NULL, epoch INTEGER NOT NULL, seq INTEGER NOT NULL,"
    " head BLOB NOT NULL CHECK(length(head) = 32), ended_ms INTEGER NOT NULL, PRIMARY KEY(terminal, epoch))"
    " STRICT, WITHOUT ROWID;"
    "CREATE TABLE branch(id INTEGER PRIMARY KEY, terminal INTEGER NOT NULL, epoch INTEGER NOT NULL,"
    " parent INTEGER NOT NULL, base INTEGER NOT NULL, seq INTEGER NOT NULL, head BLOB NOT NULL, first_ms INTEGER NOT "
    "NULL,"
    " last_ms INTEGER NOT NULL) STRICT;"
    "CREATE INDEX branch_of ON branch(terminal, epoch);"
    "CREATE TABLE branch_record(branch INTEGER NOT NULL REFERENCES branch, seq INTEGER NOT NULL, kind INTEGER NOT NULL,"
    " hash BLOB NOT NULL CHECK(length(hash) = 32), sig BLOB, sound INTEGER NOT NULL, body TEXT NOT NULL, salt BLOB,"
    " blob TEXT, at_ms INTEGER NOT NULL, UNIQUE(branch, seq)) STRICT;";

/* verdict: enum verdict. back_fen: of the discount, what returns gave back. */
static const char sales[] =
    "ALTER TABLE sale ADD COLUMN verdict INTEGER NOT NULL DEFAULT 1;"
    "ALTER TABLE sale ADD COLUMN lease INTEGER;"
    "ALTER TABLE sale ADD COLUMN slip BLOB;"
    "ALTER TABLE sale ADD COLUMN returned_fen INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE sale ADD COLUMN back_fen INTEGER NOT NULL DEFAULT 0;"
    "CREATE INDEX sale_lease ON sale(terminal, lease, member) WHERE lease IS NOT NULL;"
    "ALTER TABLE shop_day ADD COLUMN voids INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE shop_day ADD COLUMN returned_fen INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE shop_day ADD COLUMN back_fen INTEGER NOT NULL DEFAULT 0;"
    "CREATE TABLE void(id BLOB PRIMARY KEY CHECK(length(id) = 16), sale BLOB NOT NULL, shop BLOB NOT NULL,"
    " kind INTEGER NOT NULL, amount_fen INTEGER NOT NULL, back_fen INTEGER NOT NULL, returned_fen INTEGER NOT NULL,"
    " granted_ms INTEGER NOT NULL, terminal INTEGER, epoch INTEGER, seq INTEGER, at_ms INTEGER, slip BLOB, code TEXT)"
    " STRICT, WITHOUT ROWID;"
    "CREATE INDEX void_sale ON void(sale);"
    "CREATE INDEX void_shop ON void(shop, at_ms);";

/* was: the status until at_ms; what a card was at a time is the oldest `was` after it, or what it is now. */
static const char histories[] =
    "CREATE TABLE card_change(n INTEGER PRIMARY KEY, number BLOB NOT NULL, token BLOB NOT NULL,"
    " at_ms INTEGER NOT NULL, was INTEGER NOT NULL) STRICT;"
    "CREATE INDEX card_change_token ON card_change(token, at_ms);"
    "CREATE INDEX card_change_number ON card_change(number, at_ms);"
    "CREATE TABLE standing(shop BLOB NOT NULL, version INTEGER NOT NULL, from_ms INTEGER NOT NULL,"
    " standing INTEGER NOT NULL, PRIMARY KEY(shop, version)) STRICT, WITHOUT ROWID;"
    "INSERT INTO standing SELECT id, 0, created_ms, 1 FROM shop;"
    "INSERT INTO standing SELECT id, version, since_ms, standing FROM shop;"
    "ALTER TABLE notice ADD COLUMN hash BLOB;";

/* mark: small facts about the whole database. revoked_changes counts changes of what the revocation file holds,
 * revoked_made is that count when the newest file was made. */
static const char revocation[] =
    "CREATE INDEX card_off ON card(token) WHERE status <> 1;"
    "CREATE TABLE revoked(version INTEGER PRIMARY KEY, made_ms INTEGER NOT NULL, cnt INTEGER NOT NULL,"
    " hash BLOB NOT NULL, envelope TEXT NOT NULL) STRICT;"
    "CREATE TABLE mark(name TEXT PRIMARY KEY, value ANY NOT NULL) STRICT, WITHOUT ROWID;"
    "INSERT INTO mark VALUES('revoked_changes', 1), ('revoked_made', 0);";

static const char invitations[] =
    "ALTER TABLE invitation ADD COLUMN bound BLOB;"
    "ALTER TABLE admin ADD COLUMN by_admin BLOB;"
    "CREATE TABLE admin_invitation(hash BLOB PRIMARY KEY CHECK(length(hash) = 32), org INTEGER NOT NULL REFERENCES org,"
    " name TEXT NOT NULL, by_admin BLOB NOT NULL, at_ms INTEGER NOT NULL, expires_ms INTEGER NOT NULL,"
    " admin BLOB, spki BLOB, cert BLOB) STRICT, WITHOUT ROWID;";

/* What was printed, for a signature made anew would be another text. */
static const char prints[] = "CREATE TABLE card_text(token BLOB PRIMARY KEY CHECK(length(token) = 10), text TEXT NOT "
                             "NULL) STRICT, WITHOUT ROWID;";

const char *const db_schema_2[] = {
    terminals, leases, branches, sales, histories, revocation, invitations, prints, db_schema_dispute, NULL};
