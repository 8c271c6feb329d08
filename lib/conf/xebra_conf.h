/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef XEBRA_CONF_H
#define XEBRA_CONF_H

/**
 * @file
 * The configuration: one JSON file of sections, each section registered by the subject that owns
 * it.
 *
 * A registration says what a section may contain (types, ranges, defaults, help) and how to make
 * it real. The checker, the error messages, the JSON Schema under config/schema and the guide's
 * reference all come from it.
 *
 * A configuration is applied whole or not at all. A commit goes from the running configuration to
 * the candidate: first every section, highest floor first, withdraws what the candidate no longer
 * has (which cannot fail), then every section, lowest floor first, installs what is new or changed
 * (which can), then every section settles. When something fails, the same steps are taken from the
 * candidate back to the running configuration, so that a section's functions must be able to go
 * from any valid value to any other, including to and from one that was installed in part. What
 * both have is not touched: forwarding never stops for it.
 *
 * All functions: control thread only.
 */

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include <jansson.h>
#include <rte_common.h>

#include "xebra_err.h"

enum xebra_conf_type {
	XEBRA_CONF_BOOL,
	XEBRA_CONF_INT,    /**< Whole number in min..max. */
	XEBRA_CONF_STRING, /**< Of min..max bytes (max 0: 255), further limited by check. */
	XEBRA_CONF_ENUM,   /**< One of words. */
	XEBRA_CONF_LIST,   /**< Of min..max (max 0: any number) items, each as item says. */
	XEBRA_CONF_MAP,    /**< Of min..max (max 0: any number) names (checked by name_check) to
	                    * values, each as item says. */
	XEBRA_CONF_OBJECT, /**< The fixed keys that keys says. */
};

/** Check a string's form; on failure set err to what is wrong and allowed, without a place. */
typedef int (*xebra_conf_string_check)(const char *text, struct xebra_err *err);

/** One key, list item or map value. Constant for the life of the program. */
struct xebra_conf_key {
	const char *name; /**< NULL ends an array of keys; unused in items. */
	enum xebra_conf_type type;
	const char *help; /**< One sentence for the schema and the guide. */
	bool required;    /**< In an object: must be there. */
	bool restart;     /**< Cannot change while running: a commit that tries is refused. */
	const char *dflt; /**< JSON text of the value when absent; NULL: stays absent. */
	int64_t min, max; /**< See the types. */
	const char *unit; /**< "bytes", "ms", "Mb/s", ...; NULL: none. */
	const char
		*form; /**< What a string or a map's names look like: "IPv4 prefix, a.b.c.d/n". */
	const char *pattern;      /**< Regular expression of it for the JSON Schema, or NULL. */
	const char *const *words; /**< ENUM: ended by NULL. */
	xebra_conf_string_check check;      /**< STRING: NULL when any string will do. */
	xebra_conf_string_check name_check; /**< MAP: NULL for xebra_conf_name_check(). */
	const struct xebra_conf_key *item;  /**< LIST, MAP. */
	const struct xebra_conf_key *keys;  /**< OBJECT: ended by one without a name. */
};

/** Floors give the order of installing. Sections on one floor must not depend on each other. */
enum xebra_conf_floor {
	XEBRA_CONF_FLOOR_PROCESS,   /**< Sockets, plugins. */
	XEBRA_CONF_FLOOR_WORKER,    /**< Worker threads. */
	XEBRA_CONF_FLOOR_PORT,      /**< Ports. */
	XEBRA_CONF_FLOOR_INTERFACE, /**< Interfaces. */
	XEBRA_CONF_FLOOR_FAMILY,    /**< Network layers. */
	XEBRA_CONF_FLOOR_SERVICE,   /**< What stands on network layers. */
};

/**
 * A section: one key at the top of the file.
 *
 * Values handed to the functions are checked and complete (defaults filled in). `from` is NULL when
 * nothing is installed (program start), `to` is NULL when nothing is to remain (program end).
 * A section that the file leaves out is `{}` with its defaults (a LIST: `[]`). Every section's
 * functions are called in every transition: when its value stays the same, `from` and `to` are one
 * pointer.
 */
