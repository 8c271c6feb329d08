/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef FAKE_XEN_H
#define FAKE_XEN_H

/*
 * No Xen here: the calls of libxenctrl and libxenstore that lib/guest and lib/caps make, played
 * over a tree in memory. The linker takes these instead of the libraries'. What the real ones do
 * beyond the letter of their documentation is not tested by this.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <xenctrl.h>
#include <xenstore.h>

#include "xebra_test.h"

#define FAKE_NODES 64
#define FAKE_WATCHES 8
#define FAKE_EVENTS 64
#define FAKE_DOMAINS 200

static struct {
	struct {
		char *path, *text;
		struct xs_permissions perms[4];
		unsigned int nb_perms;
	} node[FAKE_NODES];
	char *watch[FAKE_WATCHES];
	char *event[FAKE_EVENTS];
	unsigned int nb_events;
	xc_domaininfo_t domain[FAKE_DOMAINS];
	unsigned int nb_domains;
	int fd;
	int open;            /* connections */
	const char *failing; /* this call fails, with EIO */
} fake;

static bool
fake_fails(const char *call)
{
	errno = EIO;
	return fake.failing != NULL && strcmp(fake.failing, call) == 0;
}

static void
fake_fire(const char *path)
{
	assert_true(fake.nb_events < FAKE_EVENTS);
	fake.event[fake.nb_events++] = strdup(path);
	assert_int_equal(eventfd_write(fake.fd, 1), 0);
}

/* A watch fires for its path and for all below it. */
static void
fake_fire_for(const char *path)
{
	for (int i = 0; i < FAKE_WATCHES; i++)
		if (fake.watch[i] != NULL &&
			strncmp(path, fake.watch[i], strlen(fake.watch[i])) == 0)
			fake_fire(path);
}

static int
fake_find(const char *path)
{
	for (int i = 0; i < FAKE_NODES; i++)
		if (fake.node[i].path != NULL && strcmp(fake.node[i].path, path) == 0)
			return i;
	return -1;
}

static void
fake_write(const char *path, const char *text)
{
	int i = fake_find(path);

	for (int free_one = 0; i < 0; free_one++)
		if (fake.node[free_one].path == NULL) {
			i = free_one;
			fake.node[i].path = strdup(path);
		}
	free(fake.node[i].text);
	fake.node[i].text = strdup(text);
	fake_fire_for(path);
}

static inline void
fake_remove(const char *path)
{
	size_t len = strlen(path);

	for (int i = 0; i < FAKE_NODES; i++) {
		const char *at = fake.node[i].path;

		if (at == NULL || strncmp(at, path, len) != 0 ||
			(at[len] != '\0' && at[len] != '/'))
			continue;
		free(fake.node[i].path);
		free(fake.node[i].text);
		memset(&fake.node[i], 0, sizeof(fake.node[i]));
	}
	fake_fire_for(path);
}

static int
fake_start(void **state)
{
	(void)state;
	memset(&fake, 0, sizeof(fake));
	fake.fd = eventfd(0, EFD_NONBLOCK | EFD_SEMAPHORE);
	return fake.fd < 0;
}

static int
fake_end(void **state)
{
	(void)state;
	for (int i = 0; i < FAKE_NODES; i++) {
		free(fake.node[i].path);
		free(fake.node[i].text);
	}
	for (unsigned int i = 0; i < fake.nb_events; i++)
		free(fake.event[i]);
	close(fake.fd);
	return fake.open; /* what was opened is closed */
}

/* libxenstore */

struct xs_handle *
xs_open(unsigned long flags)
{
	(void)flags;
	if (fake_fails("xs_open"))
		return NULL;
	fake.open++;
	return (struct xs_handle *)&fake;
}

void
xs_close(struct xs_handle *xs)
{
	assert_ptr_equal(xs, &fake);
	for (int i = 0; i < FAKE_WATCHES; i++) {
		free(fake.watch[i]);
		fake.watch[i] = NULL;
	}
	fake.open--;
}

int
xs_fileno(struct xs_handle *xs)
{
	(void)xs;
	return fake.fd;
}

