-- The directory. Every table may be read and joined by other programs; only rolecall may write, since
-- each change has its entry in the journal and moves the totals in the same transaction.

-- One row, locked by every transaction that changes the directory until it is committed: changes are
-- made one after another, whichever process makes them, and the journal has no gap.
CREATE TABLE rolecall.head (
    single boolean PRIMARY KEY DEFAULT true CHECK (single),
    totals json,
    newest_at timestamptz,
    newest_id uuid
) WITH (fillfactor = 10);
INSERT INTO rolecall.head (single) VALUES (true);

CREATE TABLE rolecall.users (
    id uuid PRIMARY KEY,
    kind text NOT NULL,
    managed_by text NOT NULL,
    permission_level text NOT NULL,
    user_name text NOT NULL,
    -- Without case; of a very long name the beginning and a digest.
    user_name_key text COLLATE "C" NOT NULL,
    active boolean,
    external_ids jsonb NOT NULL,
    aliases jsonb NOT NULL,
    attributes jsonb NOT NULL,
    created timestamptz NOT NULL,
    last_modified timestamptz NOT NULL,
    version bigint NOT NULL
);
CREATE UNIQUE INDEX users_by_name ON rolecall.users (user_name_key);
CREATE INDEX users_by_manager ON rolecall.users (managed_by, id) WHERE kind = 'person';
CREATE INDEX users_suspended ON rolecall.users (id) WHERE active = false;
CREATE INDEX users_active_admins ON rolecall.users (id)
    WHERE permission_level = 'admin' AND kind = 'person' AND (active IS NULL OR active);

CREATE TABLE rolecall.user_external_ids (
    provider text NOT NULL,
    external_id text COLLATE "C" NOT NULL,
    user_id uuid NOT NULL,
    PRIMARY KEY (provider, external_id, user_id)
);

CREATE TABLE rolecall.user_emails (
    email text COLLATE "C" NOT NULL,
    user_id uuid NOT NULL,
    PRIMARY KEY (email, user_id)
);

CREATE TABLE rolecall.identity_aliases (
    identity_set text COLLATE "C" NOT NULL,
    alias text COLLATE "C" NOT NULL,
    user_id uuid NOT NULL,
    PRIMARY KEY (identity_set, alias)
);
CREATE INDEX identity_aliases_in_order ON rolecall.identity_aliases
    (octet_length(identity_set), identity_set, octet_length(alias), alias);

CREATE TABLE rolecall.roles (
    id uuid PRIMARY KEY,
    managed_by text NOT NULL,
    display_name text NOT NULL,
    display_name_key text COLLATE "C" NOT NULL,
    external_ids jsonb NOT NULL,
    attributes jsonb NOT NULL,
    provider_members bigint NOT NULL,
    local_members bigint NOT NULL,
    created timestamptz NOT NULL,
    last_modified timestamptz NOT NULL,
    version bigint NOT NULL,
    -- As of the last flush of what was observed.
    last_push timestamptz
);
CREATE UNIQUE INDEX roles_by_name ON rolecall.roles (display_name_key);
CREATE INDEX roles_by_manager ON rolecall.roles (managed_by, id);
CREATE INDEX roles_by_push ON rolecall.roles ((coalesce(last_push, created)), id) WHERE managed_by <> 'local';

CREATE TABLE rolecall.role_external_ids (
    provider text NOT NULL,
    external_id text COLLATE "C" NOT NULL,
    role_id uuid NOT NULL,
    PRIMARY KEY (provider, external_id, role_id)
);

CREATE TABLE rolecall.memberships (
    role_id uuid NOT NULL,
    user_id uuid NOT NULL,
    origin text NOT NULL,
    PRIMARY KEY (role_id, user_id)
);
CREATE INDEX memberships_by_user ON rolecall.memberships (user_id, role_id) INCLUDE (origin);

-- Members that were pushed to a role last and are no users here.
CREATE TABLE rolecall.unknown_members (
    role uuid PRIMARY KEY,
    seq bigint NOT NULL,
    at timestamptz NOT NULL,
    count bigint NOT NULL,
    ids json NOT NULL
);

CREATE TABLE rolecall.providers (
    provider text PRIMARY KEY,
    state text NOT NULL,
    changed timestamptz
);

