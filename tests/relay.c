/* The process of a proxy: relay TARGET messages|bytes; listens at 0, its orders are at 3. */
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "relay.h"

/* PostgreSQL asks the system who connects: as the user whose folder it is. */
static void become_owner(const char *target)
{
	struct stat info;
	if (!geteuid() && !stat(target, &info) && info.st_uid &&
	    (setgid(info.st_gid) || setuid(info.st_uid)))
		_exit(1);
}

int main(int argc, char **argv)
{
	struct relay_orders *orders =
		mmap(NULL, sizeof *orders, PROT_READ | PROT_WRITE, MAP_SHARED, 3, 0);
	if (argc != 3 || orders == MAP_FAILED)
		return 2;
	become_owner(argv[1]);
	/* After that, which would undo it. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	relay_run(STDIN_FILENO, argv[1], !strcmp(argv[2], "messages"), orders);
}
