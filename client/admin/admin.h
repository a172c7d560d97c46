/* SPDX-License-Identifier: Apache-2.0 */
/* What the commands of huika-admin share: the profile, the connection, one call, one way to print. A command's function returns
 * the exit code and has printed its error itself. */
#ifndef HUIKA_ADMIN_ADMIN_H
#define HUIKA_ADMIN_ADMIN_H
#include "base/cli.h"
#include "base/jsonx.h"
#include "client/admin/show.h"
#include "proto/card.h"

struct admin; /* the ctx of struct cli */

struct admin *admin_new(void); /* NULL if out of memory */
void admin_free(struct admin **a);

/* One JSON request, on a connection opened at the first call (--profile or HUIKA_ADMIN). body: taken, NULL for none. *out: the
 * answer, the caller's (json_decref); untouched on error; out may be NULL. what: translated, names the act for the error line.
 * CLI_OK, else the exit code after the error line. */
int admin_call(struct cli *c, const char *what, const char *method, const char *path, json_t *body, json_t **out);
/* Opens the connection's profile if that was not done yet; nothing is sent. CLI_OK, or the exit code after the error line. */
int admin_connect(struct cli *c);

struct admin_request {
    const char *method, *path;
    const char *type; /* NULL: application/json */
    const void *body; /* borrowed; NULL: none */
    size_t len;
    int timeout_ms; /* 0: 30 s */
};
/* One request after admin_connect. Prints nothing. What link_call returns; the body (also a problem's) is appended to answer. */
enum err admin_send(struct cli *c, const struct admin_request *r, struct buf *answer);

/* One id or code into a path: ERR_BAD_VALUE unless it is 1-64 of [A-Za-z0-9-]. */
enum err admin_path(char *out, size_t size, const char *before, const char *id, const char *after);

/* May this cursor of the service stand in a query as it is? */
bool admin_cursor_ok(const char *cursor);

/* Reads a card number from the argument, or from standard input if it is "-"; checked for form. Wipe it after use; the
 * argument itself is wiped here. CLI_OK or the exit code after the error line. */
int admin_number(const struct cli *c, const char *arg, char out[static CARD_NUMBER_MAX + 1]);

/* Fetches all pages of `path` (which may have a query), whose answers are {member: [...], "next": cursor or null}. Printed
 * page by page: with --json one object a line, else a table. */
int admin_list(struct cli *c, const char *what, const char *path, const char *member, const struct show_col *cols);
/* Prints one object: a line of JSON, or labelled lines. */
int admin_show(struct cli *c, const char *what, const struct show_col *cols, const json_t *obj);
/* Prints a table of these objects. */
int admin_table(struct cli *c, const char *what, const struct show_col *cols, const json_t *rows);
/* Prints a line of JSON. */
int admin_json(struct cli *c, const char *what, const json_t *v);

/* Prints a one-time code {"code","expires_ms"}, on a screen with its QR, and `hint` (translated), what to do with it, on
 * standard error. */
int admin_code(struct cli *c, const char *what, const json_t *answer, const char *hint);

int org_add(struct cli *c);
int org_list(struct cli *c);
int member_import(struct cli *c);
int member_status(struct cli *c);
int card_print(struct cli *c);
int card_reissue(struct cli *c);
int card_export(struct cli *c);
int shop_add(struct cli *c);
int shop_list(struct cli *c);
int shop_show(struct cli *c);
int shop_suspend(struct cli *c);
int shop_delist(struct cli *c);
int shop_relist(struct cli *c);
int offer_set(struct cli *c);
int offer_list(struct cli *c);
int terminal_invite(struct cli *c);
int terminal_list(struct cli *c);
int terminal_revoke(struct cli *c);
int terminal_resume(struct cli *c);
int terminal_renew(struct cli *c);
int terminal_branches(struct cli *c);
int terminal_records(struct cli *c);
int admin_invite(struct cli *c);
int admin_enroll(struct cli *c);
int admins_list(struct cli *c);
int admin_revoke(struct cli *c);
int audit_verify(struct cli *c);
int audit_list(struct cli *c);
int report_run(struct cli *c);
int evidence_run(struct cli *c);
int dispute_list(struct cli *c);
int dispute_show(struct cli *c);
int dispute_answer(struct cli *c);
int dispute_close(struct cli *c);
int dispute_reopen(struct cli *c);
int dispute_note(struct cli *c);
int dispute_erase(struct cli *c);
#endif
