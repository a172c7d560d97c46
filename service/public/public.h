/* SPDX-License-Identifier: Apache-2.0 */
/* The pages for everybody: a listener of its own, with its own port and certificate, that never asks for a client's.
 *
 *     GET  /               how many disputes were answered, in numbers
 *     GET  /C/{base32}     where the QR on a card leads to: one static page, nothing is looked up or noted
 *     GET  /S/{base32}     the slip or receipt that somebody holds (proto/slip.h): what applied, and what became of it
 *     POST /S/{base32}/dispute   its holder complains, once
 *     POST /S/{base32}/voice     whoever holds it speaks beside the dispute that is there: once, or "it was not I"
 *
 * Server-rendered HTML without scripts, Chinese or English. A GET changes nothing. No path, query or address is logged.
 * Nothing here names a person, a card, or what somebody wrote in a complaint. */
#ifndef HUIKA_PUBLIC_H
#define HUIKA_PUBLIC_H
#include "service/http/service.h"

struct public;

/* Binds [public] listen and port, and starts threads. Without a certificate (an older directory) *out is NULL and a warning
 * says so. ERR_ADDRESS_BUSY, ERR_IO, ERR_BAD_VALUE, ERR_NOT_FOUND (a file that service.ini names) with what. */
enum err public_start(const char *dir, struct service *s, struct public **out, char what[static 64]);
/* About once a second: cuts off who is too slow. */
void public_tick(struct public *p, int64_t now_mono_ms);
/* Answers what is under way; accepts pointer to NULL. */
void public_stop(struct public **p);
#endif
