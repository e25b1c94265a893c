-- How many users and roles there are between ids, so that a page is found without walking to it.

-- Users and roles stand in lists, in the order of their ids: persons and roles in that of who manages
-- them, service accounts in their own. A block counts the rows of a list from its first id up to the
-- next block's. They are filled once this file has been applied, and whenever they have to be.
CREATE TABLE rolecall.user_blocks (
    list text COLLATE "C" NOT NULL,
    first uuid NOT NULL,
    count bigint NOT NULL,
    PRIMARY KEY (list, first)
) WITH (fillfactor = 50);

CREATE TABLE rolecall.role_blocks (
    list text COLLATE "C" NOT NULL,
    first uuid NOT NULL,
    count bigint NOT NULL,
    PRIMARY KEY (list, first)
) WITH (fillfactor = 50);

-- The journal entry as of which the blocks count. Where it is not the newest, a process of an earlier
-- version has written since: nobody believes the blocks until they have been counted again.
ALTER TABLE rolecall.head ADD COLUMN counted_to bigint;

CREATE INDEX users_service_accounts ON rolecall.users (id) WHERE kind = 'service-account';
