/* SPDX-License-Identifier: Apache-2.0 */
#include "client/terminal/guard.h"
#include <curl/curl.h>
#include <jansson.h>
#include <link.h>
#include <malloc.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static void wiping_free(void *p)
{
    if (!p)
        return;
    explicit_bzero(p, malloc_usable_size(p));
    free(p);
}

static void *wiping_realloc(void *p, size_t n)
{
    size_t had = p ? malloc_usable_size(p) : 0;
    if (n && n <= had && n > had / 2)
        return p;
    void *q = n ? malloc(n) : NULL;
    if (n && !q)
        return NULL;
    if (q && p)
        memcpy(q, p, had < n ? had : n);
    wiping_free(p);
    return q;
}

void guard_process(void)
{
    const struct rlimit none = {0, 0};
    setrlimit(RLIMIT_CORE, &none);
    prctl(PR_SET_DUMPABLE, 0);
    mallopt(M_ARENA_MAX, 1);
    json_set_alloc_funcs(malloc, wiping_free);
    /* The request that asks about a number goes through libcurl's upload buffer. Without it nothing could be asked at all, so a failure
     * shows soon enough. */
    curl_global_init_mem(CURL_GLOBAL_SSL, malloc, wiping_free, wiping_realloc, strdup, calloc);
}

/* Relocated code is no longer what the file says. */
static bool is_patched(const struct dl_phdr_info *info)
{
    for (size_t i = 0; i < info->dlpi_phnum; i++) {
        if (info->dlpi_phdr[i].p_type != PT_DYNAMIC)
            continue;
        const ElfW(Dyn) *d = (const ElfW(Dyn) *)(info->dlpi_addr + info->dlpi_phdr[i].p_vaddr);
        for (; d->d_tag != DT_NULL; d++)
            if (d->d_tag == DT_TEXTREL || (d->d_tag == DT_FLAGS && (d->d_un.d_val & DF_TEXTREL)))
                return true;
    }
    return false;
}

static int let_go_of(struct dl_phdr_info *info, size_t size, void *ctx)
{
    const uintptr_t page = *(const uintptr_t *)ctx;
    (void)size;
    if (strncmp(info->dlpi_name, "linux-", 6) == 0 || is_patched(info)) /* the kernel's own code is no file */
        return 0;
    for (size_t i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *h = &info->dlpi_phdr[i];
        uintptr_t from = (info->dlpi_addr + h->p_vaddr + page - 1) / page * page;
        uintptr_t to = (info->dlpi_addr + h->p_vaddr + h->p_memsz) / page * page;
        if (h->p_type == PT_LOAD && !(h->p_flags & PF_W) && from < to)
            madvise((void *)from, to - from, MADV_DONTNEED);
    }
    return 0;
}

void guard_let_go(void)
{
    static bool gone;
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    if (gone)
        return;
    gone = true;
    dl_iterate_phdr(let_go_of, &page);
    malloc_trim(0);
}

int guard_signals(void)
{
    sigset_t set;
    signal(SIGPIPE, SIG_IGN);
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    if (sigprocmask(SIG_BLOCK, &set, NULL))
        return -1;
    return signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
}

void guard_notify(const char *state)
{
    const char *path = getenv("NOTIFY_SOCKET");
    struct sockaddr_un sa = {.sun_family = AF_UNIX};
    size_t n = path ? strlen(path) : 0;
    if (!n || n >= sizeof sa.sun_path || (path[0] != '/' && path[0] != '@'))
        return;
    memcpy(sa.sun_path, path, n);
    if (path[0] == '@') /* Linux: an abstract address */
        sa.sun_path[0] = 0;
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return;
    socklen_t len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n);
    if (sendto(fd, state, strlen(state), MSG_NOSIGNAL, (const struct sockaddr *)&sa, len) < 0)
        (void)0; /* nobody to tell */
    close(fd);
}
