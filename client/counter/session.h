/* SPDX-License-Identifier: Apache-2.0 */
/* Who has opened the cashier's page: one-time codes, and the sessions that they are exchanged for.
 *
 *     sessions_new(path, &s)
 *     session_code(s, now, code)                 for `huika page`: good once, for SESSION_CODE_MS
 *     session_begin(s, code, ..., id)            the cookie's value
 *     session_valid(s, id, now_utc)              at each request
 *     session_left_ms(s, hash, now_utc)          for what goes on longer than a request
 *     session_end, session_end_all               taken back
 *     sessions_free(&s)
 *
 * At most SESSION_MAX at a time (the one unused for longest gives way); each ends SESSION_UNUSED_MS after its last use and
 * SESSION_LONGEST_MS after its beginning. Only hashes are kept, in a file as well, so that a restart of the terminal signs nobody
 * out; codes are in memory only. */
#ifndef HUIKA_SESSION_H
#define HUIKA_SESSION_H
#include "base/key.h"
#include <stdbool.h>

enum { SESSION_MAX = 8, SESSION_CODES = 4, SESSION_CODE_LEN = 16, SESSION_ID_LEN = 52, SESSION_CODE_MS = 300000 };
#define SESSION_UNUSED_MS  (INT64_C(7) * 86400000)
#define SESSION_LONGEST_MS (INT64_C(90) * 86400000)

struct sessions;

/* `path` is copied; NULL: in memory only. A file that is not there, or not as it should be, is no sessions. NULL: out of memory. */
struct sessions *sessions_new(const char *path);
void sessions_free(struct sessions **s);

/* 80 random bits. The oldest of SESSION_CODES gives way. ERR_INTERNAL: no randomness. */
enum err session_code(struct sessions *s, int64_t now_mono_ms, char out[static SESSION_CODE_LEN + 1]);
/* The code in any case, hyphens and spaces ignored; it is used up. ERR_PAGE_CODE: not one, used, or too old. */
enum err session_begin(
    struct sessions *s, const char *code, int64_t now_mono_ms, int64_t now_utc_ms, char out[static SESSION_ID_LEN + 1]);
/* Notes the use: in the file at most once a day. */
bool session_valid(struct sessions *s, const char *id, int64_t now_utc_ms);
/* Of the id whose SHA-256 is `hash`: the time until its session ends unused; 0: there is none. Notes no use. */
int64_t session_left_ms(const struct sessions *s, const uint8_t hash[static KEY_HASH], int64_t now_utc_ms);
void session_end(struct sessions *s, const char *id);
/* How many there were. */
size_t session_end_all(struct sessions *s);
#endif
