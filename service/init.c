/* SPDX-License-Identifier: Apache-2.0 */
#include "service/init.h"
#include "base/file.h"
#include "service/init_make.h"
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static enum err wrong(char *why, const char *what, enum err e)
{
    snprintf(why, INIT_WHY, "%s", what);
    return e;
}

/* Splits the list in m->host_text. */
static enum err split_hosts(struct init_work *m, const char *hosts)
{
    char *at = m->host_text, *end;
    if (strlen(hosts) >= sizeof m->host_text)
        return ERR_TOO_LARGE;
    for (size_t i = 0; i <= strlen(hosts); i++)
        m->host_text[i] = (char)tolower((unsigned char)hosts[i]);
    for (size_t n = 0; at; at = end, n++) {
        end = strchr(at, ',');
        if (end)
            *end++ = 0;
        if (n == CA_HOSTS || !invite_host_ok(at))
            return ERR_BAD_VALUE;
        m->host[n] = at;
    }
    return ERR_OK;
}

/* It stands in every card's QR, so its form and length are bounded (proto/card.h). */
static enum err set_public_host(struct init_work *m, const char *host)
{
    if (strlen(host) > CARD_HOST_MAX || !invite_host_ok(host) || strchr(host, ':'))
        return ERR_BAD_VALUE;
    for (size_t i = 0; i <= strlen(host); i++)
        m->public_host[i] = (char)tolower((unsigned char)host[i]);
    return invite_host_ok(m->public_host) ? ERR_OK : ERR_BAD_VALUE;
}

static enum err set_public_files(struct init_work *m, const struct init_options *o)
{
    if (!o->public_cert && !o->public_key)
        return ERR_OK;
    if (!o->public_cert || !o->public_key || access(o->public_cert, R_OK) || access(o->public_key, R_OK))
        return ERR_BAD_VALUE;
    return realpath(o->public_cert, m->public_cert) && realpath(o->public_key, m->public_key) ? ERR_OK : ERR_IO;
}

static enum err check(struct init_work *m, const struct init_options *o, char *why)
{
    enum err e;
    if (o->port < 1 || o->port > UINT16_MAX)
        return wrong(why, "--port", ERR_BAD_VALUE);
    if (o->public_port < 1 || o->public_port > UINT16_MAX)
        return wrong(why, "--public-port", ERR_BAD_VALUE);
    m->port = (uint16_t)o->port;
    m->public_port = (uint16_t)o->public_port;
    if ((e = split_hosts(m, o->hosts)))
        return wrong(why, "--host", e);
    if ((e = set_public_host(m, o->public_host ? o->public_host : m->host[0])))
        return wrong(why, "--public-host", e);
    if ((e = set_public_files(m, o)))
        return wrong(why, "--public-cert, --public-key", e);
    return ERR_OK;
}

/* An empty directory is as good as none: rename() replaces it in one step, and nothing else. */
static enum err check_free(const char *dir)
{
    struct stat st;
    if (lstat(dir, &st))
        return errno == ENOENT ? ERR_OK : file_err(errno);
    if (!S_ISDIR(st.st_mode))
        return ERR_EXISTS;
    DIR *d = opendir(dir);
    if (!d)
        return file_err(errno);
    size_t n = 0;
    while (readdir(d))
        n++;
    closedir(d);
    return n > 2 ? ERR_EXISTS : ERR_OK;
}

static enum err sync_dir(const char *path)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return file_err(errno);
    enum err e = fsync(fd) ? file_err(errno) : ERR_OK;
    close(fd);
    return e;
}

static enum err move_into_place(const char *from, const char *dir)
{
    char parent[PATH_MAX];
    const char *slash = strrchr(dir, '/');
    enum err e = sync_dir(from);
    if (e)
        return e;
    if (rename(from, dir))
        return errno == ENOTEMPTY || errno == EEXIST || errno == ENOTDIR ? ERR_EXISTS : file_err(errno);
    if ((size_t)snprintf(parent, sizeof parent, "%.*s", slash ? (int)(slash - dir + 1) : 1, slash ? dir : ".") >=
        sizeof parent)
        return ERR_TOO_LARGE;
    return sync_dir(parent);
}

static void remove_files(const char *dir)
{
    char path[PATH_MAX];
    DIR *d = opendir(dir);
    if (!d)
        return;
    for (struct dirent *f; (f = readdir(d));)
        if (strcmp(f->d_name, ".") && strcmp(f->d_name, "..") && !file_path(dir, f->d_name, path, sizeof path))
            unlink(path);
    closedir(d);
    rmdir(dir);
}

/* Only what init_make_all puts there: three directories one level deep. */
static void clean_up(const char *dir)
{
    static const char *const sub[] = {"offline", "keys", "admin"};
    char path[PATH_MAX];
    for (size_t i = 0; i < sizeof sub / sizeof *sub; i++)
        if (!file_path(dir, sub[i], path, sizeof path))
            remove_files(path);
    remove_files(dir);
}

enum err init_make(const struct init_options *o, int64_t at_utc_ms, char why[static INIT_WHY])
{
    struct init_work m = {.at_utc_ms = at_utc_ms};
    char dir[PATH_MAX];
    size_t len = strlen(o->dir);
    why[0] = 0;
    while (len > 1 && o->dir[len - 1] == '/')
        len--;
    if (!len || (size_t)snprintf(dir, sizeof dir, "%.*s", (int)len, o->dir) >= sizeof dir ||
        (size_t)snprintf(m.dir, sizeof m.dir, "%s.tmp-XXXXXX", dir) >= sizeof m.dir)
        return wrong(why, "DIR", ERR_BAD_VALUE);
    enum err e = check(&m, o, why);
    if (!e)
        e = check_free(dir);
    if (e)
        return e;
    if (!mkdtemp(m.dir))
        return file_err(errno);
    e = init_make_all(&m);
    if (!e)
        e = move_into_place(m.dir, dir);
    if (e)
        clean_up(m.dir);
    init_work_release(&m);
    return e;
}
