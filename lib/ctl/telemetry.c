/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Telemetry endpoints: DPDK calls us in a thread of its own for every client, but handlers run in
 * the control thread only. So a request is put in a list, an eventfd wakes the control thread, and
 * the telemetry thread waits for the reply, a few seconds at most: while the control thread applies
 * a large configuration it has no answer, and the client gets null.
 *
 * A request belongs to both threads until each has said that it is done with it. The reply is
 * copied in the control thread, as a handler may give out a tree that it keeps and changes.
 *
 * What follows the first comma of a request are the command's parameters, as words separated by
 * commas: "/xebra/interface,lan" is "show interface lan".
 */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/queue.h>
#include <time.h>
#include <unistd.h>

#include "ctl_priv.h"
#include "telemetry_priv.h"
#include "xebra_log.h"
#include "xebra_loop.h"

#define WAITING_MAX 32

unsigned int telemetry_wait_ms = 5000;

struct job {
	STAILQ_ENTRY(job) next;
	char path[TELEMETRY_PATH_MAX];
	char *params; /* or NULL */
	json_t *reply;
	bool done;      /* the control thread does not touch it any more */
	bool abandoned; /* the telemetry thread does not; the control thread frees it */
};

STAILQ_HEAD(job_list, job);

static struct {
	pthread_mutex_t lock;
	pthread_cond_t done; /* some job is done */
	struct job_list jobs;
	unsigned int waiting;
	int wake_fd;
	bool open;
} telemetry = {
	.lock = PTHREAD_MUTEX_INITIALIZER,
	.wake_fd = -1,
};

bool
telemetry_path(const struct xebra_cmd *cmd, char path[TELEMETRY_PATH_MAX])
{
	const char *name = cmd->name;
	int len;

	if (strncmp(name, "show ", 5) == 0)
		name += 5;
	len = snprintf(path, TELEMETRY_PATH_MAX, "/xebra/%s", name);
	for (char *c = path; *c != '\0'; c++) {
		if (*c == ' ')
			*c = '/';
		else if (*c == '-' || *c == '.')
			*c = '_';
	}
	return len < TELEMETRY_PATH_MAX;
}

/* Telemetry threads */

static void
free_job(struct job *job)
{
	free(job->params);
	json_decref(job->reply);
	free(job);
}

static struct job *
make_job(const char *path, const char *params)
{
	struct job *job = calloc(1, sizeof(*job));

	if (job == NULL)
		return NULL;
	snprintf(job->path, sizeof(job->path), "%s", path);
	if (params != NULL) {
		job->params = strdup(params);
		if (job->params == NULL) {
			free(job);
			return NULL;
		}
	}
	return job;
}

/* Returns the job done, or NULL when it was given up (and is freed by whom it belongs to then). */
static struct job *
run_job(struct job *job)
{
	uint64_t one = 1;
	struct timespec until;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += telemetry_wait_ms / 1000;
	until.tv_nsec += telemetry_wait_ms % 1000 * 1000000L;
	if (until.tv_nsec >= 1000000000L) {
		until.tv_sec++;
		until.tv_nsec -= 1000000000L;
	}
	pthread_mutex_lock(&telemetry.lock);
	if (!telemetry.open || telemetry.waiting >= WAITING_MAX ||
		write(telemetry.wake_fd, &one, sizeof(one)) < 0) {
		pthread_mutex_unlock(&telemetry.lock);
		free_job(job);
		return NULL;
	}
	STAILQ_INSERT_TAIL(&telemetry.jobs, job, next);
	telemetry.waiting++;
	while (!job->done &&
		pthread_cond_timedwait(&telemetry.done, &telemetry.lock, &until) != ETIMEDOUT)
		;
	if (!job->done) {
		job->abandoned = true;
		job = NULL;
	}
	pthread_mutex_unlock(&telemetry.lock);
	return job;
}

static int
telemetry_request(const char *path, const char *params, struct rte_tel_data *data)
{
	struct job *job = make_job(path, params);
	int rc = -ENOENT;

	if (job == NULL)
		return -ENOMEM;
	job = run_job(job);
	if (job == NULL)
		return -ETIMEDOUT;
	if (job->reply != NULL)
		rc = telemetry_data(data, job->reply);
	free_job(job);
	return rc;
}

/* Control thread */

static const struct xebra_cmd *
find_by_path(const char *wanted)
{
	char path[TELEMETRY_PATH_MAX];
	size_t n;
	struct xebra_cmd *const *table = cmd_table(&n);

	for (size_t i = 0; i < n; i++)
		if (table[i]->telemetry && telemetry_path(table[i], path) &&
			strcmp(path, wanted) == 0)
			return table[i];
	return NULL;
}

