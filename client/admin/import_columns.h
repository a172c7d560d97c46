/* SPDX-License-Identifier: Apache-2.0 */
/* Which column of a list of members holds what: said by its header line, in any order; without one they stand as agreed. */
#ifndef HUIKA_ADMIN_IMPORT_COLUMNS_H
#define HUIKA_ADMIN_IMPORT_COLUMNS_H
#include "base/buf.h"
#include "base/csv.h"
#include <stdbool.h>

/* As agreed: card_number,name,org,status[,legacy_id]. */
enum { IMPORT_NUMBER, IMPORT_NAME, IMPORT_ORG, IMPORT_STATUS, IMPORT_LEGACY, IMPORT_COLUMNS };

struct import_columns {
    bool agreed;               /* records are good as they stand */
    size_t cnt;                /* columns of the header line; what else it names is left out */
    size_t at[IMPORT_COLUMNS]; /* where in a record, cnt: not there (legacy_id alone) */
};

/* Reads the first record of a list. *header: it is a header line. ERR_BAD_COLUMNS: it is one, but lacks a column, names one
 * twice, or is not parted by commas. */
enum err import_columns_find(const struct csv_record *first, struct import_columns *out, bool *header);
/* Appends a record in the agreed order, every field quoted, closed by a line end. ERR_BAD_CSV: it has not as many fields as
 * the header line; ERR_TOO_LARGE, ERR_NOMEM. */
enum err import_columns_put(const struct import_columns *c, const struct csv_record *r, struct buf *out);
#endif
