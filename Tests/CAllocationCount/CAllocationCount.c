#include "CAllocationCount.h"

#include <errno.h>
#include <malloc.h>
#include <stddef.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define ALLOCATOR_IS_TAKEN 1
#endif
#endif

#ifdef ALLOCATOR_IS_TAKEN

long allocation_count(void) { return -1; }
long allocated_byte_count(void) { return -1; }

#else

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *memory, size_t size);
extern void *__libc_memalign(size_t alignment, size_t size);
extern void __libc_free(void *memory);

static __thread long count;
static __thread long byte_count;

long allocation_count(void) { return count; }

long allocated_byte_count(void) { return byte_count; }

static void *counted(void *memory) {
    count++;
    if (memory) byte_count += (long)malloc_usable_size(memory);
    return memory;
}

void *malloc(size_t size) { return counted(__libc_malloc(size)); }

void *calloc(size_t number, size_t size) { return counted(__libc_calloc(number, size)); }

void *realloc(void *memory, size_t size) {
    long before = memory ? (long)malloc_usable_size(memory) : 0;
    void *made = counted(__libc_realloc(memory, size));
    if (made || size == 0) byte_count -= before;
    return made;
}

void *memalign(size_t alignment, size_t size) { return counted(__libc_memalign(alignment, size)); }

void free(void *memory) {
    if (memory) byte_count -= (long)malloc_usable_size(memory);
    __libc_free(memory);
}

void *aligned_alloc(size_t alignment, size_t size) { return memalign(alignment, size); }

int posix_memalign(void **memory, size_t alignment, size_t size) {
    void *made = memalign(alignment, size);
    if (!made) return ENOMEM;
    *memory = made;
    return 0;
}

#endif
