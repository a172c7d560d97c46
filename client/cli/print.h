/* SPDX-License-Identifier: Apache-2.0 */
/* The printer on the command line. */
#ifndef HUIKA_CLI_PRINT_H
#define HUIKA_CLI_PRINT_H
#include "client/cli/api.h"

/* The printer's lines of `huika status`, with the receipts that did not come out. */
void print_say(const struct cli *c, const json_t *status);
/* Asks for something to be printed: one POST without a body. The answer's error. */
enum err print_ask(struct api *a, const char *path);
#endif
