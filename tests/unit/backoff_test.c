/* SPDX-License-Identifier: Apache-2.0 */
#include "client/ports/backoff.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants the four above first */
#include <cmocka.h>

/* Between half and the whole of a step that doubles up to its bound; from the beginning again after a success. */
static void it_doubles_with_jitter_up_to_its_bound(void **state)
{
    struct backoff b = {.first_ms = 250, .max_ms = 30000};
    int64_t least = INT64_MAX, most = 0;
    (void)state;
    for (int round = 0; round < 200; round++) {
        for (int64_t step = 250; step < 30000; step *= 2) {
            int64_t wait = backoff_next(&b);
            assert_in_range(wait, step / 2, step);
            if (step == 250 && wait < least)
                least = wait;
            if (step == 250 && wait > most)
                most = wait;
        }
        for (int i = 0; i < 3; i++)
            assert_in_range(backoff_next(&b), 15000, 30000);
        backoff_reset(&b);
    }
    assert_true(least < 160 && most > 220); /* not in step */
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(it_doubles_with_jitter_up_to_its_bound)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
