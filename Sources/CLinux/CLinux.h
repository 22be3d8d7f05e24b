// The Linux calls that Swift's Glibc module does not carry. No logic lives here.
#ifndef CLINUX_H
#define CLINUX_H

#include <errno.h>
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

// The system calls of the hot path, for threads that nobody cancels; a failure comes as its negative number, and errno stays as
// it is but where syscall(2) is used. The library's own are cancellation points (pthreads(7)), and where there is more than one
// thread they say so before and after each call, with locked instructions: a twentieth of all that relaying a message takes.
// And each function that returns after the kernel was entered is one whose return the processor guesses wrong (10 ns), so that
// where this is written for the processor, it is none.
static inline long system_call(long number, long a, const void *b, long c, long d, long e, long f) {
#if defined(__x86_64__)
    // System V ABI, AMD64 supplement, A.2.1.
    long result;
    register long r10 __asm__("r10") = d;
    register long r8 __asm__("r8") = e;
    register long r9 __asm__("r9") = f;
    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                     : "rcx", "r11", "memory");
    return result;
#else
    long result = syscall(number, a, b, c, d, e, f);
    return result < 0 ? -errno : result;
#endif
}

// recv(2).
static inline ssize_t uncancelled_recv(int sockfd, void *buffer, size_t length, int flags) {
    return system_call(SYS_recvfrom, sockfd, buffer, length, flags, 0, 0);
}

// send(2).
static inline ssize_t uncancelled_send(int sockfd, const void *bytes, size_t length, int flags) {
    return system_call(SYS_sendto, sockfd, bytes, length, flags, 0, 0);
}

// epoll_wait(2).
static inline int uncancelled_epoll_wait(int epfd, struct epoll_event *events, int maximum, int milliseconds) {
    // With no mask of signals; aarch64 has no SYS_epoll_wait.
    return (int)system_call(SYS_epoll_pwait, epfd, events, maximum, milliseconds, 0, 0);
}

#endif
