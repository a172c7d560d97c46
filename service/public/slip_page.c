/* SPDX-License-Identifier: Apache-2.0 */
#include "service/public/parts.h"

void slip_page(struct visit *v)
{
    if (!guess_may(&v->public->guess, visit_address(v), v->now_mono_ms)) {
        page_nothing(v, MHD_HTTP_TOO_MANY_REQUESTS);
        return;
    }
    guess_missed(&v->public->guess, visit_address(v), v->now_mono_ms);
    page_nothing(v, MHD_HTTP_NOT_FOUND);
}

void slip_form(struct visit *v)
{
    slip_page(v);
}
