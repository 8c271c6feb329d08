/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef XEBRA_FILE_H
#define XEBRA_FILE_H

/**
 * @file
 * Files that are replaced as a whole. Any thread; may take as long as the disk does.
 */

#include <stddef.h>
#include <sys/types.h>

/**
 * Write a file beside the old one and rename it over that when it is on the disk: whoever reads
 * it, also after a power failure, finds the old text or the new one, whole. What a symbolic link
 * points to is replaced, not the link.
 *
 * @param mode
 *   Of a file that was not there; one that was keeps its mode, and its owner where we may give it.
 * @return
 *   0 or a negative errno value.
 */
int xebra_file_replace(const char *file, const char *text, size_t len, mode_t mode);

#endif
