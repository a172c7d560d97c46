/* SPDX-License-Identifier: Apache-2.0 */
/* Disputes, what was said about them, and the notices that say it to terminals. Part of version 2. */
#include "service/store/db.h"

/* state: enum store_dispute_state; 1 and 2 wait for an answer. */
const char db_schema_dispute[] =
    "CREATE TABLE dispute(id BLOB PRIMARY KEY CHECK(length(id) = 16), terminal INTEGER NOT NULL,"
    " epoch INTEGER NOT NULL, seq INTEGER NOT NULL, shop BLOB NOT NULL REFERENCES shop,"
    " org INTEGER NOT NULL REFERENCES org, kind TEXT NOT NULL, reporter INTEGER NOT NULL, channel INTEGER NOT NULL,"
    " sale BLOB, refusal_seq INTEGER NOT NULL, slip BLOB, code TEXT, text TEXT, at_ms INTEGER NOT NULL,"
    " received_ms INTEGER NOT NULL, due_ms INTEGER NOT NULL, first_due_ms INTEGER NOT NULL, state INTEGER NOT NULL,"
    " answered_ms INTEGER NOT NULL, closed_ms INTEGER NOT NULL, escalations INTEGER NOT NULL,"
    " UNIQUE(terminal, epoch, seq)) STRICT, WITHOUT ROWID;"
    "CREATE INDEX dispute_due ON dispute(due_ms) WHERE state IN (1, 2);"
    "CREATE INDEX dispute_shop ON dispute(shop, received_ms);"
    "CREATE INDEX dispute_org ON dispute(org);"
    "CREATE TABLE dispute_word(dispute BLOB NOT NULL REFERENCES dispute, n INTEGER NOT NULL, at_ms INTEGER NOT NULL,"
    " act INTEGER NOT NULL, org INTEGER NOT NULL, admin TEXT NOT NULL, text TEXT NOT NULL, PRIMARY KEY(dispute, n))"
    " STRICT, WITHOUT ROWID;"
    "CREATE TABLE answer(terminal INTEGER NOT NULL, version INTEGER NOT NULL, envelope TEXT NOT NULL,"
    " PRIMARY KEY(terminal, version)) STRICT, WITHOUT ROWID;"
    /* For the report: how many of the sales were checked offline, and by number alone. */
    "ALTER TABLE shop_day ADD COLUMN provisional INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE shop_day ADD COLUMN keyed INTEGER NOT NULL DEFAULT 0;"
    "UPDATE shop_day SET keyed = (SELECT count(*) FROM sale s WHERE s.shop = shop_day.shop AND s.card_by = 2"
    " AND (s.at_ms + 28800000) / 86400000 = shop_day.day);";
