/* SPDX-License-Identifier: Apache-2.0 */
/* Union organisations: a tree of three levels (province; city, directly administered county, industry; other counties).
 * Codes are what people use (GB/T 2260 where there is one); inside the service an org is a small number. */
#ifndef HUIKA_STORE_ORG_H
#define HUIKA_STORE_ORG_H
#include "service/store/store.h"

enum { STORE_ORG_CODE_MAX = 16, STORE_ORG_NAME_MAX = 120, STORE_ORG_LEVELS = 3 };

struct store_org {
    int64_t org;                              /* 1 and up; 0 is none */
    int64_t parent;                           /* 0: the province */
    char code[STORE_ORG_CODE_MAX + 1];        /* [0-9A-Za-z-]{1,16} */
    char parent_code[STORE_ORG_CODE_MAX + 1]; /* "" for the province */
    char name[STORE_ORG_NAME_MAX + 1];        /* UTF-8 */
    int level;                                /* 1 province .. 3 */
};

/* parent 0: the root, once. ERR_EXISTS (code taken, a second root), ERR_NOT_FOUND (parent), ERR_BAD_VALUE (code, name,
 * below the third level). *org: the new one. */
enum err store_org_add(struct store_tx *tx, const char *code, const char *name, int64_t parent, int64_t *org);
/* ERR_NOT_FOUND. */
enum err store_org_get(struct store_tx *tx, int64_t org, struct store_org *out);
/* The province. ERR_NOT_FOUND. */
enum err store_org_top(struct store_tx *tx, struct store_org *out);
enum err store_org_by_code(struct store_tx *tx, const char *code, struct store_org *out);
/* The scope rule: *covers = `org` is `scope` or below it. False for orgs that do not exist. */
enum err store_org_covers(struct store_tx *tx, int64_t scope, int64_t org, bool *covers);

/* `scope` and everything below, parents before children, then by code. Another value than ERR_OK ends the list and is
 * returned. `o` is borrowed during the call. */
typedef enum err store_org_fn(void *ctx, const struct store_org *o);
enum err store_org_list(struct store_tx *tx, int64_t scope, store_org_fn *fn, void *ctx);
#endif
