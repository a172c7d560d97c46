/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of keys_load that follow the trust notice. Private to service/sign/keys*.c. what: the file that failed. */
#ifndef HUIKA_KEYS_PARTS_H
#define HUIKA_KEYS_PARTS_H
#include "service/sign/keys.h"

/* ERR_UNKNOWN_KEY: a file holds another key than the trust notice names, or there is none for shop notices or heads now. */
enum err keys_load_signers(const char *dir, struct service_keys *k, int64_t at_utc_ms, char what[static 64]);
/* ERR_UNKNOWN_KEY: the trust notice's sealing certificate is not among them. */
enum err keys_load_sealing(const char *dir, struct service_keys *k, char what[static 64]);
/* ERR_BAD_NOTICE: not a trust notice; ERR_TOO_LARGE: more than KEYS_CHANGES. A directory that is missing is empty. */
enum err keys_load_changes(const char *dir, struct service_keys *k, char what[static 64]);
#endif
