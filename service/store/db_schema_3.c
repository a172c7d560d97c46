/* SPDX-License-Identifier: Apache-2.0 */
/* What version 3 adds: what terminals signed stays beside their records; the holder of a receipt is heard a second time; what
 * is past its term can be found and erased. Each statement also runs on databases with years of rows in them. */
#include "service/store/db.h"

/* sig: the terminal's signature of the head at that record, where a batch ended with it. record_blob finds what may be erased. */
static const char heads[] = "ALTER TABLE record ADD COLUMN sig BLOB;"
                            "CREATE INDEX record_blob ON record(at_ms) WHERE blob IS NOT NULL;";

/* second_*: what the holder of the slip wrote beside what is there. objections: on how many days its holder said that it was not they
 * who complained; objected_ms: the last time. */
static const char voices[] =
    "ALTER TABLE dispute ADD COLUMN second_ms INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE dispute ADD COLUMN second_kind TEXT;"
    "ALTER TABLE dispute ADD COLUMN second_text TEXT;"
    "ALTER TABLE dispute ADD COLUMN objections INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE dispute ADD COLUMN objected_ms INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE dispute ADD COLUMN erased_ms INTEGER NOT NULL DEFAULT 0;"
    "CREATE INDEX dispute_closed ON dispute(closed_ms) WHERE state = 4 AND erased_ms < closed_ms;";

const char *const db_schema_3[] = {heads, voices, NULL};
