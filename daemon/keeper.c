#include "keeper.h"

#include <signal.h>
#include <stdio.h>
#include <systemd/sd-daemon.h>

#include "home.h"
#include "log.h"
#include "process.h"

/* PostgreSQL is started again when it dies; without it there is nothing to do here. */
static void keep(struct embedded *e)
{
	sigset_t awaited;
	int signal = 0;

	sigemptyset(&awaited);
	sigaddset(&awaited, SIGTERM);
	sigaddset(&awaited, SIGINT);
	sigaddset(&awaited, SIGCHLD);
	while (sigwait(&awaited, &signal) == 0 && signal == SIGCHLD)
		embedded_revive(e);
}

int keeper_run(struct config *config)
{
	struct embedded e;
	char error[2400] = "Say where: --postgresql DIR, a folder of the user that shall run "
			   "PostgreSQL; without it coachd --data runs its own.";
	bool started;

	if (!*config->postgresql || !home_claim_cluster(&e, config, error, sizeof error)) {
		fprintf(stderr, "coachd: %s\n", error);
		return 1;
	}
	process_hold_signals();
	started = embedded_start(&e, error, sizeof error) &&
		  embedded_make_database(&e, error, sizeof error);
	if (started) {
		log_info("keeper", "PostgreSQL answers in %s", e.socket);
		sd_notify(0, "READY=1");
		keep(&e);
		sd_notify(0, "STOPPING=1");
	} else if (process_asked_to_stop()) {
		started = true;
	} else {
		fprintf(stderr, "coachd: %s\n", error);
	}
	embedded_stop(&e);
	return started ? 0 : 1;
}
