// Counts what this thread asks of the allocator: the whole process's malloc(3) and its kin are replaced by ones that count
// and hand on to glibc's.
#ifndef CALLOCATIONCOUNT_H
#define CALLOCATIONCOUNT_H

/// How many allocations this thread has made so far, resized ones included; -1 where a sanitizer has the allocator.
long allocation_count(void);

/// How many more bytes this thread has got from the allocator than it gave back, as the allocator rounds them; -1 likewise.
long allocated_byte_count(void);

#endif
