#ifndef KMS_PEOPLE_MEMORY_H
#define KMS_PEOPLE_MEMORY_H

#include "base/fault.h"

/*
 * Gives libcrypto a heap for private keys alone, of MEMORY_KEYS bytes: between guard pages, not
 * dumped, locked where the system lets us, wiped when freed. libcrypto puts into it by itself the
 * secret numbers of RSA, EC, Ed25519 and X25519 keys; a key takes 2 KB at most, so it holds some
 * thousands, and a pool of keys made ahead stays far below that. When it is full, making a key
 * fails with FAULT_RESOURCE.
 *
 * Where only less memory may be locked (RLIMIT_MEMLOCK, 8 MiB as Debian sets it),
 * MEMORY_KEYS_LOCKED bytes are taken: smaller and locked is better than larger and swapped out.
 * Where not even that may be locked, it is used unlocked.
 *
 * What else libcrypto allocates is wiped when it is given back, whatever it was: not everything
 * that it makes of a passphrase or a key is in that heap, or wiped by itself (the password in
 * PKCS12_key_gen, and DER of keys that are being encrypted). This is only so where libcrypto has
 * allocated nothing before.
 *
 * Called once by a program, before its first key and its first thread; again does nothing.
 *
 * FAULT_RESOURCE  memory
 */
enum { MEMORY_KEYS = 16 << 20, MEMORY_KEYS_LOCKED = 4 << 20 };

MUST_USE enum fault people_secure_memory(struct why *why);

#endif
