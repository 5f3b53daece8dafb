/* What is done to PostgreSQL's processes and disks. */
#pragma once
#include "fixture.h"

/* A signal to every process of the fixture's PostgreSQL. */
void harm_signal_postgres(const struct fixture *f, int signal);

/* The same of the cluster in `folder`; to how many. 0 as a signal only counts. */
int harm_signal_cluster(const char *folder, int signal);

/* Bytes left on the disk below the fixture's data. */
long long harm_room(const struct fixture *f);

/* Fills it but for `leave` bytes, in no time; harm_clear takes that away again. */
void harm_fill(const struct fixture *f, long long leave);
void harm_clear(const struct fixture *f);
