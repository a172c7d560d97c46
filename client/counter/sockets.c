/* SPDX-License-Identifier: Apache-2.0 */
#include "client/counter/sockets.h"
#include "base/log.h"
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { BACKLOG = 128 };

/* getgrnam would load name service libraries for one line of a file. */
static bool huika_group(gid_t *out)
{
    char line[1024];
    bool found = false;
    FILE *f = fopen("/etc/group", "re");
    while (f && !found && fgets(line, sizeof line, f)) {
        const char *id = strncmp(line, "huika:", 6) ? NULL : strchr(line + 6, ':');
        if (id) {
            *out = (gid_t)strtoul(id + 1, NULL, 10);
            found = true;
        }
    }
    if (f)
        fclose(f);
    return found;
}

/* Left over by a process that was killed? */
static enum err clear_stale(const struct sockaddr_un *sa)
{
    struct stat st;
    if (lstat(sa->sun_path, &st))
        return errno == ENOENT ? ERR_OK : ERR_IO;
    if (!S_ISSOCK(st.st_mode))
        return ERR_EXISTS;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return ERR_IO;
    bool alive = !connect(fd, (const struct sockaddr *)sa, sizeof *sa) || errno == EAGAIN;
    close(fd);
    if (alive)
        return ERR_ADDRESS_BUSY;
    return unlink(sa->sun_path) ? ERR_IO : ERR_OK;
}

/* The socket lies in the state directory, which is private: the group may pass through it, not look around. */
static void admit_group(const char *path, gid_t group)
{
    char dir[sizeof((struct sockaddr_un *)0)->sun_path];
    struct stat st;
    const char *slash = strrchr(path, '/');
    if (!slash || slash == path)
        return;
    memcpy(dir, path, (size_t)(slash - path));
    dir[slash - path] = 0;
    bool failed = chown(path, (uid_t)-1, group) != 0;
    if (!failed && !stat(dir, &st) && st.st_uid == geteuid() && (st.st_mode & 0777) == 0700)
        failed = chown(dir, (uid_t)-1, group) || chmod(dir, 0710);
    if (failed)
        log_warn("%s: not given to group huika: %s", path, strerror(errno));
}

enum err sockets_unix(const char *path, int *fd)
{
    struct sockaddr_un sa = {.sun_family = AF_UNIX};
    gid_t group = 0;
    if (strlen(path) >= sizeof sa.sun_path)
        return ERR_TOO_LARGE;
    memcpy(sa.sun_path, path, strlen(path) + 1);
    enum err e = clear_stale(&sa);
    if (e)
        return e;
    int s = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (s < 0)
        return ERR_IO;
    mode_t before = umask(0117);
    int failed = bind(s, (const struct sockaddr *)&sa, sizeof sa);
    umask(before);
    if (!failed && huika_group(&group))
        admit_group(path, group);
    if (failed || listen(s, BACKLOG)) {
        close(s);
        return ERR_IO;
    }
    *fd = s;
    return ERR_OK;
}

enum err sockets_tcp(const struct sockaddr_storage *sa, int *fd, uint16_t *port)
{
    struct sockaddr_storage bound;
    socklen_t len = sizeof bound;
    int one = 1, s = socket(sa->ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (s < 0)
        return ERR_IO;
    setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    socklen_t want = sa->ss_family == AF_INET6 ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in);
    if (bind(s, (const struct sockaddr *)sa, want) || listen(s, BACKLOG) ||
        getsockname(s, (struct sockaddr *)&bound, &len)) {
        enum err e = errno == EADDRINUSE ? ERR_ADDRESS_BUSY : ERR_IO;
        close(s);
        return e;
    }
    struct sockaddr_in in; /* sin_port and sin6_port lie at the same place */
    memcpy(&in, &bound, sizeof in);
    *port = ntohs(in.sin_port);
    *fd = s;
    return ERR_OK;
}
