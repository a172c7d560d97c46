/* SPDX-License-Identifier: Apache-2.0 */
/* `huika-terminal run`: opens everything, then turns the one loop until it is told to end. */
#ifndef HUIKA_RUN_H
#define HUIKA_RUN_H
#include "base/cli.h"

int run_command(struct cli *c);
#endif
