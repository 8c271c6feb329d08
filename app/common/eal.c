/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * EAL says a lot before it fails, and not always what to do. Its log goes to standard error as
 * ever; the first error of it is remembered on the way, and the usual causes are looked for in the
 * system, so that the last line is one that helps.
 */
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_log.h>

#include "app_priv.h"

static char first_error[240];

static ssize_t
pass_on(void *cookie, const char *text, size_t len)
{
	size_t shown = len;

	(void)cookie;
	if (fwrite(text, 1, len, stderr) < len)
		return 0;
	if (rte_log_cur_msg_loglevel() > (int)RTE_LOG_ERR || first_error[0] != '\0')
		return len;
	while (shown > 0 && strchr("\n .", text[shown - 1]) != NULL)
		shown--;
	snprintf(first_error, sizeof(first_error), "%.*s", (int)shown, text);
	return len;
}

/* The process that holds EAL's lock of this --file-prefix; 0: nobody, or it cannot be known. */
static pid_t
other_instance(void)
{
	struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
	const char *dir = rte_eal_get_runtime_dir();
	char path[PATH_MAX];
	int fd;

	if (dir == NULL || dir[0] == '\0')
		return 0;
	snprintf(path, sizeof(path), "%s/config", dir);
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return 0;
	/* EAL locks only a part of the file: ask about all of it. */
	if (fcntl(fd, F_GETLK, &lock) < 0 || lock.l_type == F_UNLCK)
		lock.l_pid = 0;
	close(fd);
	return lock.l_pid;
}

static long
read_number(const char *path)
{
	FILE *f = fopen(path, "re");
	long n = 0;

	if (f == NULL)
		return 0;
	if (fscanf(f, "%ld", &n) != 1)
		n = 0;
	fclose(f);
	return n;
}

static bool
has_free_huge_pages(void)
{
	glob_t found;
	long n = 0;

	if (glob("/sys/kernel/mm/hugepages/hugepages-*/free_hugepages", 0, NULL, &found) != 0)
		return false;
	for (size_t i = 0; i < found.gl_pathc; i++)
		n += read_number(found.gl_pathv[i]);
	globfree(&found);
	return n > 0;
}

static bool
is_hugetlbfs_mounted(void)
{
	FILE *mounts = fopen("/proc/mounts", "re");
	bool found = false;
	char line[1024];

	if (mounts == NULL)
		return false;
	while (!found && fgets(line, sizeof(line), mounts) != NULL)
		found = strstr(line, " hugetlbfs ") != NULL;
	fclose(mounts);
	return found;
}

static bool
has_word(int argc, char **argv, const char *word)
{
	for (int i = 1; i < argc; i++)
		if (strcmp(argv[i], word) == 0)
			return true;
	return false;
}

/*
 * What is wrong with the machine's huge pages; NULL: nothing that can be seen, or it is not what
 * EAL complains about.
 */
static const char *
huge_page_trouble(int argc, char **argv, const char *what)
{
	if (has_word(argc, argv, "--no-huge") ||
		(strcasestr(what, "hugepage") == NULL && strcasestr(what, "memory") == NULL))
		return NULL;
	if (!has_free_huge_pages())
		return "no free huge pages: reserve some (sysctl vm.nr_hugepages=512) or run "
		       "without, with --no-huge -m 512";
	if (!is_hugetlbfs_mounted() && !has_word(argc, argv, "--in-memory"))
		return "huge pages are not mounted: mount -t hugetlbfs hugetlbfs /dev/hugepages, "
		       "or run with --in-memory, or without them, with --no-huge -m 512";
	return NULL;
}

/* The causes that can be seen, the surest first; `code` and what EAL said when there is none. */
static int
explain(int argc, char **argv, int code, struct xebra_err *err)
{
	const char *what = first_error[0] != '\0' ? first_error : rte_strerror(-code);
	const char *huge = huge_page_trouble(argc, argv, what);
	pid_t other = other_instance();

	if (strncmp(what, "EAL: ", 5) == 0)
		what += 5;
	if (other > 0)
		return xebra_err_set(err, -EBUSY,
			"EAL: another DPDK program (pid %d) uses %s: stop it, or give this one a "
			"--file-prefix of its own",
			(int)other, rte_eal_get_runtime_dir());
	if (huge != NULL)
		return xebra_err_set(err, -ENOMEM, "EAL: %s", huge);
	if (geteuid() != 0)
		return xebra_err_set(err, -EACCES, "EAL: %s: not root: run it as root", what);
	return xebra_err_set(err, code, "EAL: %s", what);
}

int
app_eal_init(int argc, char **argv, struct xebra_err *err)
{
	cookie_io_functions_t io = {.write = pass_on};
	FILE *log = fopencookie(NULL, "w", io);
	int code;
	int rc;

	if (log == NULL)
		return xebra_err_set(err, -ENOMEM, "EAL: out of memory");
	setvbuf(log, NULL, _IONBF, 0);
	rte_openlog_stream(log);
	rc = rte_eal_init(argc, argv);
	code = rc < 0 && rte_errno != 0 ? -rte_errno : -EINVAL;
	rte_openlog_stream(NULL);
	fclose(log);
	if (rc >= 0)
		return 0;
	return explain(argc, argv, code, err);
}
