/* SPDX-License-Identifier: Apache-2.0 */
/* One line per event on standard error. Libraries do not log; programs and ports do, once, where a thing is detected.
 * Never hand it a card number, a token, a name or a key. */
#ifndef HUIKA_LOG_H
#define HUIKA_LOG_H

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };

/* Lines below `min` are dropped; the default is LOG_INFO. Call before threads start. */
void log_set_level(enum log_level min);
/* "2026-01-01T00:00:00.000Z info text\n" in one write(2); control characters are replaced by '?', lines end at 1,000
 * bytes. Thread-safe. */
void log_line(enum log_level level, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#define log_debug(...) log_line(LOG_DEBUG, __VA_ARGS__)
#define log_info(...)  log_line(LOG_INFO, __VA_ARGS__)
#define log_warn(...)  log_line(LOG_WARN, __VA_ARGS__)
#define log_error(...) log_line(LOG_ERROR, __VA_ARGS__)
#endif
