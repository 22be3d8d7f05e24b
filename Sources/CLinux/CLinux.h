// The Linux calls that Swift's Glibc module does not carry. No logic lives here.
#ifndef CLINUX_H
#define CLINUX_H

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <spawn.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/un.h>
#include <unistd.h>

// glibc 2.32; declared under _GNU_SOURCE only. strerrorname_np(3): "ECONNRESET" for 104, NULL for an unknown number.
extern const char *strerrorname_np(int errnum);
// accept4(2) and pthread_setname_np(3): the same.
extern int accept4(int sockfd, struct sockaddr *addr, socklen_t *addrlen, int flags);
extern int pthread_setname_np(pthread_t thread, const char *name);
// glibc 2.30, sem_wait(3): the same.
extern int sem_clockwait(sem_t *sem, clockid_t clockid, const struct timespec *abstime);
// glibc 2.34, posix_spawn(3): a child without the descriptors from a number on. The tests' children.
extern int posix_spawn_file_actions_addclosefrom_np(posix_spawn_file_actions_t *actions, int from);

// recv(2) and send(2) for threads that nobody cancels. The library's own are cancellation points (pthreads(7)), and where there
// is more than one thread they say so before and after each call, with locked instructions: a twentieth of all that relaying a
// message takes. Here because syscall(2) is variadic, which Swift does not call.
static inline ssize_t uncancelled_recv(int sockfd, void *buffer, size_t length, int flags) {
    return syscall(SYS_recvfrom, sockfd, buffer, length, flags, (void *)0, (void *)0);
}

static inline ssize_t uncancelled_send(int sockfd, const void *bytes, size_t length, int flags) {
    return syscall(SYS_sendto, sockfd, bytes, length, flags, (void *)0, (void *)0);
}

#endif
