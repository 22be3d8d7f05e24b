// The Linux calls that Swift's Glibc module does not carry. Declarations only: no logic lives here.
#ifndef CLINUX_H
#define CLINUX_H

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/un.h>

// glibc 2.32; declared under _GNU_SOURCE only. strerrorname_np(3): "ECONNRESET" for 104, NULL for an unknown number.
extern const char *strerrorname_np(int errnum);
// accept4(2) and pthread_setname_np(3): the same.
extern int accept4(int sockfd, struct sockaddr *addr, socklen_t *addrlen, int flags);
extern int pthread_setname_np(pthread_t thread, const char *name);
// glibc 2.34, posix_spawn(3): a child without the descriptors from a number on. The tests' children.
extern int posix_spawn_file_actions_addclosefrom_np(posix_spawn_file_actions_t *actions, int from);

#endif
