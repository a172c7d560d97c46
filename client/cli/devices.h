/* SPDX-License-Identifier: Apache-2.0 */
/* The rows of devices that `huika status` and `huika devices` print. */
#ifndef HUIKA_DEVICES_H
#define HUIKA_DEVICES_H
#include "client/cli/api.h"

/* All of them, the first behind a label that was printed already. `list` may be NULL. hints: with the command that names a device
 * which is left alone but could be a reader or a receipt printer. */
void devices_say(const struct cli *c, const json_t *list, bool hints);
/* status.c */
extern const struct api_request status_request;
#endif