struct xebra_conf_section {
	TAILQ_ENTRY(xebra_conf_section) next;
	struct xebra_conf_key schema; /**< Name, help and type OBJECT, MAP or LIST. */
	enum xebra_conf_floor floor;
	/**
	 * Check what the schema cannot say, references to other sections above all. @p root is the
	 * whole configuration, complete. May be NULL. The error begins with the path below the
	 * root. It must not need EAL nor ask what this machine has (`dpdk-xebra config check`).
	 */
	int (*check)(const json_t *root, struct xebra_err *err);
	/** Remove what @p from has and @p to has not, or has otherwise. Cannot fail. May be NULL.
	 */
	void (*withdraw)(const json_t *from, const json_t *to);
	/**
	 * Add what @p to has and @p from has not, or has otherwise. Error: path below the root. An
	 * installation that failed may have been done in part: withdraw() will be called for it.
	 * May be NULL.
	 */
	int (*install)(const json_t *from, const json_t *to, struct xebra_err *err);
	/** After all sections installed: what needs the whole, as building the graph. May be NULL.
	 */
	int (*settle)(struct xebra_err *err);
};

/** Register a section; call it in a constructor (RTE_INIT). */
void xebra_conf_register(struct xebra_conf_section *section);

#define XEBRA_CONF_SECTION(section)             \
	RTE_INIT(xebra_conf_register_##section) \
	{                                       \
		xebra_conf_register(&section);  \
	}

/** A name of ports, interfaces and such: letters, digits, '-', '_', '.', 1 to 31 bytes. */
int xebra_conf_name_check(const char *text, struct xebra_err *err);

/**
 * Read a file, without a look at what it means.
 *
 * @param config
 *   On success a new reference.
 * @return
 *   0, or a negative errno value with err "FILE: why" or "FILE:line:column: why".
 */
int xebra_conf_parse(const char *file, json_t **config, struct xebra_err *err);

/**
 * Read and check a file.
 *
 * @param config
 *   On success the configuration as written, a new reference.
 * @return
 *   0, or a negative errno value with err "FILE: path.to.key: why" (syntax errors:
 *   "FILE:line:column: why"). Unknown keys are errors with a suggestion, duplicate keys are errors.
 */
int xebra_conf_read(const char *file, json_t **config, struct xebra_err *err);

/**
 * Check one value against a key's registration, for commands that take the same form.
 *
 * @param complete
 *   When not NULL: the value with its defaults, a new reference.
 */
int xebra_conf_check_value(const struct xebra_conf_key *key, const json_t *value, json_t **complete,
	struct xebra_err *err);

/**
 * Read and check the first configuration, and keep it for xebra_conf_install(). Needs no EAL. The
 * file is where reload and save look.
 *
 * @param before
 *   Called with what has been read, before it is checked: may bring sections that it names. NULL:
 *   nobody.
 * @return
 *   0, or a negative errno value; err as xebra_conf_read()'s.
 */
int xebra_conf_load(const char *file, int (*before)(const json_t *config, struct xebra_err *err),
	struct xebra_err *err);

/** Install what has been loaded. When that fails, nothing is, and it is not loaded any more. */
int xebra_conf_install(struct xebra_err *err);

/** xebra_conf_load() and xebra_conf_install(). */
int xebra_conf_start(const char *file, struct xebra_err *err);

/** Withdraw everything, free everything. Safe when nothing was loaded or installed. */
void xebra_conf_stop(void);

/** Read the file given at the start again and commit it. Error: as xebra_conf_read()'s. */
int xebra_conf_reload(struct xebra_err *err);

/** The running configuration as written (borrowed reference; never NULL once started). */
const json_t *xebra_conf_running(void);

/** The running configuration with defaults (borrowed reference). */
const json_t *xebra_conf_running_complete(void);

/**
 * Note a change that a command has made itself, in O(depth) (the first one after a candidate was
 * begun copies the maps on the way): sets (value not NULL, reference stolen) or deletes the value
 * at a path in the running configuration, making the objects on the way. The command has checked
 * the value with xebra_conf_check_value() and changed the tables.
 *
 * @param path
 *   Keys from the root, ended by NULL: {"ip4", "routes", "10.0.0.0/8", NULL}.
 */
void xebra_conf_record(const char *const *path, json_t *value);

/**
 * Change part of the configuration as a commit does (check, withdraw, install, settle), for
 * commands whose changes are rare: sets or deletes (NULL; reference stolen) the value at a path.
 */
int xebra_conf_change(const char *const *path, json_t *value, struct xebra_err *err);

/** The JSON Schema (2020-12) of the whole configuration of a program, a new reference. */
json_t *xebra_conf_schema(const char *program);

#endif
