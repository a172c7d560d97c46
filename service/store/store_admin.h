/* SPDX-License-Identifier: Apache-2.0 */
/* Administrators: whom an administrator invited, who they became, and who is out. The first one is init's
 * (store_admin_add, store_terminal.h). */
#ifndef HUIKA_STORE_ADMIN_H
#define HUIKA_STORE_ADMIN_H
#include "service/store/store_terminal.h"

struct store_admin_invite {
    uint8_t hash[KEY_HASH]; /* of the secret (store_invite_hash) */
    int64_t org;            /* the new administrator's scope */
    const char *name;
    uint8_t by[STORE_ID]; /* who invites */
    int64_t at_utc_ms, expires_utc_ms;
};
/* ERR_NOT_FOUND (org), ERR_EXISTS, ERR_BAD_VALUE (name). */
enum err store_admin_invite(struct store_tx *tx, const struct store_admin_invite *i);
/* Is it worth making a certificate? As store_invite_check. */
enum err store_admin_invite_check(struct store_tx *tx, const uint8_t hash[static KEY_HASH], int64_t at_utc_ms);
/* As store_terminal_enrol: n->terminal is the new administrator's id; shop_out stays as it is. *org: whose affair it is. */
enum err store_admin_enrol(struct store_tx *tx, struct store_enrol *n, int64_t *org);

struct store_admin_row {
    uint8_t admin[STORE_ID];
    int64_t org;
    char org_code[STORE_ORG_CODE_MAX + 1];
    char name[STORE_ADMIN_NAME_MAX + 1];
    enum store_state state;
    int64_t since_utc_ms, not_after_utc_ms; /* of the newest certificate */
};
/* ERR_NOT_FOUND. */
enum err store_admin_get(struct store_tx *tx, const uint8_t admin[static STORE_ID], struct store_admin_row *out);
/* Those of scope and below, the oldest first. */
typedef enum err store_admin_fn(void *ctx, const struct store_admin_row *a);
enum err store_admin_list(struct store_tx *tx, int64_t scope, store_admin_fn *fn, void *ctx);
/* For ever. ERR_NOT_FOUND. */
enum err store_admin_revoke(struct store_tx *tx, const uint8_t admin[static STORE_ID]);
#endif
