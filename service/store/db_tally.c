/* SPDX-License-Identifier: Apache-2.0 */
/* The aggregate of store_report: seven sums in one step a row, where seven sum() take seven. */
#include "service/store/db.h"

struct tally {
    int64_t sum[DB_TALLY];
    bool over;
};

static void step(sqlite3_context *ctx, int cnt, sqlite3_value **v)
{
    struct tally *t = sqlite3_aggregate_context(ctx, sizeof *t);
    for (int i = 0; t && i < cnt; i++)
        t->over |= __builtin_add_overflow(t->sum[i], sqlite3_value_int64(v[i]), &t->sum[i]);
}

static void end(sqlite3_context *ctx)
{
    static const struct tally none;
    const struct tally *t = sqlite3_aggregate_context(ctx, 0);
    t = t ? t : &none;
    if (t->over)
        sqlite3_result_error(ctx, "integer overflow", -1);
    else
        sqlite3_result_blob(ctx, t->sum, sizeof t->sum, SQLITE_TRANSIENT);
}

int db_tally(sqlite3 *db)
{
    return sqlite3_create_function_v2(
        db, "tally", DB_TALLY, SQLITE_UTF8 | SQLITE_DETERMINISTIC, NULL, NULL, step, end, NULL);
}
