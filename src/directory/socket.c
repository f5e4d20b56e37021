#include "directory/socket.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

static int64_t now_ms(void)
{
    struct timespec now = {0};

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Waits until a connection that has been begun stands; 0, or an errno. */
static int wait_connected(int fd, int timeout_ms)
{
    struct pollfd wanted = {.fd = fd, .events = POLLOUT};
    socklen_t size = sizeof(int);
    int code = 0, n;

    do {
        n = poll(&wanted, 1, timeout_ms);
    } while (n < 0 && errno == EINTR);
    if (n == 0) {
        return ETIMEDOUT;
    }
    if (n < 0 || getsockopt(fd, SOL_SOCKET, SO_ERROR, &code, &size) != 0) {
        return errno;
    }
    return code;
}

/* A connected blocking descriptor, or -1 and errno. */
static int connect_to(const struct sockaddr *address, socklen_t size, int timeout_ms)
{
    static const int on = 1;
    int fd = socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    int code = 0;

    if (fd < 0) {
        return -1;
    }
    if (connect(fd, address, size) != 0) {
        code = errno == EINPROGRESS ? wait_connected(fd, timeout_ms) : errno;
    }
    if (code == 0 && fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) & ~O_NONBLOCK) != 0) {
        code = errno;
    }
    if (code != 0) {
        (void)close(fd);
        errno = code;
        return -1;
    }
    if (address->sa_family != AF_UNIX) {
        (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
        (void)setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
    }
    return fd;
}

static enum fault refuse(int code, struct why *why)
{
    switch (code) {
    case ECONNREFUSED:
        return fault_at(FAULT_ABSENT, 0,
                        "nobody listens there (is the port right, and the server running?)", why);
    case ENOENT:
        return fault_at(FAULT_ABSENT, 0, "no such socket (is the server running?)", why);
    case ETIMEDOUT:
        return fault_at(FAULT_RESOURCE, 0,
                        "the server does not answer (is the host right? does a firewall stand "
                        "between? --timeout waits longer)",
                        why);
    case EHOSTUNREACH:
    case ENETUNREACH:
        return fault_at(FAULT_RESOURCE, 0, "the host cannot be reached from here", why);
    default:
        return fault_at(FAULT_RESOURCE, 0, strerrordesc_np(code), why);
    }
}

static enum fault open_path(const char *path, int timeout_ms, int *out, struct why *why)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t length = strlen(path);

    if (length >= sizeof(address.sun_path)) {
        return fault_at(FAULT_ABSENT, 0, "the path of the socket is too long", why);
    }
    memcpy(address.sun_path, path, length + 1);
    *out = connect_to((const struct sockaddr *)&address, sizeof(address), timeout_ms);
    return *out >= 0 ? FAULT_NONE : refuse(errno, why);
}

static enum fault open_first(const struct addrinfo *first, int timeout_ms, int *out,
                             struct why *why)
{
    int64_t deadline = now_ms() + timeout_ms;
    int code = ETIMEDOUT;

    for (const struct addrinfo *at = first; at != NULL; at = at->ai_next) {
        int64_t left = deadline - now_ms();

        if (at->ai_next != NULL) { /* one that is silent leaves time for the others */
            left /= 2;
        }
        if (left <= 0) {
            code = ETIMEDOUT;
            break;
        }
        *out = connect_to(at->ai_addr, at->ai_addrlen, (int)left);
        if (*out >= 0) {
            return FAULT_NONE;
        }
        code = errno;
    }
    return refuse(code, why);
}

enum fault directory_socket_open(const struct directory_url *url, int timeout_ms, int *out,
                                 struct why *why)
{
    static const struct addrinfo wanted = {.ai_socktype = SOCK_STREAM,
                                           .ai_flags = AI_ADDRCONFIG | AI_NUMERICSERV};
    struct addrinfo *found = NULL;
    char port[16];
    int code;
    enum fault fault;

    if (url->scheme == DIRECTORY_LDAPI) {
        return open_path(url->host, timeout_ms, out, why);
    }
    (void)snprintf(port, sizeof(port), "%d", url->port);
    code = getaddrinfo(url->host, port, &wanted, &found);
    if (code == EAI_NONAME || code == EAI_NODATA || code == EAI_ADDRFAMILY) {
        return fault_at(FAULT_ABSENT, 0, "no such host", why);
    }
    if (code != 0) {
        return fault_at(FAULT_RESOURCE, 0, gai_strerror(code), why);
    }
    fault = open_first(found, timeout_ms, out, why);
    freeaddrinfo(found);
    return fault;
}
