/* SPDX-License-Identifier: Apache-2.0 */
/* A line typed without showing it: a card number on the screen is a card number in the shop. */
#ifndef HUIKA_HIDDEN_H
#define HUIKA_HIDDEN_H
#include "base/jsonx.h"

/* order_line from standard input; at a terminal without echo. The terminal is as before when it returns, and when a signal ends the
 * program meanwhile. */
enum err hidden_line(char *out, size_t size);
#endif
