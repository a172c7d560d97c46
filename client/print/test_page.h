/* SPDX-License-Identifier: Apache-2.0 */
/* The page of `huika print test`: which settings are in force, and what goes wrong on paper if one of them does not fit. Pure. */
#ifndef HUIKA_TEST_PAGE_H
#define HUIKA_TEST_PAGE_H
#include "client/print/doc.h"

struct test_page {
    const char *shop_name; /* UTF-8, borrowed */
    struct escpos_device device;
};

/* *t is borrowed. */
struct doc test_page_doc(const struct test_page *t);
#endif
