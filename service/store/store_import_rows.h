/* SPDX-License-Identifier: Apache-2.0 */
/* A prepared batch: what store_import.c fills and store_import_apply.c writes. Private to service/store. */
#ifndef HUIKA_STORE_IMPORT_ROWS_H
#define HUIKA_STORE_IMPORT_ROWS_H
#include "service/store/store_import.h"
#include "service/store/store_org.h"

/* One good line. Neither number nor name: HMACs, and the masked name in `names`. */
struct store_import_row {
    uint8_t member[STORE_MEMBER_ID], legacy[16];
    char org_code[STORE_ORG_CODE_MAX + 1];
    bool has_legacy;
    int16_t last4; /* -1: not known */
    uint16_t name_len;
    uint32_t name_at;
    enum member_status status;
    int64_t org;
    uint64_t line;
};

struct store_import_bad {
    uint64_t line;
    enum err reason;
    int last4; /* -1: not known */
};

struct store_import_org {
    char code[STORE_ORG_CODE_MAX + 1];
    int64_t org;
};

struct store_import {
    int64_t scope, at_utc_ms;
    int32_t expiry_day;
    struct card_hmac *hmac;
    struct buf names;
    struct store_import_row *row;
    size_t row_cnt, row_cap;
    struct store_import_bad *reject; /* reject_first: those found before applying, so that applying can be repeated */
    size_t reject_cnt, reject_cap, reject_first;
    bool sorted, begun, guess_new;
    struct store_import_org *orgs; /* of the scope, by code */
    size_t org_cnt, org_cap;
    struct store_import_counts counts;
};

/* Notes a rejected line; last4 -1: not known. ERR_NOMEM. */
enum err store_import_note(struct store_import *im, uint64_t line, enum err reason, int last4);
#endif
