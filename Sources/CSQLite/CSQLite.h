// libsqlite3, and the locks its writer needs. Declarations only: no logic lives here.
#ifndef CSQLITE_H
#define CSQLITE_H

#include <sqlite3.h>
#include <sys/file.h>

#endif
