/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The life of a program. All that this file does is order. What can be found wrong without touching
 * the machine is found first: the command line, then the whole configuration file, before EAL is
 * started. The sections of the configuration then start the parts (control socket, workers, ports,
 * network layers; whatever is linked in), and stop them in reverse; whatever fails, what was
 * started before it is stopped again, and the last line on standard error says why.
 *
 * The main lcore's thread is the control thread and runs the event loop. The signals that concern
 * it are blocked before any other thread exists and read from a descriptor, so that a handler
 * never runs in a worker and no work is ever interrupted halfway.
 */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include <rte_eal.h>

#include "app_priv.h"
#include "xebra_conf.h"
#include "xebra_ctl.h"
#include "xebra_log.h"
#include "xebra_loop.h"

static sigset_t
our_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	return set;
}

static void
reload(void)
{
	struct xebra_err err = {0};
	struct timespec now;
	char text[96];

	clock_gettime(CLOCK_MONOTONIC, &now);
	snprintf(text, sizeof(text), "RELOADING=1\nMONOTONIC_USEC=%" PRIu64,
		(uint64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000);
	app_notify(text);
	if (xebra_conf_reload(&err) < 0)
		XEBRA_LOG(ERR, "reload refused, nothing is changed: %s", err.text);
	else
		XEBRA_LOG(NOTICE, "configuration reloaded");
	app_notify("READY=1");
}

static void
take_signal(int fd, uint32_t events, void *arg)
{
	struct signalfd_siginfo info;

	(void)events;
	(void)arg;
	while (read(fd, &info, sizeof(info)) == sizeof(info)) {
		if (info.ssi_signo == SIGHUP)
			reload();
		else
			xebra_loop_stop();
	}
}

static int
watch_signals(int *fd, struct xebra_err *err)
{
	sigset_t set = our_signals();
	int rc;

	*fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	if (*fd < 0)
		return xebra_err_set(err, -errno, "signals: %s", strerror(errno));
	rc = xebra_loop_watch(*fd, EPOLLIN, take_signal, NULL);
	if (rc < 0) {
		close(*fd);
		return xebra_err_set(err, rc, "signals: %s", strerror(-rc));
	}
	return 0;
}

/* The configuration is in place: serve until told to stop. */
static int
serve(const struct app *app, const struct app_args *args, struct xebra_err *err)
{
	int rc = 0;

	/* Before the shell, whose prompt stays the last on the terminal. */
	XEBRA_LOG(NOTICE, "%s " XEBRA_VERSION " is running", app->name);
	if (args->interactive)
		rc = xebra_shell_start(err);
	if (rc < 0)
		return rc;
	app_notify("READY=1");
	rc = xebra_loop_run();
	if (rc < 0)
		xebra_err_set(err, rc, "event loop: %s", strerror(-rc));
	app_notify("STOPPING=1");
	xebra_shell_stop();
	return rc;
}

/* From a started EAL, where there is one, to the end. */
static int
run(const struct app *app, const struct app_args *args, struct xebra_err *err)
{
	int signal_fd = -1;
	int rc;

	rc = xebra_loop_init();
	if (rc < 0) {
		xebra_err_set(err, rc, "event loop: %s", strerror(-rc));
		goto end;
	}
	rc = watch_signals(&signal_fd, err);
	if (rc < 0)
		goto end;
	rc = xebra_ctl_start(args->socket, err);
	if (rc < 0)
		goto end;
	rc = xebra_conf_install(err);
	if (rc == 0)
		rc = serve(app, args, err);
	xebra_conf_stop();
	xebra_ctl_stop();
end:
	xebra_loop_fini();
	if (signal_fd >= 0)
		close(signal_fd);
	return rc;
}

/* What can be known without EAL. */
static int
prepare(int argc, char **argv, const struct app *app, struct app_args *args, struct xebra_err *err)
{
	sigset_t set = our_signals();
	int rc;

	rc = app_args_parse(argc, argv, app, args, err);
	if (rc < 0 || args->help)
		return rc;
	rc = xebra_conf_load(args->config, app->before_check, err);
	if (rc < 0)
		return rc;
	signal(SIGPIPE, SIG_IGN);
	if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
		return xebra_err_set(err, -errno, "signals: %s", strerror(errno));
	return 0;
}

int
app_main(int argc, char **argv, const struct app *app)
{
	struct xebra_err err = {0};
	struct app_args args;
	int status;
	int rc;

	xebra_ctl_default_socket(app->socket);
	if (app_offline(argc, argv, app, &status))
		return status;
	rc = prepare(argc, argv, app, &args, &err);
	if (rc == 0 && args.help)
		return app_help(app, NULL);
	if (rc == 0 && args.eal)
		rc = app_eal_init(args.eal_argc, argv, &err);
	if (rc == 0) {
		rc = run(app, &args, &err);
		if (args.eal)
			rte_eal_cleanup();
	}
	/* EAL's usage text may still be in the buffer: the last line is ours. */
	fflush(stdout);
	if (rc < 0)
		fprintf(stderr, "%s: %s\n", app->name, err.text);
	return rc < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