bool
xs_watch(struct xs_handle *xs, const char *path, const char *token)
{
	(void)xs;
	(void)token;
	if (fake_fails("xs_watch"))
		return false;
	for (int i = 0; i < FAKE_WATCHES; i++)
		if (fake.watch[i] == NULL) {
			fake.watch[i] = strdup(path);
			fake_fire(path);
			return true;
		}
	return false;
}

char **
xs_check_watch(struct xs_handle *xs)
{
	char **answer;
	eventfd_t one;

	(void)xs;
	if (fake.nb_events == 0)
		return NULL;
	assert_int_equal(eventfd_read(fake.fd, &one), 0);
	answer = malloc(sizeof(char *) * 2 + 256);
	answer[0] = answer[1] = (char *)(answer + 2);
	snprintf(answer[0], 256, "%s", fake.event[0]);
	free(fake.event[0]);
	memmove(fake.event, fake.event + 1, --fake.nb_events * sizeof(char *));
	return answer;
}

void *
xs_read(struct xs_handle *xs, xs_transaction_t t, const char *path, unsigned int *len)
{
	int i = fake_find(path);

	(void)xs;
	(void)t;
	if (fake_fails("xs_read"))
		return NULL;
	errno = ENOENT;
	if (i < 0)
		return NULL;
	*len = strlen(fake.node[i].text);
	return strdup(fake.node[i].text);
}

bool
xs_write(struct xs_handle *xs, xs_transaction_t t, const char *path, const void *data,
	unsigned int len)
{
	char text[4097];

	(void)xs;
	(void)t;
	if (fake_fails("xs_write"))
		return false;
	errno = E2BIG;
	if (len > 4096)
		return false;
	memcpy(text, data, len);
	text[len] = '\0';
	fake_write(path, text);
	return true;
}

bool
xs_set_permissions(struct xs_handle *xs, xs_transaction_t t, const char *path,
	struct xs_permissions *perms, unsigned int nb)
{
	int i = fake_find(path);

	(void)xs;
	(void)t;
	if (fake_fails("xs_set_permissions"))
		return false;
	if (i < 0) {
		/* A folder on the way, which the real one has made by itself. */
		fake_write(path, "");
		i = fake_find(path);
	}
	memcpy(fake.node[i].perms, perms, nb * sizeof(*perms));
	fake.node[i].nb_perms = nb;
	return true;
}

char **
xs_directory(struct xs_handle *xs, xs_transaction_t t, const char *path, unsigned int *nb)
{
	size_t len = strlen(path);
	char **answer = calloc(1, FAKE_NODES * (sizeof(char *) + 64));
	char *text = (char *)(answer + FAKE_NODES);

	(void)xs;
	(void)t;
	*nb = 0;
	for (int i = 0; i < FAKE_NODES; i++) {
		const char *at = fake.node[i].path;
		bool known = false;

		if (at == NULL || strncmp(at, path, len) != 0 || at[len] != '/')
			continue;
		snprintf(text, 64, "%.*s", (int)strcspn(at + len + 1, "/"), at + len + 1);
		for (unsigned int n = 0; n < *nb; n++)
			known |= strcmp(answer[n], text) == 0;
		if (known)
			continue;
		answer[(*nb)++] = text;
		text += 64;
	}
	return answer;
}

/* libxenctrl */

xc_interface *
xc_interface_open(xentoollog_logger *log, xentoollog_logger *dombuild, unsigned int flags)
{
	(void)log;
	(void)dombuild;
	(void)flags;
	if (fake_fails("xc_interface_open"))
		return NULL;
	fake.open++;
	return (xc_interface *)&fake;
}

int
xc_interface_close(xc_interface *xc)
{
	assert_ptr_equal(xc, &fake);
	fake.open--;
	return 0;
}

int
xc_domain_getinfolist(xc_interface *xc, uint32_t first, unsigned int max, xc_domaininfo_t *info)
{
	unsigned int n = 0;

	(void)xc;
	if (fake_fails("xc_domain_getinfolist"))
		return -1;
	for (unsigned int i = 0; i < fake.nb_domains && n < max; i++)
		if (fake.domain[i].domain >= first)
			info[n++] = fake.domain[i];
	return n;
}

#endif
