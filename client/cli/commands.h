/* SPDX-License-Identifier: Apache-2.0 */
/* The commands of `huika`, one function each; they return the exit code (base/cli.h). Their options stand in client/huika.c. */
#ifndef HUIKA_COMMANDS_H
#define HUIKA_COMMANDS_H
#include "client/cli/api.h"

int sell_run(struct cli *c);    /* sell.c */
int status_run(struct cli *c);  /* status.c */
int devices_run(struct cli *c); /* devices.c */
int day_run(struct cli *c);     /* day.c */
int reprint_run(struct cli *c);
int day_close_run(struct cli *c);
int void_run(struct cli *c); /* void.c */
int void_return_run(struct cli *c);
int dispute_new_run(struct cli *c); /* dispute.c */
int dispute_list_run(struct cli *c);
int dispute_show_run(struct cli *c);
int print_test_run(struct cli *c); /* print.c */
int verify_run(struct cli *c);     /* verify.c: journal verify */
int page_run(struct cli *c);       /* page.c */
int page_token_rotate_run(struct cli *c);
int events_run(struct cli *c); /* events.c */
int events_simulate_run(struct cli *c);
#endif
