/* SPDX-License-Identifier: Apache-2.0 */
/* The slips of a terminal: secrets out of STATE/slip.key, URLs for the QRs of receipts and slips (proto/slip.h). */
#ifndef HUIKA_SLIPS_H
#define HUIKA_SLIPS_H
#include "client/ports/state.h"
#include "proto/notice.h"
#include "proto/record.h"
#include "proto/slip.h"

#define SLIPS_KEY_FILE "slip.key"

struct slips {
    bool ready;
    uint8_t key[SLIP_KEY];
    EVP_PKEY *device; /* borrowed */
};

/* Reads the key, made (0600) when absent: slips printed before a lost key was made anew show nothing any more. ERR_IO,
 * ERR_DISK_FULL, ERR_BAD_VALUE (damaged). */
enum err slips_open(struct slips *s, const struct state *state, EVP_PKEY *device);
void slips_release(struct slips *s); /* wipes */

/* For the record: the hash of the secret that belongs to this id (a ULID's text). */
enum err slips_hash(const struct slips *s, const char *id, uint8_t out[static KEY_HASH]);
/* For the QR of the record with that id at `at`. ERR_NOT_FOUND: the trust notice names no public pages. Wipe it. */
enum err slips_url(const struct slips *s, const struct notice_trust *trust, const char *id,
    const struct record_head *at, char out[static SLIP_URL_MAX + 1]);
#endif
