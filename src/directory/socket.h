#ifndef DIRECTORY_SOCKET_H
#define DIRECTORY_SOCKET_H

#include "directory/url.h"

/*
 * Connects to the server of the URL: every address that its name has is tried, in the order of the
 * resolver, all of them together within `timeout_ms`. The descriptor is a blocking one.
 *
 * FAULT_ABSENT    no such host or socket, nobody listens
 * FAULT_RESOURCE  nobody answers in time, the network is down, memory
 */
MUST_USE enum fault directory_socket_open(const struct directory_url *url, int timeout_ms, int *out,
                                          struct why *why);

#endif
