#include <stddef.h>

#include "kms/store/schema.h"

/*
 * Version 1. What a row of each table is, *_rows.h says.
 *
 * Where rows lie: a certificate's number is its user's * 65536 + 0, 1, 2, …, and its envelope has
 * the same, so that users are read in order together with what is theirs, and a new user's rows
 * come behind all others. Only the indexes of what is random or sorted otherwise are written in
 * their middle: folded addresses, tokens, serials.
 *
 * What must never change has triggers that say so, beside the checks of the rows themselves.
 */

#define NEVER(table, event, rule)                                                                  \
    "CREATE TRIGGER " table "_" rule " BEFORE " event " ON " table                                 \
    " BEGIN SELECT RAISE(ABORT, 'rows of " table " stay as they are'); END"

/* clang-format off */
static const char *const version_1[] = {
    /* people, and the authority */
    "CREATE TABLE meta("
        "  name TEXT PRIMARY KEY,"
        "  value BLOB NOT NULL"
        ") STRICT, WITHOUT ROWID",
    "CREATE TABLE person("
        "  id INTEGER PRIMARY KEY,"
        "  name TEXT NOT NULL CHECK (name <> ''),"
        "  is_admin INTEGER NOT NULL CHECK (is_admin IN (0, 1)),"
        "  is_agent INTEGER NOT NULL CHECK (is_agent IN (0, 1)),"
        "  since INTEGER NOT NULL,"
        "  until INTEGER,"
        "  signing BLOB NOT NULL CHECK (length(signing) = 32),"
        "  sealing BLOB NOT NULL CHECK (length(sealing) = 32),"
        "  locked BLOB NOT NULL,"
        "  vouched BLOB NOT NULL"
        ") STRICT",
    "CREATE UNIQUE INDEX person_in_office ON person(name) WHERE until IS NULL",
    NEVER("person", "DELETE", "removed"),
    NEVER("person", "UPDATE OF id, name, since, signing, sealing", "changed"),
    "CREATE TABLE policy("
        "  task TEXT PRIMARY KEY,"
        "  count INTEGER NOT NULL CHECK (count >= 1)"
        ") STRICT, WITHOUT ROWID",
    "CREATE TABLE authority("
        "  id INTEGER PRIMARY KEY,"
        "  role INTEGER NOT NULL CHECK (role IN (0, 1, 2)),"
        "  certificate BLOB,"
        "  key BLOB,"
        "  request BLOB,"
        "  since INTEGER NOT NULL,"
        "  until INTEGER"
        ") STRICT",
    "CREATE UNIQUE INDEX authority_in_use ON authority(role) WHERE until IS NULL",
    NEVER("authority", "DELETE", "removed"),
    "CREATE TABLE ca_slot("
        "  person INTEGER PRIMARY KEY REFERENCES person(id),"
        "  sealed BLOB NOT NULL"
        ") STRICT",

    /* escrow */
    "CREATE TABLE escrow("
        "  id INTEGER PRIMARY KEY,"
        "  public BLOB NOT NULL,"
        "  certificate BLOB NOT NULL,"
        "  quorum INTEGER NOT NULL,"
        "  count INTEGER NOT NULL,"
        "  since INTEGER NOT NULL,"
        "  until INTEGER,"
        "  CHECK (quorum >= 2 AND quorum <= count)"
        ") STRICT",
    "CREATE UNIQUE INDEX escrow_in_use ON escrow(until IS NULL) WHERE until IS NULL",
    NEVER("escrow", "DELETE", "removed"),
    "CREATE TABLE share("
        "  escrow INTEGER NOT NULL REFERENCES escrow(id),"
        "  person INTEGER NOT NULL REFERENCES person(id),"
        "  place INTEGER NOT NULL CHECK (place >= 1),"
        "  sealed BLOB,"
        "  PRIMARY KEY (escrow, place),"
        "  UNIQUE (escrow, person)"
        ") STRICT, WITHOUT ROWID",

    /* users */
    "CREATE TABLE user("
        "  id INTEGER PRIMARY KEY CHECK (id > 0 AND id < 140737488355328),"
        "  since INTEGER NOT NULL,"
        "  state INTEGER NOT NULL CHECK (state IN (0, 1, 2)),"
        "  address TEXT NOT NULL CHECK (address <> ''),"
        "  folded TEXT NOT NULL UNIQUE,"
        "  name TEXT"
        ") STRICT",
    NEVER("user", "DELETE", "removed"),
    "CREATE TABLE user_address("
        "  id INTEGER PRIMARY KEY,"
        "  user INTEGER NOT NULL REFERENCES user(id),"
        "  address TEXT NOT NULL CHECK (address <> ''),"
        "  folded TEXT NOT NULL,"
        "  since INTEGER NOT NULL,"
        "  until INTEGER"
        ") STRICT",
    "CREATE UNIQUE INDEX user_address_holds ON user_address(folded) WHERE until IS NULL",
    "CREATE INDEX user_address_of ON user_address(user)",
    NEVER("user_address", "DELETE", "removed"),
    "CREATE TRIGGER user_address_is_free BEFORE INSERT ON user_address"
        "  WHEN NEW.until IS NULL AND EXISTS (SELECT 1 FROM user WHERE folded = NEW.folded)"
        "  BEGIN SELECT RAISE(ABORT, 'the address is that of a user'); END",
    "CREATE TRIGGER user_is_free BEFORE INSERT ON user"
        "  WHEN EXISTS (SELECT 1 FROM user_address WHERE folded = NEW.folded AND until IS NULL)"
        "  BEGIN SELECT RAISE(ABORT, 'the address is that of a user'); END",
    "CREATE TRIGGER user_change_is_free BEFORE UPDATE OF folded ON user"
        "  WHEN EXISTS (SELECT 1 FROM user_address WHERE folded = NEW.folded AND until IS NULL)"
        "  BEGIN SELECT RAISE(ABORT, 'the address is that of a user'); END",
    "CREATE TABLE token("
        "  id TEXT PRIMARY KEY,"
        "  user INTEGER NOT NULL REFERENCES user(id),"
        "  hash BLOB NOT NULL CHECK (length(hash) = 32),"
        "  created INTEGER NOT NULL,"
        "  expires INTEGER NOT NULL,"
        "  tries INTEGER NOT NULL,"
        "  used_at INTEGER,"
        "  voided_at INTEGER,"
        "  key_kind TEXT NOT NULL"
        ") STRICT, WITHOUT ROWID",
    "CREATE UNIQUE INDEX token_open ON token(user) WHERE used_at IS NULL AND voided_at IS NULL",
    NEVER("token", "DELETE", "removed"),

    /* certificates; what is large comes last, so that the rest is read without it */
    "CREATE TABLE certificate("
        "  id INTEGER PRIMARY KEY,"
        "  user INTEGER NOT NULL REFERENCES user(id),"
        "  purpose INTEGER NOT NULL CHECK (purpose IN (0, 1)),"
        "  status INTEGER NOT NULL CHECK (status IN (0, 1, 2)),"
        "  is_current INTEGER NOT NULL CHECK (is_current IN (0, 1)),"
        "  not_before INTEGER NOT NULL,"
        "  not_after INTEGER NOT NULL,"
        "  issued_at INTEGER NOT NULL,"
        "  revoked_at INTEGER,"
        "  reason INTEGER NOT NULL,"
        "  crl_part INTEGER NOT NULL,"
        "  escrow INTEGER REFERENCES escrow(id),"
        "  serial BLOB NOT NULL UNIQUE CHECK (length(serial) BETWEEN 1 AND 20),"
        "  key_kind TEXT NOT NULL,"
        "  der BLOB NOT NULL,"
        "  CHECK (id >> 16 = user),"
        "  CHECK ((status = 0) = (revoked_at IS NULL)),"
        "  CHECK (not_before <= not_after)"
        ") STRICT",
    "CREATE INDEX certificate_ends ON certificate(not_after)"
        "  WHERE is_current = 1 AND status = 0",
    "CREATE INDEX certificate_not_good"
        "  ON certificate(serial, status, revoked_at, not_after, reason, crl_part)"
        "  WHERE status > 0",
    NEVER("certificate", "DELETE", "removed"),
    NEVER("certificate",
          "UPDATE OF id, user, purpose, not_before, not_after, issued_at, crl_part, escrow,"
          " serial, key_kind, der",
          "changed"),
    "CREATE TRIGGER certificate_stays_revoked BEFORE UPDATE OF status ON certificate"
        "  WHEN OLD.status = 2 AND NEW.status <> 2"
        "  BEGIN SELECT RAISE(ABORT, 'a revoked certificate stays revoked'); END",
    "CREATE TABLE envelope("
        "  certificate INTEGER PRIMARY KEY REFERENCES certificate(id),"
        "  binding BLOB NOT NULL,"
        "  cms BLOB NOT NULL"
        ") STRICT",
    NEVER("envelope", "DELETE", "removed"),
    NEVER("envelope", "UPDATE", "changed"),
    "CREATE TABLE outbox("
        "  id INTEGER PRIMARY KEY,"
        "  at INTEGER NOT NULL,"
        "  certificate INTEGER NOT NULL REFERENCES certificate(id),"
        "  user INTEGER NOT NULL REFERENCES user(id),"
        "  what INTEGER NOT NULL CHECK (what IN (0, 1)),"
        "  done_at INTEGER"
        ") STRICT",
    "CREATE INDEX outbox_waits ON outbox(id) WHERE done_at IS NULL",
    "CREATE TABLE crl("
        "  number INTEGER PRIMARY KEY CHECK (number > 0),"
        "  part INTEGER NOT NULL,"
        "  parts INTEGER NOT NULL,"
        "  this_update INTEGER NOT NULL,"
        "  next_update INTEGER NOT NULL,"
        "  entries INTEGER NOT NULL,"
        "  digest BLOB NOT NULL CHECK (length(digest) = 32),"
        "  CHECK (part BETWEEN 0 AND parts AND this_update <= next_update)"
        ") STRICT",
    "CREATE TRIGGER crl_goes_on BEFORE INSERT ON crl"
        "  WHEN NEW.number <= (SELECT max(number) FROM crl)"
        "  BEGIN SELECT RAISE(ABORT, 'the number of a revocation list never goes back'); END",
    NEVER("crl", "DELETE", "removed"),
    NEVER("crl", "UPDATE", "changed"),

    /* requests */
    "CREATE TABLE request("
        "  id INTEGER PRIMARY KEY,"
        "  digest BLOB NOT NULL UNIQUE CHECK (length(digest) = 32),"
        "  document BLOB NOT NULL,"
        "  requester INTEGER NOT NULL REFERENCES person(id),"
        "  user INTEGER NOT NULL REFERENCES user(id),"
        "  created INTEGER NOT NULL,"
        "  expires INTEGER NOT NULL,"
        "  seal_public BLOB NOT NULL,"
        "  seal_locked BLOB,"
        "  done_at INTEGER"
        ") STRICT",
    NEVER("request", "DELETE", "removed"),
    NEVER("request",
          "UPDATE OF id, digest, document, requester, user, created, expires, seal_public",
          "changed"),
    "CREATE TABLE request_item("
        "  request INTEGER NOT NULL REFERENCES request(id),"
        "  certificate INTEGER NOT NULL REFERENCES certificate(id),"
        "  envelope_digest BLOB NOT NULL CHECK (length(envelope_digest) = 32),"
        "  PRIMARY KEY (request, certificate)"
        ") STRICT, WITHOUT ROWID",
    NEVER("request_item", "DELETE", "removed"),
    NEVER("request_item", "UPDATE", "changed"),
    "CREATE TABLE approval("
        "  id INTEGER PRIMARY KEY,"
        "  request INTEGER NOT NULL REFERENCES request(id),"
        "  person INTEGER NOT NULL REFERENCES person(id),"
        "  escrow INTEGER NOT NULL,"
        "  at INTEGER NOT NULL,"
        "  partials BLOB,"
        "  signature BLOB NOT NULL,"
        "  UNIQUE (request, person, escrow)"
        ") STRICT",
    NEVER("approval", "DELETE", "removed"),
    NEVER("approval", "UPDATE OF id, request, person, escrow, at, signature", "changed"),

    /* the audit */
    "CREATE TABLE audit("
        "  seq INTEGER PRIMARY KEY,"
        "  at INTEGER NOT NULL,"
        "  act TEXT NOT NULL,"
        "  who TEXT NOT NULL,"
        "  subject TEXT NOT NULL,"
        "  result TEXT NOT NULL,"
        "  detail TEXT NOT NULL,"
        "  signatures INTEGER NOT NULL CHECK (signatures >= 0),"
        "  previous BLOB NOT NULL CHECK (length(previous) = 32),"
        "  hash BLOB NOT NULL CHECK (length(hash) = 32)"
        ") STRICT",
    "CREATE TRIGGER audit_goes_on BEFORE INSERT ON audit"
        "  WHEN NEW.seq <> (SELECT ifnull(max(seq), 0) + 1 FROM audit)"
        "  BEGIN SELECT RAISE(ABORT, 'rows of audit follow one another'); END",
    NEVER("audit", "DELETE", "removed"),
    NEVER("audit", "UPDATE", "changed"),
    "CREATE TABLE audit_signature("
        "  seq INTEGER NOT NULL REFERENCES audit(seq),"
        "  person INTEGER NOT NULL REFERENCES person(id),"
        "  signature BLOB NOT NULL CHECK (length(signature) = 64),"
        "  PRIMARY KEY (seq, person)"
        ") STRICT, WITHOUT ROWID",
    NEVER("audit_signature", "DELETE", "removed"),
    NEVER("audit_signature", "UPDATE", "changed"),
    NULL,
};

/*
 * Version 2: the CA vouches for a token's row; one of before has no signature, and is of no use any
 * more. What the audit says of a policy, of one recovery or of one token is found without reading all of it.
 */
static const char *const version_2[] = {
    "ALTER TABLE token ADD COLUMN vouched BLOB NOT NULL DEFAULT x''",
    "CREATE INDEX audit_admins ON audit(seq) WHERE act = 'admins'",
    "CREATE INDEX audit_collect ON audit(subject) WHERE act = 'collect'",
    "CREATE INDEX audit_complete ON audit(subject) WHERE act = 'complete'",
    NULL,
};
/* clang-format on */

static const struct schema_migration migrations[] = {
    {version_1},
    {version_2},
};

const struct schema_history *schema_of_today(void)
{
    static const struct schema_history today = {migrations,
                                                sizeof(migrations) / sizeof(migrations[0])};

    return &today;
}
