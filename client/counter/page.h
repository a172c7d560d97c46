/* SPDX-License-Identifier: Apache-2.0 */
/* The files of the cashier's page (client/counter/page), as the build put them into the program. */
#ifndef HUIKA_PAGE_H
#define HUIKA_PAGE_H
#include <stddef.h>

struct page_file {
    const char *path; /* "/", "/app.js" */
    const char *type; /* Content-Type */
    const char *tag;  /* ETag with its quotes */
    const unsigned char *gzip;
    size_t len;
};

extern const struct page_file page_files[];
extern const size_t page_file_cnt;
#endif