/* The command's name and its parameters as words; they live in `text`. */
static bool
make_words(const struct job *job, char *text, size_t size, struct words *words)
{
	const struct xebra_cmd *cmd = find_by_path(job->path);
	const char *params = job->params != NULL ? job->params : "";
	char *at, *save;
	int name;

	if (cmd == NULL || snprintf(text, size, "%s %s", cmd->name, params) >= (int)size)
		return false;
	name = strlen(cmd->name);
	text[name] = '\0';
	words->n = 0;
	for (at = strtok_r(text, " ", &save); at != NULL; at = strtok_r(NULL, " ", &save))
		words->word[words->n++].text = at;
	for (at = strtok_r(text + name + 1, ",", &save); at != NULL;
		at = strtok_r(NULL, ",", &save)) {
		if (words->n == WORDS_MAX)
			return false;
		words->word[words->n++].text = at;
	}
	return true;
}

static json_t *
run_command(const struct job *job)
{
	static struct words words;
	const struct xebra_cmd *cmd;
	struct xebra_err err = {0};
	char text[1024 + CMD_NAME_MAX];
	json_t *reply, *copy;

	memset(&words, 0, sizeof(words));
	if (!make_words(job, text, sizeof(text), &words))
		return NULL;
	if (words_run(&words, &cmd, &reply, &err) < 0) {
		XEBRA_LOG(INFO, "telemetry: %s", err.text);
		return NULL;
	}
	copy = json_deep_copy(reply);
	json_decref(reply);
	return copy;
}

static void
finish(struct job *job, json_t *reply)
{
	job->reply = reply;
	job->done = true;
	telemetry.waiting--;
	if (job->abandoned)
		free_job(job);
	else
		pthread_cond_broadcast(&telemetry.done);
}

static void
run_jobs(int fd, uint32_t events __rte_unused, void *arg __rte_unused)
{
	uint64_t count;
	struct job *job;

	if (read(fd, &count, sizeof(count)) < 0)
		return;
	pthread_mutex_lock(&telemetry.lock);
	while ((job = STAILQ_FIRST(&telemetry.jobs)) != NULL) {
		json_t *reply = NULL;

		STAILQ_REMOVE_HEAD(&telemetry.jobs, next);
		if (!job->abandoned) {
			pthread_mutex_unlock(&telemetry.lock);
			reply = run_command(job);
			pthread_mutex_lock(&telemetry.lock);
		}
		finish(job, reply);
	}
	pthread_mutex_unlock(&telemetry.lock);
}

static void
register_endpoints(void)
{
	char path[TELEMETRY_PATH_MAX];
	char help[RTE_TEL_MAX_STRING_LEN];
	size_t n;
	struct xebra_cmd *const *table = cmd_table(&n);

	for (size_t i = 0; i < n; i++) {
		if (!table[i]->telemetry || !telemetry_path(table[i], path))
			continue;
		snprintf(help, sizeof(help), "%s", table[i]->help);
		if (rte_telemetry_register_cmd(path, telemetry_request, help) < 0)
			XEBRA_LOG(WARNING, "telemetry: no endpoint %s", path);
	}
}

static void
init_condition(void)
{
	pthread_condattr_t attributes;

	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&telemetry.done, &attributes);
	pthread_condattr_destroy(&attributes);
}

int
telemetry_start(struct xebra_err *err)
{
	static bool registered;
	int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	int rc;

	if (fd < 0)
		return xebra_err_set(err, -errno, "telemetry: eventfd: %s", strerror(errno));
	rc = xebra_loop_watch(fd, EPOLLIN, run_jobs, NULL);
	if (rc < 0) {
		close(fd);
		return xebra_err_set(err, rc, "telemetry: %s", strerror(-rc));
	}
	/* Endpoints cannot be taken back; those of an earlier start are as good. */
	if (!registered)
		init_condition();
	pthread_mutex_lock(&telemetry.lock);
	STAILQ_INIT(&telemetry.jobs);
	telemetry.wake_fd = fd;
	telemetry.open = true;
	pthread_mutex_unlock(&telemetry.lock);
	if (!registered)
		register_endpoints();
	registered = true;
	return 0;
}

void
telemetry_stop(void)
{
	struct job *job;

	pthread_mutex_lock(&telemetry.lock);
	if (telemetry.open) {
		telemetry.open = false;
		while ((job = STAILQ_FIRST(&telemetry.jobs)) != NULL) {
			STAILQ_REMOVE_HEAD(&telemetry.jobs, next);
			finish(job, NULL);
		}
		xebra_loop_unwatch(telemetry.wake_fd);
		close(telemetry.wake_fd);
		telemetry.wake_fd = -1;
	}
	pthread_mutex_unlock(&telemetry.lock);
}
