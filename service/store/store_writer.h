/* SPDX-License-Identifier: Apache-2.0 */
/* The writer thread: takes what is waiting, runs it in one transaction (a savepoint for each job), commits once, raises the
 * commit number, then tells those who wait. Private to service/store. */
#ifndef HUIKA_STORE_WRITER_H
#define HUIKA_STORE_WRITER_H
#include "service/store/store.h"

/* s->writer is open. ERR_NOMEM if no thread can be had. */
enum err store_writer_start(struct store *s);
/* Finishes what was submitted and ends the thread; jobs that come later get ERR_STOPPING. */
void store_writer_stop(struct store *s);
/* Ends snapshots that nobody uses and that are not of the last commit, so that the log can be begun anew (store.c). */
void store_retire_snapshots(struct store *s);
#endif