CREATE TABLE rolecall.tokens (
    id uuid PRIMARY KEY,
    provider text NOT NULL,
    name text NOT NULL,
    -- SHA-256 of the secret, in hexadecimal.
    hash text NOT NULL,
    prefix text NOT NULL,
    created timestamptz NOT NULL,
    expires timestamptz,
    revoked timestamptz,
    -- As of the last flush of what was observed.
    last_used timestamptz,
    requests bigint NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX tokens_by_hash ON rolecall.tokens (hash);

CREATE TABLE rolecall.conflicts (
    id uuid PRIMARY KEY,
    kind text NOT NULL,
    provider text NOT NULL,
    name text NOT NULL,
    key text NOT NULL,
    lookup_key text COLLATE "C" NOT NULL,
    pusher text,
    existing json NOT NULL,
    existing_id text NOT NULL,
    state text NOT NULL,
    tries bigint NOT NULL,
    first_seen timestamptz NOT NULL,
    last_seen timestamptz NOT NULL,
    payload json,
    settled boolean NOT NULL
);
CREATE INDEX conflicts_by_key ON rolecall.conflicts (lookup_key, provider, kind, id);
CREATE INDEX conflicts_about ON rolecall.conflicts (existing_id, id) WHERE state IN ('open', 'dismissed');
CREATE INDEX conflicts_open ON rolecall.conflicts (id) WHERE state = 'open';

CREATE TABLE rolecall.resources (
    id uuid PRIMARY KEY,
    name text NOT NULL,
    name_key text COLLATE "C" NOT NULL,
    kind text NOT NULL,
    tags jsonb NOT NULL,
    created timestamptz NOT NULL
);
CREATE UNIQUE INDEX resources_by_name ON rolecall.resources (name_key);

CREATE TABLE rolecall.grants (
    role uuid NOT NULL,
    resource uuid NOT NULL,
    PRIMARY KEY (role, resource)
);
CREATE INDEX grants_by_resource ON rolecall.grants (resource, role);

CREATE TABLE rolecall.temporary_access (
    user_id uuid NOT NULL,
    resource uuid NOT NULL,
    "from" timestamptz NOT NULL,
    until timestamptz NOT NULL,
    started boolean NOT NULL,
    next_change timestamptz NOT NULL,
    PRIMARY KEY (user_id, resource)
);
CREATE INDEX temporary_access_by_resource ON rolecall.temporary_access (resource, user_id);
CREATE INDEX temporary_access_due ON rolecall.temporary_access (next_change, user_id, resource);

-- Suspensions and deletions that the safeguard against mass suspension counts.
CREATE TABLE rolecall.departures (
    user_id uuid PRIMARY KEY,
    provider text NOT NULL,
    at timestamptz NOT NULL
);
CREATE INDEX departures_by_time ON rolecall.departures (provider, at, user_id);

CREATE TABLE rolecall.holds (
    id uuid PRIMARY KEY,
    provider text NOT NULL,
    state text NOT NULL,
    since timestamptz NOT NULL,
    until timestamptz NOT NULL,
    departed bigint NOT NULL,
    active bigint NOT NULL,
    allowed bigint NOT NULL,
    attempts bigint NOT NULL,
    attempted json NOT NULL,
    decided timestamptz,
    ended timestamptz
);
CREATE UNIQUE INDEX holds_live ON rolecall.holds (provider) WHERE ended IS NULL;

CREATE TABLE rolecall.journal (
    seq bigint PRIMARY KEY,
    at timestamptz NOT NULL,
    actor json NOT NULL,
    action text NOT NULL,
    subject json NOT NULL,
    before json,
    after json,
    exchange uuid,
    subject_kind text NOT NULL,
    subject_id text NOT NULL
);
CREATE INDEX journal_by_subject ON rolecall.journal (subject_id, seq);

-- Recorded requests, numbered in the order in which they were stored. The one row of exchange_head is
-- locked while they are.
CREATE TABLE rolecall.exchange_head (
    single boolean PRIMARY KEY DEFAULT true CHECK (single),
    stored bigint NOT NULL DEFAULT 0,
    count bigint NOT NULL DEFAULT 0,
    bytes bigint NOT NULL DEFAULT 0
) WITH (fillfactor = 10);
INSERT INTO rolecall.exchange_head (single) VALUES (true);

CREATE TABLE rolecall.exchanges (
    id uuid PRIMARY KEY,
    stored bigint NOT NULL,
    node text NOT NULL,
    bytes bigint NOT NULL,
    exchange json NOT NULL
);
CREATE UNIQUE INDEX exchanges_by_storing ON rolecall.exchanges (stored);

-- What was spent of what is limited, told by each process (node: who, until it ends) to the others and
-- forgotten soon.
CREATE TABLE rolecall.spending (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT now(),
    node text NOT NULL,
    key text NOT NULL,
    times bigint NOT NULL
);
