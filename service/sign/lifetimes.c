/* SPDX-License-Identifier: Apache-2.0 */
#include "service/sign/lifetimes.h"
#include "base/file.h"
#include "base/log.h"
#include "base/tm.h"
#include "service/sign/ca.h"
#include <limits.h>
#include <openssl/x509.h>

static unsigned warn(const char *what, int64_t until_utc_ms, int64_t at_utc_ms)
{
    char day[20];
    if (until_utc_ms - at_utc_ms > LIFETIMES_WARN_MS)
        return 0;
    tm_local(until_utc_ms, day);
    log_warn("%s ends at %s (Shanghai): huika-service renew, then restart", what, day);
    return 1;
}

unsigned lifetimes_warn(const char *dir, const struct service_keys *k, int64_t at_utc_ms)
{
    char path[PATH_MAX];
    X509 *server = NULL;
    unsigned cnt = warn("the trust notice", k->trust_notice.not_after_utc_ms, at_utc_ms);
    if (!file_path(dir, "server.crt", path, sizeof path) && !ca_cert_load(path, &server))
        cnt += warn("the server's certificate", ca_not_after_utc_ms(server), at_utc_ms);
    cnt += warn("the server's authority", ca_not_after_utc_ms(k->server_ca), at_utc_ms);
    cnt += warn("the terminals' authority", ca_not_after_utc_ms(k->terminal_ca), at_utc_ms);
    cnt += warn("the administrators' authority", ca_not_after_utc_ms(k->admin_ca), at_utc_ms);
    X509_free(server);
    return cnt;
}
