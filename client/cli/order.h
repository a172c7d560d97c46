/* SPDX-License-Identifier: Apache-2.0 */
/* What `huika sell` was told: amounts, goods and card from the command line, standard input and the keyboard, as the body of
 * POST /v1/checkouts. */
#ifndef HUIKA_ORDER_H
#define HUIKA_ORDER_H
#include "base/cli.h"
#include "base/jsonx.h"

struct order {
    json_t *body; /* owned */
    bool person;  /* somebody is at the keyboard and wants to be asked */
};

/* What --cashier says: 0, or the exit code after an error line. */
int order_check_cashier(const struct cli *c);
/* 0, or the exit code after an error line. order_release it in either case. */
int order_read(struct cli *c, struct order *out);
void order_release(struct order *o);
/* The number's check digit does not fit: warns, and has it typed again. The same number once more counts as compared with the
 * card. False: given up. */
bool order_number_again(struct cli *c, struct order *o);
/* The question on standard error, the answer from standard input: true for Enter, y, yes, 是; false for all else and the
 * input's end. */
bool order_yes(const char *question);
/* One line from standard input without its line end; ERR_TOO_LARGE beyond `size`, ERR_IO at the end. Wipe it after use. */
enum err order_line(char *out, size_t size);
#endif
